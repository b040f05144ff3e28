/* hardtack.yaml's typed parts -> JSON. */
#include "project_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "number.h"

typedef const struct project_schema_field field_table[];

#define FIELD PROJECT_SCHEMA_FIELD
#define END PROJECT_SCHEMA_END

static field_table preflight = {
	FIELD("memory", SIZE),
	FIELD("disk", SIZE),
	FIELD("ports", SWITCH),
	END,
};
static field_table issue = {
	FIELD("service", TEXT),
	FIELD("match", TEXT, .required = true),
	FIELD("cause", LOCAL, .required = true),
	FIELD("remedy", LOCAL, .required = true),
	END,
};

static field_table hook_command = {
	FIELD("service", TEXT, .required = true),
	FIELD("command", TEXTS, .required = true),
	FIELD("env", TEXT_MAP),
	END,
};
static field_table backup = {
	FIELD("exec", MAP, .required = true, .fields = hook_command),
	FIELD("restore", MAP, .required = true, .fields = hook_command),
	FIELD("volumes", TEXTS),
	END,
};

const struct project_schema_field project_schema_preflight =
	FIELD("preflight", MAP, .fields = preflight);
const struct project_schema_field project_schema_issue =
	FIELD("known_issues", MAP, .fields = issue);
const struct project_schema_field project_schema_backup = FIELD("backup", MAP, .fields = backup);

int(project_schema_fail)(const struct yaml_document *document, const struct yaml_node *node,
	struct err *err, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), T(format), ap);
	va_end(ap);
	return err_set(err, CODE_INPUT, "%s:%u: %s", document->name, node->line, text);
}

static bool is_scalar(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !yaml_node_is_null(node);
}

/* Digits, then what follows them. */
static bool split_number(const char *text, uint64_t *number, const char **unit)
{
	char digits[20];
	size_t n = strspn(text, "0123456789");
	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	*unit = text + n;
	return number_parse_u64(digits, number);
}

static bool is_duration(const char *text)
{
	uint64_t number;
	const char *unit;
	return split_number(text, &number, &unit) && number > 0 && number < 1000000 &&
	       (!*unit || (strchr("smh", *unit) && !unit[1]));
}

static bool parse_size(const char *text, uint64_t *bytes)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
	const char *unit;
	if (!split_number(text, bytes, &unit))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit, units[i]) != 0)
			continue;
		if (*bytes >> (63 - 10 * i))
			return false;
		*bytes <<= 10 * i;
		return true;
	}
	return false;
}

/* RFC 8259's numbers: what YAML's plain scalars may be in JSON without quotes. */
static bool is_json_number(const char *text)
{
	const char *at = text + (*text == '-');
	size_t n = strspn(at, "0123456789");
	if (n == 0 || n > 18 || (n > 1 && *at == '0'))
		return false;
	at += n;
	if (*at == '.') {
		n = strspn(at + 1, "0123456789");
		if (n == 0 || n > 18)
			return false;
		at += n + 1;
	}
	return !*at;
}

static void add_any_scalar(struct text *out, const struct yaml_node *node)
{
	bool plain = node->style == YAML_PLAIN && !node->tag;
	if (yaml_node_is_null(node))
		text_add(out, "null");
	else if (plain && (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0 ||
				  is_json_number(node->text)))
		text_add(out, node->text);
	else
		text_add_json(out, node->text);
}

static void add_any(struct text *out, struct yaml_node *node)
{
	node = yaml_node_resolve(node);
	bool map = node->kind == YAML_MAPPING;
	if (node->kind == YAML_SCALAR) {
		add_any_scalar(out, node);
		return;
	}
	text_add(out, map ? "{" : "[");
	for (size_t i = 0; i < node->count; i++) {
		text_add(out, i ? "," : "");
		if (map) {
			text_add_json(out, node->pairs[i].key->text);
			text_add(out, ":");
		}
		add_any(out, map ? node->pairs[i].value : node->items[i]);
	}
	text_add(out, map ? "}" : "]");
}

