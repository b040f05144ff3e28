/* A call: the address, the login, the answer's meaning. */
#include <string.h>

#include "registry_failure.h"
#include "registry_internal.h"
#include "registry_login.h"

enum { PROBE_LIMIT = 64 << 10 /* bytes of the answer when a host is asked for its scheme */ };

/* ---- http or https ---- */

static bool known_scheme(struct registry *registry, const char *host, bool *tls)
{
	bool found = false;
	pthread_mutex_lock(&registry->lock);
	for (size_t i = 0; i < registry->scheme_count && !found; i++)
		if (strcmp(registry->schemes[i].host, host) == 0) {
			*tls = registry->schemes[i].tls;
			found = true;
		}
	pthread_mutex_unlock(&registry->lock);
	return found;
}

static void keep_scheme(struct registry *registry, const char *host, bool tls)
{
	pthread_mutex_lock(&registry->lock);
	*ARENA_PUSH(registry->arena, registry->schemes, registry->scheme_count,
		registry->scheme_capacity) =
		(struct registry_scheme){arena_strdup(registry->arena, host), tls};
	pthread_mutex_unlock(&registry->lock);
}

/* On loopback: https unless that makes no connection while http gives a registry's answer. An
 * untrusted certificate is an error of https, not a reason to go without. An answer is kept;
 * nobody there may be somebody at the next try. */
static bool probe_tls(struct registry_call *call, const char *host)
{
	static const char *const schemes[] = {"https", "http"};
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		AUTO(arena) arena = arena_new();
		struct err err = ERR_INIT;
		struct http_response response;
		enum http_failure failure;
		struct http_request request = {.method = "GET", .limit_bytes = PROBE_LIMIT};
		request.url = arena_printf(arena, "%s://%s/v2/", schemes[i], host);
		if (http_fetch(call->connection, &request, NULL, arena, &response, NULL, &failure,
			    &err) == 0 &&
			response.status != 400) {
			keep_scheme(call->registry, host, i == 0);
			return i == 0;
		}
	}
	return true;
}

/* The address of the call, with the scheme that its host speaks. */
static int call_url(struct registry_call *call, struct http_url *url, struct err *err)
{
	const char *host = call->source->host;
	bool tls = !call->source->plain;
	const char *text = call->url ? call->url
				     : arena_printf(call->arena, "%s://%s%s",
					       tls ? "https" : "http", host, call->path);
	if (http_url_parse(text, call->arena, url, err) < 0)
		return -1;
	if (call->url || !tls)
		return 0;
	if (http_client_is_plain(call->registry->http, url->host, url->port)) {
		tls = false;
	} else if (http_url_is_loopback(url->host) &&
		   !known_scheme(call->registry, url->authority, &tls)) {
		tls = probe_tls(call, url->authority);
	}
	if (tls)
		return 0;
	text = arena_printf(call->arena, "http://%s%s", host, call->path);
	return http_url_parse(text, call->arena, url, err);
}

/* ---- the call ---- */

struct attempt {
	const struct http_url *url;
	const char *problem;
};

static int fetch(
	struct registry_call *call, struct attempt *attempt, const char *header, struct err *err)
{
	enum http_failure failure;
	call->request.url = attempt->url->text;
	call->request.authorization = header;
	if (http_fetch(call->connection, &call->request, call->sink, call->arena, &call->response,
		    &attempt->problem, &failure, err) == 0)
		return 0;
	return registry_failure_of_transfer(failure, call->failure, err);
}

/* Did the registry itself ask for a login? Not where a redirect led: that is another's business. */
static bool asks_for_login(const struct registry_call *call, const struct http_url *url)
{
	return call->response.status == 401 && !call->ping &&
	       strcmp(call->response.final_host, url->authority) == 0;
}

int registry_call(struct registry_call *call, struct err *err)
{
	struct http_url url;
	struct attempt attempt = {&url, ""};
	const char *header;
	unsigned generation = 0;
	*call->failure = (struct registry_failure){REGISTRY_WRONG, 0};
	if (call_url(call, &url, err) < 0 ||
		registry_login_header(call, &url, &header, &generation, err) < 0 ||
		fetch(call, &attempt, header, err) < 0)
		return -1;
	if (asks_for_login(call, &url)) {
		if (registry_login_answer(call, &url, generation, &header, err) < 0 ||
			(header && fetch(call, &attempt, header, err) < 0))
			return -1;
	}
	if (call->response.status / 100 == 2 || (call->ping && call->response.status == 401)) {
		call->failure->kind = REGISTRY_OK;
		return 0;
	}
	registry_failure_of_status(&call->response, attempt.problem, call->source->name, call->what,
		url.authority, call->failure, err);
	return asks_for_login(call, &url) ? registry_login_explain(call, &url, err) : -1;
}
