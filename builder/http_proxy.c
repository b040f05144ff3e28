/* Proxies by environment variables. */
#include "http_proxy.h"

#include <stdlib.h>
#include <string.h>

static const char *variable(const char *lower, const char *upper, struct arena *arena)
{
	const char *value = getenv(lower);
	if (!value || !*value)
		value = getenv(upper);
	return value && *value ? arena_strdup(arena, value) : NULL;
}

void http_proxies_read(struct http_proxies *proxies, struct arena *arena)
{
	proxies->https = variable("https_proxy", "HTTPS_PROXY", arena);
	proxies->http = variable("http_proxy", "HTTP_PROXY", arena);
	proxies->all = variable("all_proxy", "ALL_PROXY", arena);
	proxies->no_proxy = variable("no_proxy", "NO_PROXY", arena);
	if (!proxies->no_proxy)
		proxies->no_proxy = "";
}

const char *http_proxies_for(const struct http_proxies *proxies, const struct http_url *url)
{
	const char *own = url->tls ? proxies->https : proxies->http;
	if (http_url_is_loopback(url->host))
		return NULL;
	return own ? own : proxies->all;
}

const char *http_proxy_name(const char *proxy, struct arena *arena)
{
	const char *at = strstr(proxy, "://");
	const char *begin = at ? at + 3 : proxy;
	size_t length = strcspn(begin, "/?#");
	/* The last @ ends the login: a password may hold one too. */
	for (size_t i = length; i > 0; i--)
		if (begin[i - 1] == '@')
			return arena_strndup(arena, begin + i, length - i);
	return arena_strndup(arena, begin, length);
}