/* One text serves both languages. */
static int add_local(struct text *out, const struct yaml_document *document,
	const struct yaml_node *node, const char *key, struct err *err)
{
	static field_table languages = {FIELD("en", TEXT), FIELD("zh", TEXT), END};
	static const struct project_schema_field map = FIELD("", MAP, .fields = languages);
	if (is_scalar(node)) {
		text_add(out, "{\"en\":");
		text_add_json(out, node->text);
		text_add(out, "}");
		return 0;
	}
	if (node->kind != YAML_MAPPING || node->count == 0)
		return project_schema_fail(
			document, node, err, "%s must be a text, or {en: text, zh: text}", key);
	return project_schema_add_json(out, document, (struct yaml_node *)node, &map, err);
}

static int fail_unknown(const struct yaml_document *document, const struct yaml_node *key,
	const struct project_schema_field *field, struct err *err)
{
	AUTO_TEXT known = TEXT_INIT;
	for (const struct project_schema_field *f = field->fields; f->key; f++)
		text_addf(&known, "%s%s", known.length ? ", " : "", f->key);
	project_schema_fail(
		document, key, err, "%s: unknown key \"%s\"", field->key, key->text);
	return err_hint(err, "keys are: %s", known.bytes);
}

static int add_map(struct text *out, const struct yaml_document *document,
	const struct yaml_node *node, const struct project_schema_field *field, struct err *err)
{
	bool first = true;
	if (yaml_node_is_null(node)) {
		text_add(out, "{}");
		return 0;
	}
	if (node->kind != YAML_MAPPING)
		return project_schema_fail(
			document, node, err, "%s must be a mapping (name: value)", field->key);
	for (size_t i = 0; i < node->count; i++) {
		bool known = false;
		for (const struct project_schema_field *f = field->fields; f->key && !known; f++)
			known = strcmp(f->key, node->pairs[i].key->text) == 0;
		if (!known)
			return fail_unknown(document, node->pairs[i].key, field, err);
	}
	text_add(out, "{");
	for (const struct project_schema_field *f = field->fields; f->key; f++) {
		const struct yaml_pair *pair = yaml_node_pair(node, f->key);
		if (!pair && f->required)
			return project_schema_fail(document, node, err,
				"%s: the key \"%s\" is missing", field->key, f->key);
		if (!pair)
			continue;
		text_add(out, first ? "" : ",");
		first = false;
		text_add_json(out, f->key);
		text_add(out, ":");
		if (project_schema_add_json(out, document, pair->value, f, err) < 0)
			return -1;
	}
	text_add(out, "}");
	return 0;
}

/* Settings that may be written short: the text alone is the first of the mapping's keys. */
static int add_short_or_map(struct text *out, const struct yaml_document *document,
	struct yaml_node *node, const struct project_schema_field *field, struct err *err)
{
	if (!is_scalar(node))
		return add_map(out, document, node, field, err);
	const struct project_schema_field *first = field->fields;
	text_add(out, "{");
	text_add_json(out, first->key);
	text_add(out, ":");
	if (project_schema_add_json(out, document, node, first, err) < 0)
		return -1;
	text_add(out, "}");
	return 0;
}

static int add_numbers(struct text *out, const struct yaml_document *document,
	const struct yaml_node *node, const struct project_schema_field *field, struct err *err)
{
	static const char text[] = N_T("%s must be a number, or a list of numbers");
	uint64_t number;
	bool list = node->kind == YAML_SEQUENCE && node->count > 0;
	text_add(out, list ? "[" : "");
	for (size_t i = 0; i < (list ? node->count : 1); i++) {
		const struct yaml_node *item = list ? yaml_node_resolve(node->items[i]) : node;
		if (!is_scalar(item) || !number_parse_u64(item->text, &number) ||
			number < field->low || number > field->high)
			return project_schema_fail(document, item, err, text, field->key);
		text_addf(out, "%s%llu", i ? "," : "", (unsigned long long)number);
	}
	text_add(out, list ? "]" : "");
	return 0;
}

