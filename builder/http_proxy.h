/*
 * Which proxy a request takes, by the environment that curl, Docker and Go agree on: HTTPS_PROXY
 * for https, HTTP_PROXY for http, else ALL_PROXY; each also in lower case, which wins. NO_PROXY's
 * hosts and loopback are asked directly. Pure: the environment is read once.
 */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "http_url.h"

struct http_proxies {
	const char *https, *http, *all; /* URLs, perhaps with a login; NULL: none */
	const char *no_proxy;           /* "" when not set; matched by libcurl */
};

/* Strings live in the arena. */
void http_proxies_read(struct http_proxies *proxies, struct arena *arena);

/* The proxy's URL for this request, or NULL. NO_PROXY is not looked at. */
const char *http_proxies_for(const struct http_proxies *proxies, const struct http_url *url);

/* For people: "proxy.example:3128", never with its login. */
const char *http_proxy_name(const char *proxy, struct arena *arena);
