/* WWW-Authenticate: what registries really send, and what they should not. */
#include "check.h"

#include "auth_challenge.h"

static size_t parse(struct arena *arena, const char *header, struct auth_challenge *out)
{
	return auth_challenge_parse(header, arena, out);
}

TEST(challenge_of_docker_hub_is_read)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	size_t count = parse(arena,
		"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
		"scope=\"repository:library/postgres:pull\",error=\"invalid_token\"",
		all);
	CHECK_INT(count, 1);
	CHECK_INT(all[0].scheme, AUTH_BEARER);
	CHECK_STR(all[0].realm, "https://auth.docker.io/token");
	CHECK_STR(all[0].service, "registry.docker.io");
	CHECK_STR(all[0].scope, "repository:library/postgres:pull");
	CHECK_STR(all[0].error, "invalid_token");
}

TEST(scope_with_commas_and_escapes_is_one_value)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	CHECK_INT(
		parse(arena, "bearer  scope = \"repository:a/b:pull,push\" , realm=\"a\\\"b\\\\c\"",
			all),
		1);
	CHECK_STR(all[0].scope, "repository:a/b:pull,push");
	CHECK_STR(all[0].realm, "a\"b\\c");
}

TEST(several_challenges_are_told_apart)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	size_t count = parse(arena,
		"Negotiate, Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic "
		"realm=\"simple\"\nBearer realm=\"https://x/t\"",
		all);
	CHECK_INT(count, 4);
	CHECK_INT(all[1].scheme, AUTH_OTHER);
	CHECK_STR(all[1].realm, "apps");
	CHECK_INT(all[2].scheme, AUTH_BASIC);
	CHECK_STR(all[2].realm, "simple");
	CHECK_INT(all[3].scheme, AUTH_BEARER);
	CHECK(auth_challenge_choose(all, count) == &all[3]);
	CHECK(auth_challenge_choose(all, 3) == &all[2]);
	CHECK(auth_challenge_choose(all, 2) == NULL);
}

TEST(token68_is_stepped_over)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	CHECK_INT(parse(arena, "Negotiate abc/def==, Basic realm=x", all), 2);
	CHECK_INT(all[1].scheme, AUTH_BASIC);
	CHECK_STR(all[1].realm, "x");
}

TEST(malformed_lines_end_the_reading_and_nothing_else)
{
	static const struct {
		const char *header;
		size_t count;
	} cases[] = {
		{"", 0},
		{",,, ,", 0},
		{"=x", 0},
		{"Bearer realm=\"never ends", 1},
		{"Bearer realm=\"ends in \\", 1},
		{"Bearer realm=\"a\" service=\"b\"", 1}, /* no comma: the second is not read */
		{"Bearer realm=\"x\nBasic realm=\"y\"", 2},
		{"\"quoted\" Bearer realm=x", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena) arena = arena_new();
		struct auth_challenge all[AUTH_CHALLENGES];
		CHECK_INT(parse(arena, cases[i].header, all), cases[i].count);
		CHECK(auth_challenge_choose(all, cases[i].count) == NULL || i == 5 || i == 6);
	}
}

TEST(bearer_without_a_realm_is_not_chosen)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	size_t count = parse(arena, "Bearer service=x, Basic realm=\"y\"", all);
	CHECK_INT(count, 2);
	CHECK(auth_challenge_choose(all, count) == &all[1]);
}

TEST(no_more_than_the_limit_is_read)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	CHECK_INT(parse(arena, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z", all),
		AUTH_CHALLENGES);
}
