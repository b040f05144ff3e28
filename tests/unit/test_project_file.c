/* hardtack.yaml: every field, and every way to get it wrong. */
#include "check.h"

#include "project_file.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static struct project_file *parse(const char *text, struct err *err)
{
	struct project_file *file = NULL;
	return project_file_parse(arena, "hardtack.yaml", text, strlen(text), &file, err) < 0
		       ? NULL
		       : file;
}

static void refused(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	CHECK(!parse(text, &err));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, message);
}

TEST(every_field_is_read)
{
	struct err err = ERR_INIT;
	struct project_file *file = parse(
		"hardtack: 1\n"
		"name: langfuse\n"
		"version: 2.95.12\n"
		"title: {en: Langfuse v2, zh: Langfuse v2 本地部署}\n"
		"compose: ./compose.yaml\n"
		"env: env.template\n"
		"files: [client/, README.md]\n"
		"downloads:\n"
		"  - {url: \"https://example.com/x.whl\", to: client/wheels/}\n"
		"mirrors:\n"
		"  docker.io: [docker.m.daocloud.io]\n"
		"  ghcr.io: [ghcr.nju.edu.cn, \"h.example/{repo}:{tag}\"]\n"
		"preflight: {memory: 2GiB, disk: auto, ports: auto}\n"
		"sop:\n"
		"  - up\n"
		"  - wait_healthy: {timeout: 5m}\n"
		"  - wait_log: {service: langfuse, match: \"Ready in\", required: false}\n"
		"  - http: {name: {en: health, zh: 健康}, get: \"http://127.0.0.1:${P}/\", expect: "
		"{status: 200, json: {errors: [], n: 1, s: \"1\"}}, retry: 60}\n"
		"  - exec: {service: db, command: [psql, -c, select 1]}\n"
		"  - message: done\n"
		"known_issues:\n"
		"  - {service: langfuse, match: Zod, cause: c, remedy: {en: r, zh: 办法}}\n"
		"handoff: {en: client/H.en.md, zh: client/H.zh.md}\n",
		&err);
	CHECK_STR(err.text, "");
	if (!file)
		return;
	CHECK_STR(file->name, "langfuse");
	CHECK_STR(file->version, "2.95.12");
	CHECK_STR(file->title.zh, "Langfuse v2 本地部署");
	CHECK_STR(file->compose, "compose.yaml");
	CHECK_STR(file->env, "env.template");
	CHECK_INT(file->file_count, 2);
	CHECK_STR(file->files[0], "client/");
	CHECK_INT(file->download_count, 1);
	CHECK_STR(file->downloads[0].to, "client/wheels/");
	CHECK_INT(file->downloads[0].line, 9);
	CHECK_INT(file->mirrors.count, 3);
	CHECK_STR(file->mirrors.rules[2].place, "h.example/{repo}:{tag}");
	CHECK_STR(file->mirrors.rules[2].from, "hardtack.yaml:12");
	CHECK_STR(file->preflight_json,
		"{\"memory\":2147483648,\"disk\":\"auto\",\"ports\":\"auto\"}");
	CHECK_INT(file->step_count, 6);
	CHECK_STR(file->steps[0].kind, "up");
	CHECK_STR(file->steps[0].json, "{}");
	CHECK_STR(file->steps[1].json, "{\"timeout\":\"5m\"}");
	CHECK_STR(file->steps[2].json,
		"{\"service\":\"langfuse\",\"match\":\"Ready in\",\"required\":false}");
	CHECK_STR(file->steps[3].json,
		"{\"name\":{\"en\":\"health\",\"zh\":\"健康\"},\"get\":\"http://127.0.0.1:${P}/\","
		"\"expect\":{\"status\":200,\"json\":{\"errors\":[],\"n\":1,\"s\":\"1\"}},"
		"\"retry\":{\"for\":\"60\"}}");
	CHECK_STR(file->steps[4].json,
		"{\"service\":\"db\",\"command\":[\"psql\",\"-c\",\"select 1\"]}");
	CHECK_STR(file->steps[5].json, "{\"en\":\"done\"}");
	CHECK_STR(file->known_issues_json,
		"[{\"service\":\"langfuse\",\"match\":\"Zod\",\"cause\":{\"en\":\"c\"},"
		"\"remedy\":{\"en\":\"r\",\"zh\":\"办法\"}}]");
	CHECK_STR(file->handoff.en, "client/H.en.md");
}

