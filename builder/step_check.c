/* The sense of steps: what can be known of them before they run. */
#include <string.h>

#include "json_path.h"
#include "loopback_url.h"
#include "message.h"
#include "pattern.h"
#include "secret_check.h"
#include "step_schema.h"
#include "step_text.h"

enum { MAX_WORDS = 100, MAX_VARIABLES = 50 };

struct check {
	struct arena *arena;
	const struct project_file *file;
	const struct step_world *world;
	struct variable_set known; /* to the step at hand */
	bool smoke;                /* as the verb smoke runs them: some are left out */
	struct err *err;
};

/* Puts file:line before an error that a parser of texts has made. */
static int fail_at(const struct check *check, const struct yaml_node *node)
{
	return err_wrap(check->err, "%s:%u", check->file->path, node->line);
}

static const char *expand(
	const struct check *check, const struct yaml_node *node, enum step_text_kind kind)
{
	struct err *err = check->err;
	const char *out = step_text_expand(check->arena, node->text, kind, &check->known, err);
	if (out)
		return out;
	fail_at(check, node);
	if (check->smoke)
		err_hint(err, "the verb smoke leaves steps with smoke: false out, and what they "
			      "capture");
	else
		err_hint(err, "give it a value in the env file (env:), capture it in an earlier "
			      "step, or write ${NAME:-default}; $$ is a dollar sign");
	return NULL;
}

static struct yaml_node *member(const struct yaml_node *map, const char *key)
{
	struct yaml_pair *pair = map ? yaml_node_pair(map, key) : NULL;
	return pair ? yaml_node_resolve(pair->value) : NULL;
}

static int check_text(const struct check *check, const struct yaml_node *node)
{
	return !node || expand(check, node, STEP_TEXT_PLAIN) ? 0 : -1;
}

/* Every text in it: a body, expected values. */
static int check_texts(const struct check *check, struct yaml_node *node)
{
	node = yaml_node_resolve(node);
	if (!node)
		return 0;
	if (node->kind == YAML_SCALAR)
		return check_text(check, node);
	for (size_t i = 0; i < node->count; i++) {
		bool map = node->kind == YAML_MAPPING;
		if (check_texts(check, map ? node->pairs[i].value : node->items[i]) < 0)
			return -1;
	}
	return 0;
}

static int check_pattern(const struct check *check, const struct yaml_node *node)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	const char *text = node ? expand(check, node, STEP_TEXT_PATTERN) : NULL;
	if (!node)
		return 0;
	if (!text)
		return -1;
	return pattern_compile(&pattern, text, check->err) < 0 ? fail_at(check, node) : 0;
}

/* Does it need one of the variables that `leave_out` picks? */
static bool needs(const struct check *check, const char *text,
	bool (*leave_out)(const struct variable *variable))
{
	struct variable_set others;
	struct err ignored = ERR_INIT;
	variable_set_init(&others, check->arena);
	for (size_t i = 0; i < check->known.count; i++)
		if (!leave_out(&check->known.items[i]))
			variable_set_put(
				&others, check->known.items[i].name, check->known.items[i].value);
	return !step_text_expand(check->arena, text, STEP_TEXT_PLAIN, &others, &ignored);
}

static bool is_empty(const struct variable *variable)
{
	return !variable->value[0];
}

static bool is_secret(const struct variable *variable)
{
	return secret_check_name(variable->name);
}

/* Is there a variable in "http://host:port"? */
static bool has_open_authority(const char *text)
{
	size_t scheme = text_starts_with(text, "http://") ? strlen("http://") : 0;
	size_t end = scheme ? scheme + strcspn(text + scheme, "/?") : strlen(text);
	return !text_starts_with(text, "https://") && strcspn(text, "$") < end;
}

/* With an answer of the person in the host or port, only the target can know the address. */
static int check_address(const struct check *check, const struct yaml_node *node)
{
	struct loopback_url url;
	const char *text = expand(check, node, STEP_TEXT_URL);
	if (!text)
		return -1;
	if (has_open_authority(node->text) && needs(check, node->text, is_empty))
		return 0;
	return loopback_url_parse(check->arena, text, &url, check->err) < 0 ? fail_at(check, node)
									    : 0;
}

static int check_path(const struct check *check, const struct yaml_node *node)
{
	return json_path_check(node->text, check->err) < 0 ? fail_at(check, node) : 0;
}

static bool has_reference(const char *text)
{
	for (; *text; text++)
		if (interpolation_reference_length(text) > 0 && text[1] != '$')
			return true;
	return false;
}

