/*
 * One HTTP/1.1 request to this machine, over a connection of its own. Plain http to loopback
 * addresses is all there is (loopback_url.h): no proxies, no names to resolve, no redirects, no
 * cookies, no compression.
 *
 * SIGPIPE must be ignored (interrupt_install() does it).
 */
#pragma once

#include "http_response.h"
#include "loopback_url.h"

struct http_loopback_request {
	const char *method; /* "GET" */
	const struct loopback_url *url;
	const struct http_header
		*headers; /* Host, User-Agent, Accept and so on may be among them */
	size_t header_count;
	const char *body; /* NULL: none */
	size_t body_length;
	uint64_t timeout_ms;         /* for all of it */
	void (*tick)(void *context); /* about ten times a second; may be NULL */
	void *tick_context;
};

/* Asks, and fills the response (initialised by the caller). A server that answers before it has
 * read all of the body is heard. CODE_NETWORK: no connection, or too late; CODE_INPUT: what came
 * is no HTTP; interrupted: its codes. */
int http_loopback_ask(const struct http_loopback_request *request, struct http_response *response,
	struct err *err);

/* May a request have this header: a token, a value without line breaks, none of those that the
 * client writes itself (Content-Length, Transfer-Encoding, Connection, Expect, Upgrade)? */
int http_loopback_check_header(const char *name, const char *value, struct err *err);