TEST(the_smallest_file_is_enough)
{
	struct err err = ERR_INIT;
	struct project_file *file = parse("hardtack: 1\n", &err);
	CHECK(file && !file->name && file->step_count == 0 && !file->preflight_json);
}

TEST(mistakes_are_refused_with_their_line)
{
	refused("", "hardtack.yaml:1: the key \"hardtack\" is missing");
	refused("name: x\n", "hardtack.yaml:1: the key \"hardtack\" is missing");
	refused("hardtack: 2\n", "hardtack.yaml:1: this hardtack reads");
	refused("hardtack: 1\nnmae: x\n", "hardtack.yaml:2: unknown key \"nmae\"");
	refused("hardtack: 1\nname: X Y\n", "hardtack.yaml:2: \"X Y\" is not a valid project name");
	refused("hardtack: 1\nname: [x]\n", "hardtack.yaml:2: name must be a text");
	refused("hardtack: 1\ntitle: {fr: x}\n", "hardtack.yaml:2: title: unknown key \"fr\"");
	refused("hardtack: 1\ncompose: a/compose.yaml\n", "must name a file beside");
	refused("hardtack: 1\nenv: ../env\n", "hardtack.yaml:2: ../env lies outside");
	refused("hardtack: 1\nfiles: [/etc/passwd]\n", "/etc/passwd lies outside");
	refused("hardtack: 1\nfiles: client/\n", "files must be a list");
	refused("hardtack: 1\ndownloads: [{to: x}]\n", "downloads: the key \"url\" is missing");
	refused("hardtack: 1\ndownloads: [{url: \"ftp://x\", to: x}]\n", "is not an http address");
	refused("hardtack: 1\ndownloads: [{url: \"http://x\", to: ../x}]\n", "lies outside");
	refused("hardtack: 1\ndownloads: [{url: \"http://x\", to: x, sha256: ab}]\n",
		"64 lower-case");
	refused("hardtack: 1\nmirrors: {docker.io: {}}\n", "docker.io must be a text");
	refused("hardtack: 1\npreflight: {memory: 2GB}\n", "memory must be a size");
	refused("hardtack: 1\npreflight: {memory: 99999999999TiB}\n", "memory must be a size");
	refused("hardtack: 1\npreflight: {cpu: 2}\n", "preflight: unknown key \"cpu\"");
	refused("hardtack: 1\npreflight: {ports: maybe}\n", "ports must be auto, true or false");
	refused("hardtack: 1\nsop: []\n", "sop has no steps");
	refused("hardtack: 1\nsop:\n  - down: {}\n", "hardtack.yaml:3: unknown step \"down\"");
	refused("hardtack: 1\nsop:\n  - {up: {}, http: {}}\n", "a step is one kind");
	refused("hardtack: 1\nsop:\n  - wait_healthy: {timeout: soon}\n",
		"timeout must be a duration");
	refused("hardtack: 1\nsop:\n  - wait_healthy: {timeout: 0s}\n",
		"timeout must be a duration");
	refused("hardtack: 1\nsop:\n  - wait_log: {service: x}\n",
		"wait_log: the key \"match\" is missing");
	refused("hardtack: 1\nsop:\n  - wait_log\n", "wait_log: the key \"service\" is missing");
	refused("hardtack: 1\nsop:\n  - http: {expect: {status: ok}, get: x}\n",
		"status must be a number, or a list");
	refused("hardtack: 1\nsop:\n  - http: {get: x, post: y}\n",
		"one of get, post, put and delete");
	refused("hardtack: 1\nsop:\n  - http\n", "one of get, post, put and delete");
	refused("hardtack: 1\nsop:\n  - message\n", "message must be a text");
	refused("hardtack: 1\nknown_issues: [{match: x}]\n", "the key \"cause\" is missing");
	refused("hardtack: 1\nknown_issues:\n  - {match: \"a(b\", cause: c, remedy: r}\n",
		"hardtack.yaml:3");
	refused("hardtack: 1\nfallback: [v3, v2]\n", "hardtack.yaml:2: fallback must be a mapping");
	refused("hardtack: 1\nfallback: {name: v2}\n", "fallback must be a list");
	refused("hardtack: 1\nfallback:\n  - {name: v2}\n",
		"hardtack.yaml:3: fallback: the key \"compose\" is missing");
	refused("hardtack: 1\nfallback: [{compose: c.yaml}]\n",
		"fallback: the key \"name\" is missing");
	refused("hardtack: 1\nfallback: [{name: V2, compose: c.yaml}]\n",
		"\"V2\" is no name for a variant");
	refused("hardtack: 1\nfallback: [{name: a, compose: c.yaml}, {name: a, compose: d.yaml}]\n",
		"two variants have the name a");
	refused("hardtack: 1\nfallback: [{name: a, compose: c.yaml, fallback: []}]\n",
		"fallback: unknown key \"fallback\"");
	refused("hardtack: 1\nfallback: [{name: a, compose: c.yaml, mirrors: {}}]\n",
		"fallback: unknown key \"mirrors\"");
	refused("hardtack: 1\nhandoff: {en: ../x}\n", "../x lies outside");
	refused("- a\n", "the key \"hardtack\" is missing");
	refused("hardtack: 1\nhardtack: 1\n", "already defined on line 1");
}

