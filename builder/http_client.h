/*
 * HTTP and HTTPS for the maker's side, on libcurl, which only http_*.c include.
 *
 * Blocking calls; a thread has its own connection, which keeps TCP and TLS sessions alive between
 * calls. What all threads share (settings, CA certificates, the rate limit) is in the client.
 *
 * Laws:
 *   - https, or plain http to loopback addresses and to hosts that the person named as plain;
 *   - Authorization goes to the host it was made for, never along a redirect to another one;
 *   - redirects: at most 5, never from https to http;
 *   - no body without a limit; a transfer that stands still is given up (stall);
 *   - HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are honoured (loopback never by proxy);
 *   - an interrupt (interrupt.h) ends a transfer within a second.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "option.h"
#include "stream.h"

struct http_settings {
	const char *ca_file;         /* --ca: PEM, in addition to the system's; NULL: none */
	struct option_list plain;    /* --plain-http HOST[:PORT] */
	uint64_t limit_bytes_per_s;  /* --limit-rate, over all connections; 0: none */
	unsigned connect_timeout_ms; /* 0: 15 s */
	unsigned stall_ms;           /* without a byte; 0: 30 s */
};

struct http_client;
int http_client_new(
	struct http_client **out, const struct http_settings *settings, struct err *err);
void http_client_free(struct http_client *client);
AUTO_DEFINE(http_client);

/* Is it named by --plain-http? */
bool http_client_is_plain(const struct http_client *client, const char *host, unsigned port);

struct http_connection;
struct http_connection *http_connection_new(struct http_client *client);
void http_connection_free(struct http_connection *connection);
AUTO_DEFINE(http_connection);

struct http_request {
	const char *method; /* "GET", "HEAD", "POST" */
	const char *url;
	const char *accept;        /* Accept header, or NULL */
	const char *authorization; /* "Bearer …", "Basic …": a secret; or NULL */
	const char *form;          /* POST: application/x-www-form-urlencoded body: a secret */
	uint64_t offset;           /* > 0: Range: bytes=<offset>- */
	/* Of the body that the sink may get; beyond: CODE_INTEGRITY, HTTP_TOO_LONG. A 200 that
	 * answers a request with an offset may bring `offset` bytes more. */
	uint64_t limit_bytes;
};

struct http_response {
	unsigned status;            /* 0: no answer came */
	const char *content_type;   /* without parameters, lower case; "" */
	const char *content_digest; /* Docker-Content-Digest; "" */
	const char *authenticate;   /* WWW-Authenticate, all of them joined by "\n"; "" */
	const char *location;       /* "" */
	const char *final_host;     /* after redirects */
	uint64_t content_length;    /* UINT64_MAX: not said */
	uint64_t range_begin;       /* of a 206; UINT64_MAX: none or not understood */
	uint64_t retry_after_s;     /* from seconds or a date, at most a day; 0: not said */
	uint64_t rate_remaining;    /* RateLimit-Remaining; UINT64_MAX: not said */
	uint64_t rate_window_s;     /* … is for so long; 0: not said */
	uint64_t body_bytes;        /* that came */
};

/* Why a call failed, beyond its err: what may be tried again, and where. */
enum http_failure {
	HTTP_NO_FAILURE,
	HTTP_UNREACHABLE, /* no address, refused, timeout */
	HTTP_TLS,         /* certificate or handshake: again makes no sense */
	HTTP_CUT,         /* connection ended before the body did */
	HTTP_STALLED,
	HTTP_TOO_LONG, /* more than limit_bytes */
	HTTP_REFUSED,  /* by our laws, or it speaks no HTTP: again makes no sense */
	HTTP_SINK,     /* the sink said no: its error */
	HTTP_STOPPED   /* interrupted */
};

/*
 * One request. 0: an answer came, whatever its status, and (for a 2xx) the sink got the whole body;
 * the bodies of other statuses go to *problem (at most 4 KiB, may be NULL), never to the sink. -1:
 * err with CODE_NETWORK (or the sink's own error) and *failure. Strings of the response: the arena.
 * *response is filled before the sink's first byte.
 */
int http_fetch(struct http_connection *connection, const struct http_request *request,
	struct stream_sink *body, struct arena *arena, struct http_response *response,
	const char **problem, enum http_failure *failure, struct err *err);
