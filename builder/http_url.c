/* URLs by libcurl's own parser, so that what is judged is what is asked. */
#include "http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

#include "number.h"
#include "text.h"

enum {
	PORT_HTTP = 80,
	PORT_HTTPS = 443,
	URL_LIMIT = 8192, /* a signed address at a CDN has some hundred bytes to 2 KiB */
};

static void handle_free(CURLU **handle)
{
	curl_url_cleanup(*handle);
}

/* One part as a string of the arena; "" when there is none. */
static const char *part(CURLU *handle, CURLUPart which, unsigned flags, struct arena *arena)
{
	char *value = NULL;
	if (curl_url_get(handle, which, &value, flags) != CURLUE_OK)
		return "";
	char *copy = arena_strdup(arena, value);
	curl_free(value);
	return copy;
}

static char *lower(char *text)
{
	for (char *c = text; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

/* Does it read the same again? A percent-encoded number as host becomes another host the second time,
 * and what was judged would not be what is asked. */
static bool is_stable(const char *text, const char *host, struct arena *arena)
{
	__attribute__((cleanup(handle_free))) CURLU *again = curl_url();
	if (!again || curl_url_set(again, CURLUPART_URL, text, CURLU_PATH_AS_IS) != CURLUE_OK)
		return false;
	return text_equal_ignoring_case(part(again, CURLUPART_HOST, 0, arena), host);
}

static int split(CURLU *handle, struct arena *arena, struct http_url *out, struct err *err)
{
	uint64_t port = 0;
	const char *host = lower(arena_strdup(arena, part(handle, CURLUPART_HOST, 0, arena)));
	size_t length = strlen(host);
	out->scheme = part(handle, CURLUPART_SCHEME, 0, arena);
	out->tls = strcmp(out->scheme, "https") == 0;
	if (!out->tls && strcmp(out->scheme, "http") != 0)
		return err_set(err, CODE_INPUT, "only http and https are spoken here, not %s",
			out->scheme);
	if (part(handle, CURLUPART_USER, 0, arena)[0] ||
		part(handle, CURLUPART_PASSWORD, 0, arena)[0]) {
		err_set(err, CODE_INPUT, "an address with a login in it, at %s", host);
		return err_hint(err,
			"take the login out of the address; `docker login %s` keeps it "
			"where it is looked for",
			host);
	}
	if (!number_parse_u64(part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, arena), &port))
		return err_set(err, CODE_INPUT, "an address without a host");
	if (port == 0)
		return err_set(err, CODE_INPUT, "not an http address: %s", "port 0");
	out->port = (unsigned)port;
	curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
	out->text = part(handle, CURLUPART_URL, CURLU_NO_DEFAULT_PORT, arena);
	if (strlen(out->text) > URL_LIMIT) /* percent-encoded it may be three times as long */
		return err_set(err, CODE_INPUT, "an address of more than %d bytes", (int)URL_LIMIT);
	for (const char *c = out->text; *c; c++) /* libcurl passes DEL on in a redirect */
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return err_set(err, CODE_INPUT, "a control character in an address, at %s",
				host);
	if (!is_stable(out->text, host, arena))
		return err_set(err, CODE_INPUT, "not an http address: %s", "an encoded host");
	out->authority = port == (out->tls ? PORT_HTTPS : PORT_HTTP)
				 ? host
				 : arena_printf(arena, "%s:%u", host, out->port);
	if (host[0] == '[' && host[length - 1] == ']')
		host = arena_strndup(arena, host + 1, length - 2);
	out->host = host;
	return 0;
}

/* base may be NULL. */
static int parse(const char *base, const char *text, struct arena *arena, struct http_url *out,
	struct err *err)
{
	__attribute__((cleanup(handle_free))) CURLU *handle = curl_url();
	if (strlen(text) > URL_LIMIT)
		return err_set(err, CODE_INPUT, "an address of more than %d bytes", (int)URL_LIMIT);
	if (!handle)
		return err_set(err, CODE_IO, "out of memory");
	if (base)
		curl_url_set(handle, CURLUPART_URL, base, 0);
	CURLUcode code = curl_url_set(handle, CURLUPART_URL, text, CURLU_PATH_AS_IS);
	if (code != CURLUE_OK)
		return err_set(err, CODE_INPUT, "not an http address: %s", curl_url_strerror(code));
	return split(handle, arena, out, err);
}

int http_url_parse(const char *text, struct arena *arena, struct http_url *out, struct err *err)
{
	return parse(NULL, text, arena, out, err);
}

int http_url_resolve(const struct http_url *base, const char *location, struct arena *arena,
	struct http_url *out, struct err *err)
{
	return parse(base->text, location, arena, out, err);
}

bool http_url_same_origin(const struct http_url *a, const struct http_url *b)
{
	return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

bool http_url_is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	if (strcmp(host, "localhost") == 0 || text_ends_with(host, ".localhost"))
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool http_url_is_listed(const struct option_list *list, const char *host, unsigned port)
{
	const char *open = strchr(host, ':') ? "[" : "", *close = *open ? "]" : "";
	AUTO_TEXT name = TEXT_INIT;
	AUTO_TEXT with_port = TEXT_INIT;
	text_addf(&name, "%s%s%s", open, host, close);
	text_addf(&with_port, "%s:%u", name.bytes, port);
	for (size_t i = 0; i < list->count; i++)
		if (text_equal_ignoring_case(list->items[i], name.bytes) ||
			text_equal_ignoring_case(list->items[i], with_port.bytes))
			return true;
	return false;
}
