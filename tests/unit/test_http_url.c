/* URLs: which are asked, where redirects lead, what is this machine; proxies; base64. */
#include "check.h"

#include <stdlib.h>

#include "base64.h"
#include "http_proxy.h"
#include "http_url.h"

TEST(parts_of_a_url_are_normalised)
{
	static const struct {
		const char *text, *normal, *host, *authority;
		unsigned port;
	} cases[] = {
		{"HTTPS://Registry.Example/v2/", "https://Registry.Example/v2/", "registry.example",
			"registry.example", 443},
		{"http://a:5000/x?y=1#z", "http://a:5000/x?y=1", "a", "a:5000", 5000},
		{"https://a:443/x", "https://a/x", "a", "a", 443},
		{"http://[::1]:5000/v2/", "http://[::1]:5000/v2/", "::1", "[::1]:5000", 5000},
		{"https://a/b/../c", "https://a/b/../c", "a", "a", 443},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		AUTO(arena) arena = arena_new();
		struct http_url url;
		CHECK_OK(http_url_parse(cases[i].text, arena, &url, &err));
		CHECK_STR(url.text, cases[i].normal);
		CHECK_STR(url.host, cases[i].host);
		CHECK_STR(url.authority, cases[i].authority);
		CHECK_INT(url.port, cases[i].port);
	}
}

TEST(what_is_no_http_url_is_refused)
{
	static const char *const cases[] = {"", "registry.example", "ftp://a/b",
		"file:///etc/passwd", "http://", "http://a:99999/", "http://a b/",
		"https://a/\r\nX: y", "javascript:1"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		AUTO(arena) arena = arena_new();
		struct http_url url;
		CHECK_FAILS(http_url_parse(cases[i], arena, &url, &err), CODE_INPUT);
	}
}

TEST(login_in_a_url_is_refused_and_not_repeated)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct http_url url;
	CHECK_FAILS(http_url_parse("https://me:secret@a.example/x", arena, &url, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "a.example");
	CHECK(!strstr(err.text, "secret") && !strstr(err.hint, "secret"));
}

TEST(redirects_are_resolved_against_where_they_came_from)
{
	static const struct {
		const char *location, *to;
	} cases[] = {
		{"/blobs/1", "https://a:8443/blobs/1"},
		{"other", "https://a:8443/v2/other"},
		{"//cdn.example/x", "https://cdn.example/x"},
		{"http://cdn.example/x?sig=a%2Fb", "http://cdn.example/x?sig=a%2Fb"},
	};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct http_url base, to;
	CHECK_OK(http_url_parse("https://a:8443/v2/x", arena, &base, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_OK(http_url_resolve(&base, cases[i].location, arena, &to, &err));
		CHECK_STR(to.text, cases[i].to);
	}
	CHECK_FAILS(http_url_resolve(&base, "file:///etc/passwd", arena, &to, &err), CODE_INPUT);
	CHECK_FAILS(http_url_resolve(&base, "///del\x7f", arena, &to, &err), CODE_INPUT);
}

TEST(a_host_that_reads_differently_the_second_time_is_refused)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct http_url url;
	CHECK_FAILS(http_url_parse("http://%3600/", arena, &url, &err), CODE_INPUT); /* 600 is 0.0.2.88 */
	CHECK_OK(http_url_parse("http://600/", arena, &url, &err));
	CHECK_STR(url.host, "0.0.2.88");
}

TEST(an_origin_is_scheme_host_and_port)
{
	static const char *const others[] = {
		"http://a/x", "https://a:444/x", "https://b/x", "https://a.b/x"};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct http_url a, b;
	CHECK_OK(http_url_parse("https://a/x", arena, &a, &err));
	CHECK_OK(http_url_parse("https://A:443/y", arena, &b, &err));
	CHECK(http_url_same_origin(&a, &b));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		CHECK_OK(http_url_parse(others[i], arena, &b, &err));
		CHECK(!http_url_same_origin(&a, &b));
	}
}

TEST(loopback_is_this_machine_and_nothing_that_looks_like_it)
{
	static const char *const loopback[] = {
		"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"};
	static const char *const others[] = {"localhost.example", "127.0.0.1.nip.io",
		"notlocalhost", "10.0.0.1", "::2", "0.0.0.0", "128.0.0.1", ""};
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		CHECK(http_url_is_loopback(loopback[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK(!http_url_is_loopback(others[i]));
}

TEST(list_of_hosts_has_hosts_with_and_without_ports)
{
	const char *items[] = {"a.example", "b.example:5000", "[fd00::1]:5000"};
	struct option_list list = {.items = items, .count = 3};
	CHECK(http_url_is_listed(&list, "a.example", 80));
	CHECK(http_url_is_listed(&list, "A.Example", 5000));
	CHECK(http_url_is_listed(&list, "b.example", 5000));
	CHECK(!http_url_is_listed(&list, "b.example", 80));
	CHECK(!http_url_is_listed(&list, "x.a.example", 80));
	CHECK(http_url_is_listed(&list, "fd00::1", 5000));
	CHECK(!http_url_is_listed(&list, "fd00::1", 80));
}

TEST(proxy_is_chosen_by_scheme_and_named_without_its_login)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct http_proxies proxies;
	struct http_url https, http, local;
	setenv("HTTPS_PROXY", "http://me:p@ss@proxy.example:3128/", 1);
	setenv("https_proxy", "", 1);
	unsetenv("HTTP_PROXY");
	unsetenv("http_proxy");
	setenv("ALL_PROXY", "socks5h://other:1080", 1);
	unsetenv("all_proxy");
	unsetenv("NO_PROXY");
	unsetenv("no_proxy");
	http_proxies_read(&proxies, arena);
	CHECK_OK(http_url_parse("https://a/", arena, &https, &err));
	CHECK_OK(http_url_parse("http://a/", arena, &http, &err));
	CHECK_OK(http_url_parse("https://127.0.0.1:5000/", arena, &local, &err));
	CHECK_STR(http_proxies_for(&proxies, &https), "http://me:p@ss@proxy.example:3128/");
	CHECK_STR(http_proxies_for(&proxies, &http), "socks5h://other:1080");
	CHECK(http_proxies_for(&proxies, &local) == NULL);
	CHECK_STR(http_proxy_name(proxies.https, arena), "proxy.example:3128");
	CHECK_STR(http_proxy_name(proxies.all, arena), "other:1080");
	CHECK_STR(http_proxy_name("me:secret@proxy", arena), "proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
}

TEST(base64_is_rfc_4648s)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"me:p\xc3\xa4ss", "bWU6cMOkc3M="}};
	AUTO(arena) arena = arena_new();
	size_t length;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_STR(base64_encode(cases[i].plain, strlen(cases[i].plain), arena),
			cases[i].coded);
		CHECK_STR(base64_decode(cases[i].coded, arena, &length), cases[i].plain);
		CHECK_INT(length, strlen(cases[i].plain));
	}
	CHECK_STR(base64_decode("Zg", arena, &length), "f");
	CHECK(base64_decode("Z", arena, &length) == NULL);
	CHECK(base64_decode("Zg===", arena, &length) == NULL);
	CHECK(base64_decode("Zm 9v", arena, &length) == NULL);
	CHECK(base64_decode("Zm9v\n", arena, &length) == NULL);
	CHECK(base64_decode("Z=9v", arena, &length) == NULL);
}
