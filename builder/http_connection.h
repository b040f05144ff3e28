/*
 * One exchange (request and answer, no redirects) over libcurl, and what client and connection
 * consist of. Only http_client.c and http_connection.c include this.
 */
#pragma once

#include <curl/curl.h>
#include <pthread.h>

#include "http_client.h"
#include "http_proxy.h"
#include "http_trust.h"
#include "http_url.h"

struct http_client {
	struct http_settings settings;
	struct arena *arena;
	struct http_proxies proxies;
	struct http_trust trust;
	bool ready;
	pthread_mutex_t lock;   /* of: */
	uint64_t paid_until_ns; /* the rate limit: when all bytes that came are paid for */
};

struct http_connection {
	struct http_client *client;
	CURLM *multi; /* keeps the TCP and TLS sessions */
	CURL *easy;
	char *buffer; /* of a body, on its way to the sink */
	size_t gathered;
};

struct http_exchange {
	const struct http_request *request; /* authorization, offset, limits; its url is not used */
	const struct http_url *url;
	struct stream_sink *body;
	struct arena *arena;
	struct http_response *response;
	const char **problem;
	enum http_failure *failure;
};

int http_connection_exchange(
	struct http_connection *connection, const struct http_exchange *exchange, struct err *err);