TEST(a_variant_takes_what_it_does_not_say_from_above)
{
	struct err err = ERR_INIT;
	struct project_file *file = parse("hardtack: 1\n"
					  "fallback:\n"
					  "  - {name: v2, compose: compose.v2.yaml}\n"
					  "  - name: lite\n"
					  "    version: 0.9\n"
					  "    title: Lite\n"
					  "    compose: compose.lite.yaml\n"
					  "    env: env.lite\n"
					  "    files: []\n"
					  "    downloads: []\n"
					  "    sop: [up]\n"
					  "    known_issues: []\n"
					  "    preflight: {memory: 1GiB}\n"
					  "    handoff: LITE.md\n"
					  "version: 3.0\n"
					  "title: Stack\n"
					  "compose: compose.yaml\n"
					  "env: env.template\n"
					  "files: [client/]\n"
					  "downloads: [{url: \"https://e.example/x\", to: x}]\n"
					  "sop: [up, wait_healthy]\n"
					  "known_issues: [{match: a, cause: c, remedy: r}]\n"
					  "preflight: {memory: 2GiB}\n"
					  "handoff: NEXT.md\n",
		&err);
	CHECK(file && file->fallback_count == 2);
	if (!file)
		return;
	const struct project_file *two = &file->fallback[0], *lite = &file->fallback[1];
	CHECK_STR(two->variant, "v2");
	CHECK(!two->version && !two->title.en); /* another version has another name */
	CHECK_STR(two->compose, "compose.v2.yaml");
	CHECK_STR(two->env, "env.template");
	CHECK_STR(two->handoff.en, "NEXT.md");
	CHECK_STR(two->preflight_json, file->preflight_json);
	CHECK_STR(two->known_issues_json, file->known_issues_json);
	CHECK(two->file_count == 1 && two->download_count == 1 && two->step_count == 2);
	CHECK_STR(lite->version, "0.9");
	CHECK_STR(lite->title.en, "Lite");
	CHECK_STR(lite->env, "env.lite");
	CHECK_STR(lite->handoff.en, "LITE.md");
	CHECK_STR(lite->known_issues_json, "[]");
	CHECK(strcmp(lite->preflight_json, file->preflight_json) != 0);
	CHECK(lite->file_count == 0 && lite->download_count == 0 && lite->step_count == 1);
}
