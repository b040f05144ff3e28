/* Rules of mirrors: what each makes of a reference, in which order, and what is no rule. */
#include "check.h"

#include "image_platform.h"
#include "mirror_policy.h"
#include "text.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

/* "host/repository:tag", with marks: ! plain, * by tag only, = the origin. */
static const char *shown(const struct image_source *source)
{
	return arena_printf(arena, "%s/%s%s%s%s%s%s", source->host, source->repository,
		source->tag ? ":" : "", source->tag ? source->tag : "", source->plain ? "!" : "",
		source->by_tag_only ? "*" : "", source->origin ? "=" : "");
}

static const char *sources_of(
	const struct mirror_policy *policy, const char *reference_text, const char *platform_text)
{
	struct err err = ERR_INIT;
	struct image_reference reference;
	struct oci_platform platform;
	struct image_source *sources;
	size_t count;
	AUTO_TEXT out = TEXT_INIT;
	CHECK_OK(image_reference_parse(reference_text, arena, &reference, &err));
	if (platform_text)
		CHECK_OK(image_platform_parse(platform_text, arena, &platform, &err));
	mirror_policy_sources(
		policy, &reference, platform_text ? &platform : NULL, arena, &sources, &count);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s%s", i ? " " : "", shown(&sources[i]));
	return arena_strdup(arena, out.bytes);
}

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(a_rule_makes_a_source_before_the_origin)
{
	static const struct {
		const char *rules, *reference, *platform, *expected;
	} rows[] = {
		{"", "postgres:17", NULL, "registry-1.docker.io/library/postgres:17="},
		{"", "ghcr.io/a/b", NULL, "ghcr.io/a/b:latest="},
		{"docker.io=m.example", "postgres:17", NULL,
			"m.example/library/postgres:17 registry-1.docker.io/library/postgres:17="},
		{"index.docker.io=m.example", "a/b", NULL,
			"m.example/a/b:latest registry-1.docker.io/a/b:latest="},
		{"docker.io=https://m.example/", "a/b", NULL,
			"m.example/a/b:latest registry-1.docker.io/a/b:latest="},
		{"docker.io=m.example/hub/x", "postgres:17", NULL,
			"m.example/hub/x/library/postgres:17 "
			"registry-1.docker.io/library/postgres:17="},
		{"docker.io=http://10.0.0.5:5000", "a/b:1", NULL,
			"10.0.0.5:5000/a/b:1! registry-1.docker.io/a/b:1="},
		{"ghcr.io=m.example", "postgres:17", NULL,
			"registry-1.docker.io/library/postgres:17="},
		{"docker.io=m.example/{repo:short}", "postgres:17", NULL,
			"m.example/postgres:17 registry-1.docker.io/library/postgres:17="},
		{"docker.io=m.example/{repo:short}", "a/b:1", NULL,
			"m.example/a/b:1 registry-1.docker.io/a/b:1="},
		{"docker.io=m.example/{registry}/{repo}", "a/b:1", NULL,
			"m.example/docker.io/a/b:1 registry-1.docker.io/a/b:1="},
		{"ghcr.io=swr.example/ddn-k8s/ghcr.io/{repo}:{tag}-{os}{arch}", "ghcr.io/a/b:2.0",
			"linux/arm64",
			"swr.example/ddn-k8s/ghcr.io/a/b:2.0-linuxarm64* ghcr.io/a/b:2.0="},
		{"ghcr.io=swr.example/{repo}:{tag}-{arch}", "ghcr.io/a/b:2", NULL,
			"ghcr.io/a/b:2="},
		{"ghcr.io=swr.example/{arch}/{repo}", "ghcr.io/a/b:2", NULL, "ghcr.io/a/b:2="},
		{"ghcr.io=swr.example/{repo}:{tag}-x", "ghcr.io/a/b@" DIGEST, NULL,
			"swr.example/a/b* ghcr.io/a/b="},
		{"ghcr.io=swr.example/{tag}/{repo}", "ghcr.io/a/b@" DIGEST, NULL, "ghcr.io/a/b="},
		{"docker.io=a.example,docker.io=b.example docker.io=a.example\ndocker.io=docker.io",
			"a/b:1", NULL,
			"a.example/a/b:1 b.example/a/b:1 registry-1.docker.io/a/b:1="},
		{"localhost:5000=m.example:1/p", "localhost:5000/x:1", NULL,
			"m.example:1/p/x:1 localhost:5000/x:1="},
		{"ghcr.io=[::1]:5000", "ghcr.io/x:1", NULL, "[::1]:5000/x:1 ghcr.io/x:1="},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		struct mirror_policy policy = {0};
		CHECK_OK(mirror_policy_add_list(&policy, arena, rows[i].rules, "test", &err));
		CHECK_STR(
			sources_of(&policy, rows[i].reference, rows[i].platform), rows[i].expected);
	}
}

