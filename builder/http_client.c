/* HTTP by libcurl: one request after the other on a connection, each hop judged before it is made.
 */
#include "http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "http_connection.h"
#include "message.h"
#include "monotonic.h"
#include "version.h"

enum {
	REDIRECTS = 5,
	CONNECT_TIMEOUT_MS = 15000,
	STALL_MS = 30000,
};

int http_client_new(struct http_client **out, const struct http_settings *settings, struct err *err)
{
	AUTO(http_client) client = xmalloc(sizeof(*client));
	*client = (struct http_client){.arena = arena_new(), .settings = *settings};
	pthread_mutex_init(&client->lock, NULL);
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return err_set(err, CODE_IO, "libcurl could not be set up");
	client->ready = true;
	if (!client->settings.connect_timeout_ms)
		client->settings.connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (!client->settings.stall_ms)
		client->settings.stall_ms = STALL_MS;
	http_proxies_read(&client->proxies, client->arena);
	if (http_trust_read(&client->trust, settings->ca_file, client->arena, err) < 0)
		return -1;
	*out = TAKE(client);
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	if (client->ready)
		curl_global_cleanup();
	pthread_mutex_destroy(&client->lock);
	arena_free(client->arena);
	free(client);
}

bool http_client_is_plain(const struct http_client *client, const char *host, unsigned port)
{
	return http_url_is_listed(&client->settings.plain, host, port);
}

/* Is this address one that we may ask at all? */
static int check_law(const struct http_client *client, const struct http_url *url,
	const struct http_url *from, enum http_failure *failure, struct err *err)
{
	*failure = HTTP_REFUSED;
	if (from && from->tls && !url->tls)
		return err_set(err, CODE_NETWORK, "%s leads from https to plain http at %s",
			from->authority, url->authority);
	if (!url->tls && !http_url_is_loopback(url->host) &&
		!http_client_is_plain(client, url->host, url->port)) {
		err_set(err, from ? CODE_NETWORK : CODE_INPUT, "%s would be asked in plain http",
			url->authority);
		return err_hint(err,
			"use https, or allow it with --plain-http %s when the network between is "
			"yours",
			url->authority);
	}
	if (url->tls && client->trust.missing) {
		err_set(err, CODE_INPUT, "https needs certificates: %s", client->trust.missing);
		return err_hint(err, "install ca-certificates, or name a file with --ca FILE or "
				     "SSL_CERT_FILE");
	}
	*failure = HTTP_NO_FAILURE;
	return 0;
}

static bool is_redirect(const struct http_request *request, const struct http_response *response)
{
	unsigned status = response->status;
	/* A POST has a secret in its form: it goes where it was meant to go and nowhere else. */
	return response->location[0] && !request->form &&
	       (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

int http_fetch(struct http_connection *connection, const struct http_request *request,
	struct stream_sink *body, struct arena *arena, struct http_response *response,
	const char **problem, enum http_failure *failure, struct err *err)
{
	struct http_request hop = *request;
	struct http_url url, next;
	*response = (struct http_response){0};
	if (problem)
		*problem = "";
	*failure = HTTP_REFUSED;
	if (http_url_parse(request->url, arena, &url, err) < 0 ||
		check_law(connection->client, &url, NULL, failure, err) < 0)
		return -1;
	for (int hops = 0;; hops++) {
		struct http_exchange exchange = {
			&hop, &url, body, arena, response, problem, failure};
		response->final_host = url.authority;
		if (http_connection_exchange(connection, &exchange, err) < 0)
			return -1;
		if (!is_redirect(request, response))
			return 0;
		*failure = HTTP_REFUSED;
		if (hops == REDIRECTS)
			return err_set(err, CODE_NETWORK,
				"%s leads in circles: more than %d redirects", url.authority,
				(int)REDIRECTS);
		if (http_url_resolve(&url, response->location, arena, &next, err) < 0)
			return err_wrap(err, "%s redirects", url.authority);
		if (check_law(connection->client, &next, &url, failure, err) < 0)
			return -1;
		if (!http_url_same_origin(&url, &next))
			hop.authorization = NULL; /* and it never comes back */
		url = next;
	}
}
