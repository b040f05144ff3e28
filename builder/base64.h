/* Base64 (RFC 4648, section 4): of logins in config.json and in Authorization headers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

const char *base64_encode(const void *bytes, size_t length, struct arena *arena);

/* The bytes, NUL-terminated; NULL for what is no base64. Padding may be missing, as some tools
 * leave it out; white space may not. */
char *base64_decode(const char *text, struct arena *arena, size_t *length);
