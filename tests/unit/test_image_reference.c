/* Image references: the grammar, the normal form, the private tag. */
#include "check.h"

#include "image_reference.h"
#include "text.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B10 "bbbbbbbbbb"
#define B100 B10 B10 B10 B10 B10 B10 B10 B10 B10 B10
#define B120 B100 B10 B10

TEST(references_get_their_normal_and_their_familiar_form)
{
	static const struct {
		const char *text, *normal, *familiar;
	} cases[] = {
		{"postgres", "docker.io/library/postgres:latest", "postgres:latest"},
		{"postgres:17", "docker.io/library/postgres:17", "postgres:17"},
		{"docker.io/postgres", "docker.io/library/postgres:latest", "postgres:latest"},
		{"index.docker.io/library/postgres:1", "docker.io/library/postgres:1",
			"postgres:1"},
		{"grafana/grafana:11.1.0", "docker.io/grafana/grafana:11.1.0",
			"grafana/grafana:11.1.0"},
		{"library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
		{"ghcr.io/langfuse/langfuse:2", "ghcr.io/langfuse/langfuse:2",
			"ghcr.io/langfuse/langfuse:2"},
		{"localhost/x", "localhost/x:latest", "localhost/x:latest"},
		{"localhost:5000/x:y", "localhost:5000/x:y", "localhost:5000/x:y"},
		{"127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest",
			"127.0.0.1:5000/a/b/c:latest"},
		{"[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"},
		{"EXAMPLE/x", "EXAMPLE/x:latest", "EXAMPLE/x:latest"},
		{"a@" DIGEST, "docker.io/library/a@" DIGEST, "a@" DIGEST},
		{"a:b@" DIGEST, "docker.io/library/a:b@" DIGEST, "a:b@" DIGEST},
		{"a__b-c--d.e:_X.y-z", "docker.io/library/a__b-c--d.e:_X.y-z",
			"a__b-c--d.e:_X.y-z"},
		{"host:1/a:1", "host:1/a:1", "host:1/a:1"},
		{"docker.io/a.b/c", "docker.io/a.b/c:latest", "docker.io/a.b/c:latest"},
		{"docker.io/localhost/c", "docker.io/localhost/c:latest",
			"docker.io/localhost/c:latest"},
	};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_reference ref, again;
		CHECK_OK(image_reference_parse(cases[i].text, arena, &ref, &err));
		CHECK_STR(image_reference_text(&ref, arena), cases[i].normal);
		CHECK_STR(image_reference_familiar(&ref, arena), cases[i].familiar);
		CHECK_OK(image_reference_parse(cases[i].familiar, arena, &again, &err));
		CHECK(image_reference_equal(&ref, &again));
		CHECK_OK(image_reference_parse(cases[i].normal, arena, &again, &err));
		CHECK(image_reference_equal(&ref, &again));
	}
}

TEST(what_the_grammar_does_not_allow_is_refused)
{
	static const char *const bad[] = {"", ":", "@", "a:", "a@", "a:b:c", "A", "a/B", "a//b",
		"/a", "a/", "-a", "a-", "a..b", "a___b", "a_", ".a", "a b", "a\n", "a:-b", "a:.b",
		"你好", "a@sha256:abc", "a@sha512:" DIGEST, "a@" DIGEST "0",
		"a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "a.b:x/c",
		"-h.io/a", "h-.io/a", "h..io/a", "http://a.b/c", "a.b/", "[::1/x", "[]/x",
		"a:" B120 "123456789", "h.io/" B120 B120 "1234567890a"};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct image_reference ref;
		err_clear(&err);
		if (image_reference_parse(bad[i], arena, &ref, &err) == 0)
			check_report(__FILE__, __LINE__, "accepted: \"%s\"", bad[i]);
		else
			CHECK_INT(err.code, CODE_INPUT);
	}
}

TEST(a_tag_that_was_not_given_is_known_as_such)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct image_reference ref;
	CHECK_OK(image_reference_parse("a", arena, &ref, &err));
	CHECK(!ref.tag_given && strcmp(ref.tag, "latest") == 0);
	CHECK_OK(image_reference_parse("a:latest", arena, &ref, &err));
	CHECK(ref.tag_given);
	CHECK_OK(image_reference_parse("a@" DIGEST, arena, &ref, &err));
	CHECK(!ref.tag && !ref.tag_given);
}

TEST(the_private_tag_names_the_pin_and_fits)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct image_reference ref, again;
	CHECK_OK(image_reference_parse("postgres:17", arena, &ref, &err));
	CHECK_STR(image_reference_private_tag(&ref, DIGEST, arena),
		"docker.io/library/postgres:17-0123456789ab");
	CHECK_OK(image_reference_parse("ghcr.io/a/b@" DIGEST, arena, &ref, &err));
	CHECK_STR(image_reference_private_tag(&ref, DIGEST, arena),
		"ghcr.io/a/b:pinned-0123456789ab");
	CHECK_OK(image_reference_parse("a:" B120 "12345678", arena, &ref, &err));
	const char *tag = image_reference_private_tag(&ref, DIGEST, arena);
	CHECK_STR(tag, "docker.io/library/a:" B100 B10 "bbbbb-0123456789ab");
	CHECK_INT(strlen(strrchr(tag, ':') + 1), 128);
	CHECK_OK(image_reference_parse(tag, arena, &again, &err));
}
