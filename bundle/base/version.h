/* The version of this program, builder and stub alike. */
#pragma once

#define HARDTACK_VERSION "0.1.0"
