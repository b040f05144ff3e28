/* Steps of hardtack.yaml: shapes and sense that are refused before anything is built. */
#include "check.h"

#include "file_io.h"
#include "step_schema.h"
#include "variable_set.h"

static struct arena *arena;
static struct variable_set variables;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
	variable_set_init(&variables, arena);
	variable_set_put(&variables, "PORT", "3000");
	variable_set_put(&variables, "API_TOKEN", "secret");
	variable_set_put(&variables, "ASKED", "");
	variable_set_put(&variables, "OTHER", "http://example.com");
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static bool has_service(const void *context, const char *name)
{
	(void)context;
	return strcmp(name, "web") == 0 || strcmp(name, "db") == 0;
}

static int check_with(const char *steps, bool pack_secrets, struct err *err)
{
	struct project_file *file = NULL;
	const struct step_world world = {&variables, has_service, NULL, pack_secrets};
	char *text = arena_printf(arena, "hardtack: 1\nsop:\n%s", steps);
	if (project_file_parse(arena, "hardtack.yaml", text, strlen(text), &file, err) < 0)
		return -1;
	return step_check(file, &world, arena, err);
}

static void takes(const char *steps)
{
	struct err err = ERR_INIT;
	CHECK_OK(check_with(steps, false, &err));
}

/* The first line of the steps is line 3. */
static void refused(const char *steps, const char *message)
{
	struct err err = ERR_INIT;
	CHECK_INT(check_with(steps, false, &err), -1);
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, message);
	CHECK_CONTAINS(err.text, "hardtack.yaml:");
}

#define GET "  - http:\n      get: \"http://127.0.0.1:${PORT}/\"\n"

TEST(steps_that_make_sense_are_taken)
{
	takes("  - up\n  - wait_healthy\n  - message: \"at ${PORT} $$5 ${NONE:-x}\"\n");
	takes("  - wait_log: {service: web, match: \"^Ready in [0-9]+\", required: false}\n");
	takes("  - exec: {service: db, command: [psql, -c, \"select $$1\"], env: {T: "
	      "\"${API_TOKEN}\"}, expect: {exit: [0, 3], output_match: x}}\n");
	takes(GET "      capture: {ID: \"data[0].id\"}\n  - http: {delete: "
		  "\"http://[::1]/${ID}/${HARDTACK_RUN_ID}?${HARDTACK_NOW}\", basic_auth: "
		  "\"me:${API_TOKEN}\"}\n");
	takes(GET
		"      basic_auth: {user: me, password: \"${API_TOKEN}\"}\n"
		"      headers: {Authorization: \"Bearer ${API_TOKEN}\", X-Key-Id: \"${PORT}\"}\n"
		"      body: [1, {a: \"${PORT}\"}]\n"
		"      expect: {status: [200, 207], header: {A: b, C: {match: \"^x\"}}, json: {$: "
		"{a: 1}}, contains: x, body_match: y}\n"
		"      retry: {for: 5m, every: 2s}\n      timeout: 3s\n      smoke: false\n");
	takes("  - http: {get: \"http://${ASKED}/\"}\n"); /* only the target knows */
}

TEST(shapes_are_checked)
{
	refused("  - http: {get: x, expect: {status: 100}}\n", "status must be a number");
	refused("  - http: {get: x, expect: {status: []}}\n", "status must be a number");
	refused("  - http: {get: x, expect: {status: [200, ok]}}\n", "status must be a number");
	refused("  - http: {get: x, retry: {every: 1s}}\n", "the key \"for\" is missing");
	refused("  - http: {get: x, retry: soon}\n", "for must be a duration");
	refused("  - http: {get: x, basic_auth: {user: a}}\n", "the key \"password\" is missing");
	refused("  - http: {get: x, capture: x}\n", "capture must be a mapping");
	refused("  - http: {get: x, follow: true}\n", "http: unknown key \"follow\"");
	refused("  - http: {get: x, smoke: maybe}\n", "this must be true or false");
	refused("  - exec: {service: db, command: []}\n", "command must be a list");
	refused("  - exec: {service: db, command: [a], expect: {exit: 256}}\n",
		"exit must be a number");
}

TEST(addresses_are_of_this_machine)
{
	refused("  - up\n  - http:\n      get: https://127.0.0.1/\n",
		"hardtack.yaml:5: https://127.0.0.1/: http steps do not speak https");
	refused("  - http: {get: \"https://127.0.0.1:${PORT}/${ASKED}\"}\n", "do not speak https");
	refused("  - http: {get: \"http://example.com/\"}\n", "is not an address of this machine");
	refused("  - http: {get: \"${OTHER}/x\"}\n", "is not an address of this machine");
	refused("  - http: {get: /health}\n", "is not an address like");
	refused("  - http: {get: \"http://u:p@127.0.0.1/\"}\n", "user:password@");
	refused("  - http: {get: \"http://127.0.0.1/ x\"}\n", "is not an address like");
}

