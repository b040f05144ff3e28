/* Percent-encoding (RFC 3986, section 2.1). */
#pragma once

#include <stddef.h>

#include "arena.h"

/* Decodes length bytes; what is no %XX stays. *decoded, unless NULL, is the length without the
 * NUL behind it: there may be more of them. */
char *percent_decode(const char *bytes, size_t length, struct arena *arena, size_t *decoded);
