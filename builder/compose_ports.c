/* Published ports, short and long form, with their uninterpolated parts for the target. */
#include "compose_ports.h"

#include <string.h>

#include "number.h"

enum { LIMIT_PARTS = 16 };

/* "80", "3000-3005"; "" is 0. */
static bool parse_range(struct arena *arena, const char *text, unsigned *begin, unsigned *end)
{
	*begin = *end = 0;
	if (!*text)
		return true;
	size_t n = strcspn(text, "-");
	uint64_t low, high;
	if (!number_parse_u64(arena_strndup(arena, text, n), &low) || low > 65535)
		return false;
	high = low;
	if (text[n] && (!number_parse_u64(text + n + 1, &high) || high > 65535 || high < low))
		return false;
	*begin = (unsigned)low;
	*end = (unsigned)high;
	return true;
}

/* Splits at colons that are not inside ${…} or [::1]. */
static size_t split(struct arena *arena, const char *text, const char **parts)
{
	size_t count = 0;
	const char *begin = text, *at = text;
	for (;;) {
		size_t reference = *at == '$' ? interpolation_reference_length(at) : 0;
		if (*at == '[')
			reference = strcspn(at, "]");
		if (reference) {
			at += reference;
			continue;
		}
		if (*at == ':' || !*at) {
			if (count == LIMIT_PARTS)
				return 0;
			parts[count++] = arena_strndup(arena, begin, (size_t)(at - begin));
			begin = at + 1;
			if (!*at)
				return count;
		}
		at++;
	}
}

/* parts: IP… PUBLISHED TARGET, of which only the last must be there. An address without brackets
 * that has colons of its own is put together again. */
static void assign(struct arena *arena, const char **parts, size_t count, const char **host_ip,
	const char **published, const char **target)
{
	*target = parts[count - 1];
	*published = count > 1 ? parts[count - 2] : "";
	*host_ip = count > 2 ? parts[0] : "";
	for (size_t i = 1; i + 2 < count; i++)
		*host_ip = arena_printf(arena, "%s:%s", *host_ip, parts[i]);
	size_t length = strlen(*host_ip);
	if (length > 1 && (*host_ip)[0] == '[' && (*host_ip)[length - 1] == ']')
		*host_ip = arena_strndup(arena, *host_ip + 1, length - 2);
}

static const char *cut_protocol(struct arena *arena, const char *target, const char **protocol)
{
	const char *slash = strrchr(target, '/');
	if (!slash || strchr(slash, '}'))
		return target;
	if (protocol)
		*protocol = slash + 1;
	return arena_strndup(arena, target, (size_t)(slash - target));
}

static int fail(const struct compose_value *value, struct err *err)
{
	compose_value_fail(value, err, "\"%s\" is not a port mapping", value->text);
	return err_hint(err, "write [IP:][PORT:]CONTAINER_PORT, for example \"127.0.0.1:8080:80\"");
}

static bool known_protocol(const char *protocol)
{
	return strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0 ||
	       strcmp(protocol, "sctp") == 0;
}

static int read_numbers(struct arena *arena, const struct compose_value *value,
	const char *published, const char *target, struct compose_port *port, struct err *err)
{
	if (!parse_range(arena, published, &port->published_begin, &port->published_end) ||
		!parse_range(arena, target, &port->target_begin, &port->target_end) ||
		port->target_begin == 0 || !known_protocol(port->protocol))
		return fail(value, err);
	unsigned published_count = port->published_end - port->published_begin;
	unsigned target_count = port->target_end - port->target_begin;
	if (port->published_begin && target_count > 0 && published_count != target_count)
		return fail(value, err);
	return 0;
}

static int read_short(struct arena *arena, const struct compose_value *value,
	struct compose_port *port, struct err *err)
{
	const char *parts[LIMIT_PARTS], *raw_parts[LIMIT_PARTS];
	size_t count = split(arena, value->text, parts);
	size_t raw_count = split(arena, value->raw, raw_parts);
	if (count == 0)
		return fail(value, err);
	const char *published, *target;
	assign(arena, parts, count, &port->host_ip, &published, &target);
	port->protocol = "tcp";
	target = cut_protocol(arena, target, &port->protocol);
	/* A variable that stands for several parts cannot be taken apart. */
	bool same = raw_count == count;
	assign(arena, same ? raw_parts : parts, count, &port->host_ip_raw, &port->published_raw,
		&port->target_raw);
	port->target_raw = cut_protocol(arena, port->target_raw, NULL);
	port->raw = value->raw;
	return read_numbers(arena, value, published, target, port, err);
}

static int read_long(struct arena *arena, const struct compose_value *value,
	struct compose_port *port, struct err *err)
{
	const char *published, *target;
	if (compose_value_text(value, "host_ip", &port->host_ip, err) < 0 ||
		compose_value_text(value, "published", &published, err) < 0 ||
		compose_value_text(value, "target", &target, err) < 0 ||
		compose_value_text(value, "protocol", &port->protocol, err) < 0)
		return -1;
	if (!target)
		return compose_value_fail(value, err, "a port needs a target");
	const struct compose_value *raw_ip = compose_value_get(value, "host_ip");
	const struct compose_value *raw_published = compose_value_get(value, "published");
	port->raw = "";
	port->host_ip = port->host_ip ? port->host_ip : "";
	port->protocol = port->protocol ? port->protocol : "tcp";
	port->host_ip_raw = raw_ip ? raw_ip->raw : "";
	port->published_raw = raw_published ? raw_published->raw : "";
	port->target_raw = compose_value_get(value, "target")->raw;
	const struct compose_value *blamed = compose_value_get(value, "published");
	return read_numbers(arena, blamed ? blamed : compose_value_get(value, "target"),
		published ? published : "", target, port, err);
}

static bool same_port(const struct compose_port *a, const struct compose_port *b)
{
	return strcmp(a->host_ip, b->host_ip) == 0 && strcmp(a->protocol, b->protocol) == 0 &&
	       a->published_begin == b->published_begin && a->published_end == b->published_end &&
	       a->target_begin == b->target_begin && a->target_end == b->target_end;
}

int compose_ports_read(struct arena *arena, struct compose_value *value,
	struct compose_service *service, struct err *err)
{
	if (!value)
		return 0;
	if (compose_value_expect(value, COMPOSE_LIST, COMPOSE_LIST, "ports", err) < 0)
		return -1;
	size_t capacity = 0;
	for (size_t i = 0; i < value->count; i++) {
		const struct compose_value *item = value->items[i];
		struct compose_port port = {.place = compose_value_place(item)};
		if (item->kind == COMPOSE_MAP) {
			if (read_long(arena, item, &port, err) < 0)
				return -1;
		} else if (item->kind != COMPOSE_SCALAR) {
			return fail(item, err);
		} else if (read_short(arena, item, &port, err) < 0) {
			return -1;
		}
		bool known = false;
		for (size_t j = 0; j < service->port_count && !known; j++)
			known = same_port(&service->ports[j], &port);
		if (!known)
			*ARENA_PUSH(arena, service->ports, service->port_count, capacity) = port;
	}
	return 0;
}
