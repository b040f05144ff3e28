/*
 * URLs of registries and files (RFC 3986, as libcurl reads them): parts, redirects, and which hosts
 * are this machine. Pure: no network.
 */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "err.h"
#include "option.h"

struct http_url {
	const char *text;      /* normalised, without fragment */
	const char *scheme;    /* "http" or "https" */
	const char *host;      /* lower case; IPv6 without brackets */
	unsigned port;         /* the scheme's own when not written */
	const char *authority; /* "host" or "host:port", as people write it; IPv6 in brackets */
	bool tls;
};

/* Refused as CODE_INPUT: what is no http or https URL, and a URL with a login in it (config.json is
 * the place for logins; the text does not repeat it). */
int http_url_parse(const char *text, struct arena *arena, struct http_url *out, struct err *err);

/* Where a Location header leads. */
int http_url_resolve(const struct http_url *base, const char *location, struct arena *arena,
	struct http_url *out, struct err *err);

/* Same scheme, host and port: what a login is for. */
bool http_url_same_origin(const struct http_url *a, const struct http_url *b);

/* localhost, *.localhost, 127.0.0.0/8 or ::1. */
bool http_url_is_loopback(const char *host);

/* Is it in the list of HOST or HOST:PORT (IPv6 in brackets)? */
bool http_url_is_listed(const struct option_list *list, const char *host, unsigned port);
