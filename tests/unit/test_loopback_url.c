/* Addresses of this machine, and everything that only looks like one. */
#include "check.h"

#include "loopback_url.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static struct loopback_url take(const char *text)
{
	struct err err = ERR_INIT;
	struct loopback_url url;
	CHECK_OK(loopback_url_parse(arena, text, &url, &err));
	return url;
}

static void refused(const char *text, const char *why)
{
	struct err err = ERR_INIT;
	struct loopback_url url;
	CHECK_INT(loopback_url_parse(arena, text, &url, &err), -1);
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, why);
}

TEST(an_address_has_host_port_and_target)
{
	struct loopback_url url = take("http://127.0.0.1:3000/api/x?a=%20b&c=1");
	CHECK_STR(url.authority, "127.0.0.1:3000");
	CHECK_STR(url.target, "/api/x?a=%20b&c=1");
	CHECK_INT(url.port, 3000);
	CHECK(url.has_v4 && !url.has_v6 && url.v4[0] == 127 && url.v4[3] == 1);
	url = take("http://127.1.2.3");
	CHECK_STR(url.target, "/");
	CHECK_INT(url.port, 80);
	CHECK_INT(url.v4[2], 2);
	url = take("http://[::1]:8080?x");
	CHECK_STR(url.target, "/?x");
	CHECK_STR(url.authority, "[::1]:8080");
	CHECK(url.has_v6 && !url.has_v4);
	url = take("http://LocalHost:1/");
	CHECK(url.has_v6 && url.has_v4 && url.v4[0] == 127);
}

TEST(other_machines_are_refused)
{
	refused("http://example.com/", "not an address of this machine");
	refused("http://10.0.0.1/", "not an address of this machine");
	refused("http://0.0.0.0/", "not an address of this machine");
	refused("http://128.0.0.1/", "not an address of this machine");
	refused("http://localhost.example.com/", "not an address of this machine");
	refused("http://127.0.0.1.example.com/", "not an address of this machine");
	refused("http://0x7f.1/", "not an address of this machine");
	refused("http://127.1/", "not an address of this machine");
	refused("http://2130706433/", "not an address of this machine");
	refused("http://[::2]/", "not an address of this machine");
	refused("http://[::ffff:127.0.0.1]/", "not an address of this machine");
	refused("http://[fe80::1%25lo]/", "not an address of this machine");
	refused("http:///x", "not an address of this machine");
	refused("http://:80/", "not an address of this machine");
}

TEST(other_forms_are_refused)
{
	refused("https://127.0.0.1/", "do not speak https");
	refused("ftp://127.0.0.1/", "is not an address like");
	refused("127.0.0.1:80", "is not an address like");
	refused("", "is not an address like");
	refused("http://127.0.0.1:0/", "is not an address like");
	refused("http://127.0.0.1:65536/", "is not an address like");
	refused("http://127.0.0.1:/", "is not an address like");
	refused("http://127.0.0.1:1x/", "is not an address like");
	refused("http://127.0.0.1/a b", "is not an address like");
	refused("http://127.0.0.1/\r\nHost: x", "is not an address like");
	refused("http://127.0.0.1/#part", "is not an address like");
	refused("http://127.0.0.1/\xe4\xbd\xa0", "is not an address like");
	refused("http://127.0.0.1\\@example.com/", "is not an address like");
	refused("http://[::1]x/", "is not an address like");
}

TEST(a_password_in_an_address_is_refused_and_not_shown)
{
	struct err err = ERR_INIT;
	struct loopback_url url;
	CHECK_FAILS(
		loopback_url_parse(arena, "http://me:hunter22@127.0.0.1/", &url, &err), CODE_INPUT);
	CHECK(!strstr(err.text, "hunter22"));
}
