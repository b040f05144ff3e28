/*
 * Reading an HTTP/1.x response (RFC 9112) from bytes as they come. No I/O.
 *
 * Understood: Content-Length, chunked, bodies that end with the connection, interim 1xx responses
 * (skipped), trailers (dropped). The server is trusted with nothing: what is malformed or passes
 * a limit below is CODE_INPUT, and never more memory than the limits is taken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "text.h"

enum {
	HTTP_HEAD_LIMIT = 64
		<< 10, /* all lines of an answer: status, headers, interim ones, trailers */
	HTTP_HEADERS_LIMIT = 200,
	HTTP_BODY_LIMIT = 4 << 20,
	HTTP_CHUNKS_LIMIT = 1 << 20, /* an endless body in chunks of a byte is endless too */
};

struct http_header {
	const char *name;
	const char *value; /* trimmed */
};

struct http_response {
	struct arena *arena; /* owns the headers */
	unsigned status;     /* 200 … 599; 0 while there is none */
	struct http_header *headers;
	size_t header_count, header_capacity;
	struct text body; /* as the server sent it: any bytes, NULs too */
	bool complete;

	/* The parser's own: */
	int state;
	struct text line;
	size_t head_bytes; /* of all lines so far */
	size_t chunks;
	uint64_t left; /* of the body, or of the chunk */
	bool any;      /* a byte has come */
};

void http_response_init(struct http_response *response, struct arena *arena);
void http_response_clear(struct http_response *response);

/* Takes the next bytes; those behind the end of the response are ignored. */
int http_response_feed(
	struct http_response *response, const char *bytes, size_t length, struct err *err);

/* The connection has ended: the response is complete now, or never will be (CODE_INPUT). */
int http_response_end(struct http_response *response, struct err *err);

/* The first header of this name in any case, or NULL. */
const char *http_response_header(const struct http_response *response, const char *name);
