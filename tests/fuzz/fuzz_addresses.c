/* Addresses: of registries and files (the first byte is even; a newline splits off a Location), and
 * of http steps, which lead to this machine whatever they say. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "http_url.h"
#include "loopback_url.h"

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static void check_url(const struct http_url *url, struct arena *arena)
{
	struct http_url again;
	struct err err = ERR_INIT;
	FUZZ_PROMISE(is_clean(url->text) && is_clean(url->authority) && url->host[0]);
	FUZZ_PROMISE(strcmp(url->scheme, url->tls ? "https" : "http") == 0);
	FUZZ_PROMISE(url->port > 0 && url->port < 65536 && !strchr(url->authority, '@'));
	FUZZ_PROMISE(http_url_parse(url->text, arena, &again, &err) == 0);
	FUZZ_PROMISE(http_url_same_origin(url, &again));
}

static void try_url(struct arena *arena, char *text)
{
	struct err err = ERR_INIT;
	struct http_url url, there;
	char *location = strchr(text, '\n');
	if (location)
		*location++ = '\0';
	if (http_url_parse(text, arena, &url, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return;
	}
	check_url(&url, arena);
	if (location && http_url_resolve(&url, location, arena, &there, &err) == 0)
		check_url(&there, arena);
}

static void try_loopback(struct arena *arena, const char *text)
{
	struct err err = ERR_INIT;
	struct loopback_url url;
	if (loopback_url_parse(arena, text, &url, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return;
	}
	FUZZ_PROMISE(url.has_v4 || url.has_v6);
	FUZZ_PROMISE(!url.has_v4 || url.v4[0] == 127);
	FUZZ_PROMISE(url.port > 0 && url.port < 65536);
	FUZZ_PROMISE(url.target[0] == '/' && is_clean(url.target) && is_clean(url.authority));
	FUZZ_PROMISE(!strpbrk(url.authority, "@/?#"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = arena_new();
	if (size == 0)
		return 0;
	char *text = arena_strndup(arena, (const char *)data + 1, size - 1);
	if (data[0] % 2)
		try_loopback(arena, text);
	else
		try_url(arena, text);
	return 0;
}
