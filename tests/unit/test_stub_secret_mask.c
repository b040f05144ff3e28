/* Secrets are hidden in every form in which programs write them; other words stay. */
#include "secret_mask.h"

#include "check.h"

static const char *masked(const char *secret, const char *line, struct arena *arena)
{
	struct secret_mask mask;
	secret_mask_init(&mask, arena);
	secret_mask_add(&mask, secret);
	return secret_mask_text(&mask, line, arena);
}

#define CHECK_MASKED(secret, line, expected)                            \
	do {                                                            \
		AUTO(arena) arena = arena_new();                        \
		CHECK_STR(masked((secret), (line), arena), (expected)); \
	} while (0)

TEST(a_secret_is_masked_as_it_stands)
{
	CHECK_MASKED("hunter2hunter2", "x hunter2hunter2 y hunter2hunter2", "x **** y ****");
	CHECK_MASKED("a/b+c=d\"e", "v=a/b+c=d\"e.", "v=****.");
	CHECK_MASKED("hunter2hunter2", "nothing here", "nothing here");
}

TEST(a_secret_is_masked_in_urls_and_json)
{
	CHECK_MASKED("p@ss/w+rd x", "get p%40ss%2Fw%2Brd%20x now", "get **** now");
	CHECK_MASKED("p@ss/w+rd x", "get p%40ss%2fw%2brd+x now", "get **** now");
	CHECK_MASKED("p@ss/w+rd x", "get p%40ss/w+rd%20x now", "get **** now");
	CHECK_MASKED("say \"hi\" \\o/", "{\"v\":\"say \\\"hi\\\" \\\\o\\/\"}", "{\"v\":\"****\"}");
	CHECK_MASKED("p@sswords", "p\\u0040sswords", "****");
}

TEST(a_secret_is_masked_inside_base64_at_every_alignment)
{
	/* base64 of "u:s3cr3t-s3cr3t", "pk:s3cr3t-s3cr3t", "pkx:s3cr3t-s3cr3t" */
	CHECK_MASKED("s3cr3t-s3cr3t", "auth dTpzM2NyM3QtczNjcjN0 end", "auth **** end");
	CHECK_MASKED("s3cr3t-s3cr3t", "auth cGs6czNjcjN0LXMzY3IzdA== end", "auth **** end");
	CHECK_MASKED("s3cr3t-s3cr3t", "auth cGt4OnMzY3IzdC1zM2NyM3Q= end", "auth **** end");
}

TEST(a_secret_that_a_cut_tore_is_masked_too)
{
	CHECK_MASKED("0123456789abcdef", "key 01234567", "key ****");
	CHECK_MASKED("0123456789abcdef", "key 01234567…", "key ****…");
	CHECK_MASKED("0123456789abcdef", "key 01234567 and on", "key 01234567 and on");
}

TEST(short_ones_are_masked_as_words_only)
{
	CHECK_MASKED("post", "post postgres post", "**** postgres ****");
	CHECK_MASKED("abc", "abc", "abc");
	CHECK_MASKED("true", "it is true", "it is true");
}

TEST(the_longer_one_goes_first)
{
	AUTO(arena) arena = arena_new();
	struct secret_mask mask;
	secret_mask_init(&mask, arena);
	secret_mask_add(&mask, "verysecret");
	secret_mask_add(&mask, "verysecretindeed");
	CHECK_STR(secret_mask_text(&mask, "verysecretindeed verysecret", arena), "**** ****");
}

TEST(whatever_tells_by_itself_is_masked)
{
	AUTO(arena) arena = arena_new();
	struct secret_mask mask;
	secret_mask_init(&mask, arena);
	CHECK_STR(secret_mask_text(&mask, "postgres://u:pw@db:5432/x", arena),
		"postgres://u:****@db:5432/x");
	CHECK_STR(secret_mask_text(&mask, "postgres://u:p@w@db/x http://h/", arena),
		"postgres://u:****@db/x http://h/");
	CHECK_STR(secret_mask_text(&mask, "Authorization: Basic cGs6c2s1Njc4OTA=", arena),
		"Authorization: Basic ****");
	CHECK_STR(secret_mask_text(&mask, "Basic authentication needed", arena),
		"Basic authentication needed");
	CHECK_STR(secret_mask_text(&mask, "DB_PASSWORD=xyz, USER=me", arena),
		"DB_PASSWORD=****, USER=me");
	CHECK_STR(secret_mask_text(&mask, "http://db:5432/x a=b", arena), "http://db:5432/x a=b");
}

TEST(names_and_urls_tell_which_values_are_secrets)
{
	AUTO(arena) arena = arena_new();
	struct secret_mask mask;
	secret_mask_init(&mask, arena);
	secret_mask_add_variable(&mask, "DATABASE_URL", "postgres://u:p%40ssword@db/x");
	secret_mask_add_variable(&mask, "nextauth_secret", "abcdefgh");
	secret_mask_add_variable(&mask, "CITY", "Kashgar");
	CHECK_STR(secret_mask_text(&mask, "p@ssword abcdefgh Kashgar", arena), "**** **** Kashgar");
	CHECK(secret_mask_name("LANGFUSE_SALT") && secret_mask_name("pgpassword") &&
		!secret_mask_name("NEXTAUTH_URL") && !secret_mask_name("PORT"));
}

TEST(a_key_of_several_lines_is_masked_line_by_line)
{
	CHECK_MASKED("-----BEGIN KEY-----\nMIIEvAIBADAN\nabc\n", "got MIIEvAIBADAN", "got ****");
}