/* A password in hardtack.yaml would travel with the file. */
static int check_secret(const struct check *check, const char *name, const struct yaml_node *node)
{
	if (check->world->pack_secrets || !node || has_reference(node->text) ||
		!secret_check_name(name) || !secret_check_value(name, node->text))
		return 0;
	project_schema_fail(check->file->document, node, check->err,
		"%s is written out; secrets do not travel unasked", name);
	return err_hint(check->err, "put it into the env file and write ${NAME} here, or allow it "
				    "with --pack-secrets");
}

static int check_named_texts(const struct check *check, const struct yaml_node *map, size_t limit)
{
	for (size_t i = 0; map && i < map->count; i++) {
		const struct yaml_node *value = yaml_node_resolve(map->pairs[i].value);
		const char *name = map->pairs[i].key->text;
		bool authorization = text_equal_ignoring_case(name, "Authorization") ||
				     text_equal_ignoring_case(name, "Cookie");
		if (i >= limit)
			return project_schema_fail(check->file->document, value, check->err,
				"more than %zu of them", limit);
		if (check_text(check, value) < 0 ||
			check_secret(check, authorization ? "TOKEN" : name, value) < 0)
			return -1;
	}
	return 0;
}

/* {Name: text, Name: {match: expression}} */
static int check_expected_headers(const struct check *check, const struct yaml_node *map)
{
	if (map && map->kind != YAML_MAPPING)
		return project_schema_fail(check->file->document, map, check->err,
			"%s must be a mapping (name: value)", "header");
	for (size_t i = 0; map && i < map->count; i++) {
		struct yaml_node *value = yaml_node_resolve(map->pairs[i].value);
		struct yaml_node *match = member(value, "match");
		bool pattern = value->kind == YAML_MAPPING && value->count == 1 && match &&
			       match->kind == YAML_SCALAR;
		if (!pattern && (value->kind != YAML_SCALAR || yaml_node_is_null(value)))
			return project_schema_fail(check->file->document, value, check->err,
				"an expected header is a text, or {match: regular expression}");
		if ((pattern ? check_pattern(check, match) : check_text(check, value)) < 0)
			return -1;
	}
	return 0;
}

/* {path: value} */
static int check_expected_json(const struct check *check, struct yaml_node *map)
{
	if (map && map->kind != YAML_MAPPING)
		return project_schema_fail(check->file->document, map, check->err,
			"%s must be a mapping (path: value)", "json");
	for (size_t i = 0; map && i < map->count; i++)
		if (check_path(check, map->pairs[i].key) < 0)
			return -1;
	return check_texts(check, map);
}

static bool is_variable_name(const char *name)
{
	return *name && strchr("0123456789", *name) == NULL &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
		       strlen(name);
}

static int take_captures(struct check *check, const struct yaml_node *map)
{
	for (size_t i = 0; map && i < map->count; i++) {
		const struct yaml_node *key = map->pairs[i].key;
		if (!is_variable_name(key->text) || text_starts_with(key->text, "HARDTACK_"))
			return project_schema_fail(check->file->document, key, check->err,
				"\"%s\" is not a name for a variable", key->text);
		if (check_path(check, yaml_node_resolve(map->pairs[i].value)) < 0)
			return -1;
		variable_set_put(&check->known, key->text, "captured");
	}
	return 0;
}

/* "user:password", or {user, password}. */
static int check_basic_auth(const struct check *check, const struct yaml_node *auth)
{
	if (!auth || auth->kind == YAML_MAPPING)
		return check_named_texts(check, auth, MAX_VARIABLES);
	const char *text = expand(check, auth, STEP_TEXT_PLAIN);
	if (!text)
		return -1;
	if (!strchr(text, ':'))
		return project_schema_fail(check->file->document, auth, check->err,
			"basic_auth must be \"user:password\", or {user: text, password: text}");
	return check_secret(check, "PASSWORD", auth);
}

static int check_http(struct check *check, const struct yaml_node *step)
{
	static const char *const methods[] = {"get", "post", "put", "delete"};
	const struct yaml_node *expect = member(step, "expect");
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (member(step, methods[i]) && check_address(check, member(step, methods[i])) < 0)
			return -1;
	if (check_named_texts(check, member(step, "headers"), MAX_VARIABLES) < 0 ||
		check_basic_auth(check, member(step, "basic_auth")) < 0 ||
		check_texts(check, member(step, "body")) < 0 ||
		check_expected_headers(check, member(expect, "header")) < 0 ||
		check_expected_json(check, member(expect, "json")) < 0 ||
		check_text(check, member(expect, "contains")) < 0 ||
		check_pattern(check, member(expect, "body_match")) < 0)
		return -1;
	return take_captures(check, member(step, "capture"));
}