static int add_texts(struct text *out, const struct yaml_document *document,
	const struct yaml_node *node, const char *key, struct err *err)
{
	text_add(out, "[");
	if (is_scalar(node))
		text_add_json(out, node->text);
	else if (node->kind != YAML_SEQUENCE || node->count == 0)
		return project_schema_fail(document, node, err, "%s must be a list of texts", key);
	for (size_t i = 0; i < node->count && node->kind == YAML_SEQUENCE; i++) {
		const struct yaml_node *item = yaml_node_resolve(node->items[i]);
		if (!is_scalar(item))
			return project_schema_fail(
				document, item, err, "%s must be a list of texts", key);
		text_add(out, i ? "," : "");
		text_add_json(out, item->text);
	}
	text_add(out, "]");
	return 0;
}

static int add_text_map(struct text *out, const struct yaml_document *document,
	const struct yaml_node *node, const char *key, struct err *err)
{
	if (node->kind != YAML_MAPPING)
		return project_schema_fail(
			document, node, err, "%s must be a mapping (name: value)", key);
	text_add(out, "{");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *value = yaml_node_resolve(node->pairs[i].value);
		if (!is_scalar(value))
			return project_schema_fail(document, value, err, "%s must be a text",
				node->pairs[i].key->text);
		text_add(out, i ? "," : "");
		text_add_json(out, node->pairs[i].key->text);
		text_add(out, ":");
		text_add_json(out, value->text);
	}
	text_add(out, "}");
	return 0;
}

static int add_scalar(struct text *out, const struct yaml_document *document,
	const struct yaml_node *node, const struct project_schema_field *field, struct err *err)
{
	uint64_t number;
	if (!is_scalar(node))
		return project_schema_fail(document, node, err, "%s must be a text", field->key);
	bool boolean = strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0;
	bool automatic = strcmp(node->text, "auto") == 0;
	if (field->type == SCHEMA_NUMBER && !number_parse_u64(node->text, &number))
		return project_schema_fail(document, node, err, "%s must be a number", field->key);
	if (field->type == SCHEMA_BOOL && !boolean)
		return project_schema_fail(document, node, err, "this must be true or false");
	if (field->type == SCHEMA_DURATION && !is_duration(node->text))
		return project_schema_fail(document, node, err,
			"%s must be a duration such as 90s, 5m or 1h", field->key);
	if (field->type == SCHEMA_SWITCH && !boolean && !automatic)
		return project_schema_fail(
			document, node, err, "%s must be auto, true or false", field->key);
	if (field->type == SCHEMA_SIZE && !automatic && !parse_size(node->text, &number))
		return project_schema_fail(document, node, err,
			"%s must be a size such as 512MiB or 2GiB, or auto", field->key);
	if (field->type == SCHEMA_NUMBER || (field->type == SCHEMA_SIZE && !automatic))
		text_addf(out, "%llu", (unsigned long long)number);
	else if (boolean && (field->type == SCHEMA_BOOL || field->type == SCHEMA_SWITCH))
		text_add(out, node->text);
	else
		text_add_json(out, node->text);
	return 0;
}

int project_schema_add_json(struct text *out, const struct yaml_document *document,
	struct yaml_node *node, const struct project_schema_field *field, struct err *err)
{
	node = yaml_node_resolve(node);
	switch (field->type) {
	case SCHEMA_LOCAL:
		return add_local(out, document, node, field->key, err);
	case SCHEMA_TEXTS:
		return add_texts(out, document, node, field->key, err);
	case SCHEMA_TEXT_MAP:
		return add_text_map(out, document, node, field->key, err);
	case SCHEMA_MAP:
		return add_map(out, document, node, field, err);
	case SCHEMA_SHORT_OR_MAP:
		return add_short_or_map(out, document, node, field, err);
	case SCHEMA_NUMBERS:
		return add_numbers(out, document, node, field, err);
	case SCHEMA_ANY:
		add_any(out, node);
		return 0;
	default:
		return add_scalar(out, document, node, field, err);
	}
}