TEST(variables_must_have_a_value_when_their_step_runs)
{
	refused("  - http:\n      get: \"http://127.0.0.1:${PROT}/\"\n",
		"hardtack.yaml:4: the variable PROT has no value");
	refused("  - message: {en: x, zh: \"${NO}\"}\n", "the variable NO has no value");
	refused("  - message: \"${BAD\"\n", "hardtack.yaml:3");
	refused(GET "      body: {a: [\"${NO}\"]}\n",
		"hardtack.yaml:5: the variable NO has no value");
	refused(GET "      headers: {A: \"${NO}\"}\n", "the variable NO has no value");
	refused(GET "      expect: {json: {a: {b: \"${NO}\"}}}\n", "the variable NO has no value");
	refused(GET "      expect: {header: {a: {match: \"${NO}\"}}}\n",
		"the variable NO has no value");
	refused("  - exec: {service: web, command: [\"${NO}\"]}\n", "the variable NO has no value");
	refused("  - http: {get: \"http://127.0.0.1/${ID}\"}\n" GET "      capture: {ID: id}\n",
		"hardtack.yaml:3: the variable ID has no value");
	refused(GET "      capture: {ID: id}\n      smoke: false\n"
		    "  - http: {get: \"http://127.0.0.1/${ID}\"}\n",
		"hardtack.yaml:7: the variable ID has no value");
	takes(GET "      capture: {ID: id}\n      smoke: false\n"
		  "  - http: {get: \"http://127.0.0.1/${ID}\", smoke: false}\n  - message: "
		  "\"${ID}\"\n");
}

TEST(names_paths_and_expressions_can_be_read)
{
	refused(GET "      capture: {A-B: id}\n", "\"A-B\" is not a name for a variable");
	refused(GET "      capture: {HARDTACK_X: id}\n", "is not a name for a variable");
	refused(GET "      capture: {A: \"a..b\"}\n", "hardtack.yaml:5: \"a..b\" is not a path");
	refused(GET "      expect: {json: {\"a b\": 1}}\n", "\"a b\" is not a path");
	refused(GET "      expect: {json: [1]}\n", "json must be a mapping");
	refused(GET "      expect: {header: [1]}\n", "header must be a mapping");
	refused(GET "      expect: {header: {A: {like: b}}}\n", "an expected header is a text");
	refused(GET "      expect: {header: {A: null}}\n", "an expected header is a text");
	refused(GET "      expect:\n        body_match: \"\\\\d+\"\n",
		"hardtack.yaml:6: the regular expression");
	refused("  - wait_log: {service: web, match: \"(\"}\n", "the regular expression");
	refused("  - wait_log: {service: wep, match: x}\n", "there is no service wep");
	refused("  - exec: {service: wep, command: [x]}\n", "there is no service wep");
	refused("  - exec: {service: web, command: [x], env: {DOCKER_HOST: x}}\n",
		"is not a name for a variable");
	refused("  - exec: {service: web, command: [x], env: {PATH: x}}\n",
		"is not a name for a variable");
	refused(GET "      basic_auth: nobody\n", "basic_auth must be");
}

TEST(secrets_are_neither_written_out_nor_in_command_lines)
{
	struct err err = ERR_INIT;
	refused(GET "      basic_auth: {user: me, password: hunter22}\n",
		"hardtack.yaml:5: password is written out");
	refused(GET "      basic_auth: me:hunter22\n", "PASSWORD is written out");
	refused(GET "      headers: {Authorization: Bearer x}\n", "written out");
	refused(GET "      headers: {X-Api-Key: abc}\n", "X-Api-Key is written out");
	refused("  - exec: {service: web, command: [x], env: {DB_PASSWORD: abc}}\n",
		"DB_PASSWORD is written out");
	refused("  - exec: {service: web, command: [login, \"-p${API_TOKEN}\"]}\n",
		"a secret in a command line");
	CHECK_OK(check_with(GET "      basic_auth: me:hunter22\n", true, &err));
}

TEST(the_manuals_example_is_taken)
{
	struct err err = ERR_INIT;
	char *manual;
	size_t length;
	CHECK_OK(
		file_read_all(TEST_DATA "/../docs/sop.md", 1 << 20, arena, &manual, &length, &err));
	const char *begin = strstr(manual, "```yaml\nhardtack: 1\nsop:\n");
	const char *end = begin ? strstr(begin + 3, "```") : NULL;
	CHECK(end != NULL);
	if (!end)
		return;
	begin += strlen("```yaml\nhardtack: 1\nsop:\n");
	takes(arena_strndup(arena, begin, (size_t)(end - begin)));
	CHECK(strstr(begin, "  - message:") && strstr(begin, "  - message:") < end);
}