TEST(what_is_no_rule_is_refused_with_its_place)
{
	static const struct {
		const char *rule, *why;
	} rows[] = {
		{"docker.io", "is not REGISTRY=PLACE"},
		{"docker.io=", "malformed"},
		{"=m.example", "malformed"},
		{"hub=m.example", "neither a dot nor a port"},
		{"docker.io=mirror", "neither a dot nor a port"},
		{"docker.io=ftp://m.example", "malformed"},
		{"docker.io=m.example:port", "malformed"},
		{"docker.io=m.example/UP", "lower case"},
		{"docker.io=m.example//x", "malformed"},
		{"docker.io=m.example/../x", "malformed"},
		{"docker.io=m.example/x:1", "needs {tag}"},
		{"docker.io=m.example/{repo}:1", "needs {tag}"},
		{"docker.io=m.example/x:{tag}", "needs {repo}"},
		{"docker.io=m.example/{tag}", "needs {repo}"},
		{"docker.io=m.example/{repo}/{name}", "unknown placeholder: {name}"},
		{"docker.io=m.example/{repo", "unknown placeholder: {repo"},
		{"docker.io=m.example/{repo}:{tag}-{cpu}", "unknown placeholder: {cpu}"},
		{"docker.io=m.example/{repo}:{tag}/x", "malformed"},
		{"docker.io={repo}.example", "malformed"},
		{"docker.io=u:p@m.example", "has an @"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		struct mirror_policy policy = {0};
		CHECK(mirror_policy_add(&policy, arena, rows[i].rule, "HARDTACK_MIRRORS", &err) <
			0);
		CHECK_INT(err.code, CODE_USAGE);
		CHECK_CONTAINS(err.text, "HARDTACK_MIRRORS: ");
		CHECK_CONTAINS(err.text, rows[i].why);
		CHECK(err.hint[0]);
		CHECK_INT(policy.count, 0);
	}
}

TEST(appended_rules_come_behind)
{
	struct err err = ERR_INIT;
	struct mirror_policy first = {0}, second = {0};
	CHECK_OK(mirror_policy_add(&first, arena, "ghcr.io=a.example", "--mirror", &err));
	CHECK_OK(mirror_policy_add(&second, arena, "ghcr.io=b.example", "config", &err));
	mirror_policy_append(&first, arena, &second);
	CHECK_STR(sources_of(&first, "ghcr.io/x:1", NULL),
		"a.example/x:1 b.example/x:1 ghcr.io/x:1=");
	CHECK_STR(first.rules[1].from, "config");
}

TEST(hosts_named_with_http_are_plain)
{
	struct err err = ERR_INIT;
	struct mirror_policy policy = {0};
	const char *host;
	size_t next = 0;
	CHECK_OK(mirror_policy_add_list(&policy, arena,
		"a.io=http://x.example b.io=y.example c.io=http://z.example:5000/p/{repo}", "test",
		&err));
	CHECK(mirror_policy_plain_host(&policy, &next, arena, &host));
	CHECK_STR(host, "x.example");
	CHECK(mirror_policy_plain_host(&policy, &next, arena, &host));
	CHECK_STR(host, "z.example:5000");
	CHECK(!mirror_policy_plain_host(&policy, &next, arena, &host));
}

TEST(files_have_mirrors_too)
{
	struct err err = ERR_INIT;
	struct mirror_policy policy = {0};
	const char **urls;
	size_t count;
	CHECK_OK(mirror_policy_add_list(&policy, arena,
		"files.example=m.example/files files.example=http://10.0.0.5:80 "
		"files.example=t.example/{repo} other.example=n.example "
		"files.example=files.example",
		"test", &err));
	mirror_policy_urls(&policy, "https://files.example/a/B.whl?x=/y", arena, &urls, &count);
	CHECK_INT(count, 3);
	CHECK_STR(urls[0], "https://m.example/files/a/B.whl?x=/y");
	CHECK_STR(urls[1], "http://10.0.0.5:80/a/B.whl?x=/y");
	CHECK_STR(urls[count - 1], "https://files.example/a/B.whl?x=/y");
	mirror_policy_urls(&policy, "https://files.example.org/a", arena, &urls, &count);
	CHECK_INT(count, 1);
	CHECK_STR(urls[0], "https://files.example.org/a");
}
