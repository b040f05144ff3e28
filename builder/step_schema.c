/* The shape of steps. */
#include "step_schema.h"

#include <string.h>

#include "message.h"

typedef const struct project_schema_field field_table[];

#define FIELD PROJECT_SCHEMA_FIELD
#define END PROJECT_SCHEMA_END

static field_table none = {END};
static field_table wait_healthy = {FIELD("timeout", DURATION), END};
static field_table wait_log = {
	FIELD("service", TEXT, .required = true),
	FIELD("match", TEXT, .required = true),
	FIELD("required", BOOL),
	FIELD("timeout", DURATION),
	END,
};
static field_table retry = {
	FIELD("for", DURATION, .required = true),
	FIELD("every", DURATION),
	END,
};
static field_table basic_auth = {
	FIELD("pair", TEXT), /* "user:password", written short */
	FIELD("user", TEXT, .required = true),
	FIELD("password", TEXT, .required = true),
	END,
};
static field_table http_expect = {
	FIELD("status", NUMBERS, .low = 200, .high = 599),
	FIELD("header", ANY),
	FIELD("json", ANY),
	FIELD("contains", TEXT),
	FIELD("body_match", TEXT),
	END,
};
static field_table http = {
	FIELD("name", LOCAL),
	FIELD("get", TEXT),
	FIELD("post", TEXT),
	FIELD("put", TEXT),
	FIELD("delete", TEXT),
	FIELD("headers", TEXT_MAP),
	FIELD("basic_auth", SHORT_OR_MAP, .fields = basic_auth),
	FIELD("body", ANY),
	FIELD("expect", MAP, .fields = http_expect),
	FIELD("capture", TEXT_MAP),
	FIELD("retry", SHORT_OR_MAP, .fields = retry),
	FIELD("timeout", DURATION),
	FIELD("smoke", BOOL),
	END,
};
static field_table exec_expect = {
	FIELD("exit", NUMBERS, .low = 0, .high = 255),
	FIELD("contains", TEXT),
	FIELD("output_match", TEXT),
	END,
};
static field_table exec = {
	FIELD("name", LOCAL),
	FIELD("service", TEXT, .required = true),
	FIELD("command", TEXTS, .required = true),
	FIELD("env", TEXT_MAP),
	FIELD("expect", MAP, .fields = exec_expect),
	FIELD("retry", SHORT_OR_MAP, .fields = retry),
	FIELD("timeout", DURATION),
	FIELD("smoke", BOOL),
	END,
};

/* The kinds of steps; message is a text alone. */
static field_table steps = {
	FIELD("up", MAP, .fields = none),
	FIELD("wait_healthy", MAP, .fields = wait_healthy),
	FIELD("wait_log", MAP, .fields = wait_log),
	FIELD("http", MAP, .fields = http),
	FIELD("exec", MAP, .fields = exec),
	FIELD("message", LOCAL),
	END,
};

static const struct project_schema_field *find_step(const char *kind)
{
	for (const struct project_schema_field *field = steps; field->key; field++)
		if (strcmp(field->key, kind) == 0)
			return field;
	return NULL;
}

/* An http step asks one thing. */
static int check_http(
	const struct yaml_document *document, const struct yaml_node *node, struct err *err)
{
	static const char *const methods[] = {"get", "post", "put", "delete"};
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		count += yaml_node_pair(node, methods[i]) != NULL;
	if (count == 1)
		return 0;
	return project_schema_fail(
		document, node, err, "an http step has one of get, post, put and delete");
}

int step_schema_parse(struct arena *arena, const struct yaml_document *document,
	struct yaml_node *node, struct manifest_step *step, struct err *err)
{
	node = yaml_node_resolve(node);
	bool bare = node->kind == YAML_SCALAR && !yaml_node_is_null(node);
	if (!bare && (node->kind != YAML_MAPPING || node->count != 1))
		return project_schema_fail(
			document, node, err, "a step is one kind with its settings: - up: {}");
	const struct yaml_node *key = bare ? node : node->pairs[0].key;
	const struct project_schema_field *field = find_step(key->text);
	if (!field) {
		project_schema_fail(document, key, err, "unknown step \"%s\"", key->text);
		return err_hint(
			err, "there are up, wait_healthy, wait_log, http, exec and message");
	}
	AUTO_TEXT json = TEXT_INIT;
	struct yaml_node empty = {.kind = YAML_MAPPING, .line = node->line};
	struct yaml_node *value = bare ? &empty : yaml_node_resolve(node->pairs[0].value);
	if (bare && field->type != SCHEMA_MAP)
		return project_schema_fail(document, node, err, "%s must be a text", key->text);
	if (project_schema_add_json(&json, document, value, field, err) < 0 ||
		(strcmp(key->text, "http") == 0 && check_http(document, value, err) < 0))
		return -1;
	step->kind = field->key;
	step->json = arena_strdup(arena, json.bytes);
	return 0;
}