static int check_service(const struct check *check, const struct yaml_node *node)
{
	if (check->world->has_service(check->world->context, node->text))
		return 0;
	return project_schema_fail(
		check->file->document, node, check->err, "there is no service %s", node->text);
}

/* Everybody on the machine can read command lines. */
static int check_word(const struct check *check, const struct yaml_node *word)
{
	if (check_text(check, word) < 0)
		return -1;
	if (!needs(check, word->text, is_secret))
		return 0;
	project_schema_fail(check->file->document, word, check->err,
		"a secret in a command line can be read by everybody on the machine");
	return err_hint(check->err, "hand it over as a variable: env: {NAME: \"${NAME}\"}; $$NAME "
				    "is left to the service's own shell");
}

static int check_exec(struct check *check, struct yaml_node *step)
{
	struct yaml_node *command = member(step, "command");
	const struct yaml_node *expect = member(step, "expect");
	const struct yaml_node *env = member(step, "env");
	bool list = command->kind == YAML_SEQUENCE;
	if (check_service(check, member(step, "service")) < 0)
		return -1;
	if (list && command->count > MAX_WORDS)
		return project_schema_fail(check->file->document, command, check->err,
			"more than %zu of them", (size_t)MAX_WORDS);
	for (size_t i = 0; i < (list ? command->count : 1); i++)
		if (check_word(check, list ? yaml_node_resolve(command->items[i]) : command) < 0)
			return -1;
	for (size_t i = 0; env && i < env->count; i++)
		if (!is_variable_name(env->pairs[i].key->text) ||
			text_starts_with(env->pairs[i].key->text, "DOCKER_") ||
			strcmp(env->pairs[i].key->text, "PATH") == 0 ||
			strcmp(env->pairs[i].key->text, "HOME") == 0)
			return project_schema_fail(check->file->document, env->pairs[i].key,
				check->err, "\"%s\" is not a name for a variable",
				env->pairs[i].key->text);
	if (check_named_texts(check, env, MAX_VARIABLES) < 0 ||
		check_text(check, member(expect, "contains")) < 0)
		return -1;
	return check_pattern(check, member(expect, "output_match"));
}

static int check_step(struct check *check, struct yaml_node *step)
{
	step = yaml_node_resolve(step);
	if (step->kind != YAML_MAPPING)
		return 0; /* "- up": nothing is said */
	const char *kind = step->pairs[0].key->text;
	struct yaml_node *value = yaml_node_resolve(step->pairs[0].value);
	const struct yaml_node *again = member(value, "smoke");
	bool http = strcmp(kind, "http") == 0, exec = strcmp(kind, "exec") == 0;
	if (check->smoke && ((!http && !exec) || (again && strcmp(again->text, "false") == 0)))
		return 0;
	if (http)
		return check_http(check, value);
	if (exec)
		return check_exec(check, value);
	if (strcmp(kind, "message") == 0)
		return check_texts(check, value);
	if (strcmp(kind, "wait_log") != 0)
		return 0;
	if (check_service(check, member(value, "service")) < 0)
		return -1;
	return check_pattern(check, member(value, "match"));
}

int step_check(const struct project_file *file, const struct step_world *world, struct arena *arena,
	struct err *err)
{
	struct check check = {.arena = arena, .file = file, .world = world, .err = err};
	for (int smoke = 0; (file->sop || file->backup) && smoke < 2; smoke++) {
		check.smoke = smoke == 1;
		variable_set_init(&check.known, arena);
		for (size_t i = 0; i < world->variables->count; i++)
			variable_set_put(&check.known, world->variables->items[i].name,
				world->variables->items[i].value);
		for (size_t i = 0; step_text_builtins[i]; i++)
			variable_set_put(&check.known, step_text_builtins[i], "built-in");
		/* Before any step's captures: a backup has none. */
		if (file->backup && (check_exec(&check, member(file->backup, "exec")) < 0 ||
					    check_exec(&check, member(file->backup, "restore")) < 0))
			return -1;
		for (size_t i = 0; file->sop && i < file->sop->count; i++)
			if (check_step(&check, file->sop->items[i]) < 0)
				return -1;
	}
	return 0;
}
