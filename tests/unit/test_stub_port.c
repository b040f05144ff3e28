/* Published ports: values of .env in them, ranges, addresses, and whether somebody listens. */
#include "port.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "port_owner.h"

struct listed {
	struct arena *arena;
	struct port *ports;
	size_t count;
	int status;
	struct err err;
};

/* One service with one port, HELLO_PORT=8088 and BIND="" in .env. */
static void list(struct listed *l, const char *host_ip, const char *published, const char *protocol)
{
	struct manifest_port port = {host_ip, published, "8080", protocol};
	struct manifest_service services[] = {
		{.name = "web", .active = true, .ports = &port, .port_count = 1},
		{.name = "extra", .active = false, .ports = &port, .port_count = 1}};
	struct manifest manifest = {.services = services, .service_count = 2};
	struct variable_set variables;
	*l = (struct listed){.arena = arena_new()};
	variable_set_init(&variables, l->arena);
	variable_set_put(&variables, "HELLO_PORT", "8088");
	variable_set_put(&variables, "BIND", "");
	l->status = port_list(&manifest, &variables, l->arena, &l->ports, &l->count, &l->err);
}

static void check_url(const char *host_ip, const char *published, const char *url)
{
	struct listed l;
	list(&l, host_ip, published, "tcp");
	CHECK_INT(l.status, 0);
	CHECK_INT(l.count, 1);
	CHECK_STR(port_url(&l.ports[0], l.arena), url);
	arena_free(l.arena);
}

TEST(the_values_of_env_are_filled_in)
{
	check_url("127.0.0.1", "${HELLO_PORT:-3000}", "http://127.0.0.1:8088");
	check_url("${BIND:-0.0.0.0}", "$HELLO_PORT", "http://127.0.0.1:8088");
	check_url("", "${OTHER:-3000}", "http://127.0.0.1:3000");
	check_url("::1", "3000", "http://[::1]:3000");
	check_url("192.168.1.5", "3000-3005", "http://192.168.1.5:3000");
}

TEST(the_variable_to_set_is_known)
{
	struct listed l;
	list(&l, "", "${HELLO_PORT:-3000}", "udp");
	CHECK_STR(l.ports[0].variable, "HELLO_PORT");
	CHECK(l.ports[0].udp);
	CHECK_STR(port_url(&l.ports[0], l.arena), "127.0.0.1:8088");
	arena_free(l.arena);
	list(&l, "", "3000-3005", "tcp");
	CHECK(!l.ports[0].variable);
	CHECK_INT(l.ports[0].first, 3000);
	CHECK_INT(l.ports[0].last, 3005);
	arena_free(l.arena);
	list(&l, "", "", "tcp");
	CHECK_INT(l.ports[0].first, 0);
	arena_free(l.arena);
}

TEST(what_is_no_port_is_refused_by_name)
{
	static const char *const wrong[] = {"65536", "http", "3005-3000", "-1", "80-",
		"99999999999", "${HELLO_PORT", "${MISSING:?say it}"};
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct listed l;
		list(&l, "", wrong[i], "tcp");
		CHECK_INT(l.status, -1);
		CHECK_INT(l.err.code, CODE_INPUT);
		CHECK_CONTAINS(l.err.text, "service web");
		arena_free(l.arena);
	}
}

TEST(a_port_where_somebody_listens_is_not_free)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(fd, 1), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	unsigned number = ntohs(address.sin_port);
	CHECK_INT(port_try("", number, false), PORT_TAKEN);
	CHECK_INT(port_try("0.0.0.0", number, false), PORT_TAKEN);
	CHECK_INT(port_try("127.0.0.1", number, false), PORT_TAKEN);
	CHECK_INT(port_try("127.0.0.1", number, true), PORT_FREE);
	CHECK_INT(port_try("no.such.name", number, false), PORT_FREE);
	CHECK_INT(port_try("192.0.2.1", number, false), PORT_NO_ADDRESS);
	const char *name = NULL;
	long pid = 0;
	AUTO(arena) arena = arena_new();
	CHECK(port_owner_find(number, false, arena, &name, &pid));
	CHECK_INT(pid, getpid());
	CHECK_CONTAINS(name, "test_stub_port");
	CHECK(!port_owner_find(number, true, arena, &name, &pid));
	close(fd);
	CHECK_INT(port_try("", number, false), PORT_FREE);
	CHECK(!port_owner_find(number, false, arena, &name, &pid));
}

TEST(a_listener_on_one_address_keeps_all_interfaces_from_being_free)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(fd, 1), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	CHECK_INT(port_try("", ntohs(address.sin_port), false), PORT_TAKEN);
	CHECK_INT(port_try("127.0.0.1", ntohs(address.sin_port), false), PORT_FREE);
	close(fd);
}
