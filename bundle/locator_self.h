/* This program's own locator (locator.h). Linked only where it is read: into the stub. */
#pragma once

#include "locator.h"

/* The 128 bytes as they stand in the running program's memory: version 0 while not packed. */
void locator_self_read(unsigned char bytes[LOCATOR_BYTES]);
