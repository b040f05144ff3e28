/* The lines of an HTTP response's head that we use (RFC 9110), as bytes from a stranger. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http_client.h"

/* Forgets what was read: a new head begins. */
void http_header_reset(struct http_response *response);

/* One line, with or without its line end. now: for dates in Retry-After. Unknown lines and values
 * that are not understood change nothing. */
void http_header_line(struct http_response *response, const char *line, size_t length, time_t now,
	struct arena *arena);
