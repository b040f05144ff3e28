/* http addresses of this machine. */
#include "loopback_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "number.h"
#include "text.h"

enum { URL_LIMIT = 4096 };

static int malformed(const char *text, struct err *err)
{
	return err_set(
		err, CODE_INPUT, "\"%s\" is not an address like http://127.0.0.1:3000/path", text);
}

static int wrong_scheme(const char *text, struct err *err)
{
	if (!text_starts_with(text, "https://"))
		return malformed(text, err);
	err_set(err, CODE_INPUT, "%s: http steps do not speak https", text);
	return err_hint(err, "ask the service's plain http port on 127.0.0.1; the request never "
			     "leaves the machine");
}

static int elsewhere(const char *text, struct err *err)
{
	err_set(err, CODE_INPUT, "%s is not an address of this machine", text);
	return err_hint(err, "http steps ask 127.0.0.1, [::1] and localhost only: publish a port "
			     "there, or ask from inside a service with an exec step");
}

/* Everything that RFC 3986 lets stand in a path and query, and percent signs. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}#", *text))
			return false;
	return true;
}

static bool parse_host(const char *host, size_t length, struct loopback_url *out)
{
	char name[64];
	struct in6_addr v6;
	if (length == 0 || length >= sizeof(name))
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	if (text_equal_ignoring_case(name, "localhost")) {
		out->has_v4 = out->has_v6 = true;
		memcpy(out->v4, (const unsigned char[]){127, 0, 0, 1}, 4);
		return true;
	}
	if (name[0] == '[' && name[length - 1] == ']') {
		name[length - 1] = '\0';
		out->has_v6 = true;
		return inet_pton(AF_INET6, name + 1, &v6) == 1 &&
		       memcmp(&v6, &in6addr_loopback, sizeof(v6)) == 0;
	}
	out->has_v4 = true;
	return inet_pton(AF_INET, name, out->v4) == 1 && out->v4[0] == 127;
}

/* ":3000" or nothing. */
static bool parse_port(const char *text, size_t length, unsigned *port)
{
	char digits[8];
	uint64_t number;
	*port = 80;
	if (length == 0)
		return true;
	if (length < 2 || length > 6)
		return false;
	memcpy(digits, text + 1, length - 1);
	digits[length - 1] = '\0';
	if (!number_parse_u64(digits, &number) || number == 0 || number > 65535)
		return false;
	*port = (unsigned)number;
	return true;
}

int loopback_url_parse(
	struct arena *arena, const char *text, struct loopback_url *out, struct err *err)
{
	*out = (struct loopback_url){0};
	if (!text_starts_with(text, "http://"))
		return wrong_scheme(text, err);
	const char *authority = text + strlen("http://");
	size_t length = strcspn(authority, "/?");
	const char *target = authority + length;
	if (strlen(text) > URL_LIMIT || !is_plain(text))
		return malformed(text, err);
	if (memchr(authority, '@', length)) {
		/* The text may hold a password: it is not shown. */
		err_set(err, CODE_INPUT, "an address with user:password@ is not understood");
		return err_hint(err, "write basic_auth: {user: …, password: …}");
	}
	size_t host_length =
		authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?");
	if (host_length > length || (host_length < length && authority[host_length] != ':') ||
		!parse_port(authority + host_length, length - host_length, &out->port))
		return malformed(text, err);
	if (!parse_host(authority, host_length, out))
		return elsewhere(text, err);
	out->authority = arena_strndup(arena, authority, length);
	out->target =
		*target == '/' ? arena_strdup(arena, target) : arena_printf(arena, "/%s", target);
	return 0;
}
