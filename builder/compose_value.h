/*
 * A compose file's content as plain values: aliases and merge keys resolved, texts interpolated,
 * each value still knowing the node and the file it comes from. What `include` and `extends` merge.
 */
#pragma once

#include "compose_project.h"
#include "interpolation.h"
#include "variable_set.h"
#include "yaml_document.h"

enum compose_value_kind { COMPOSE_NULL, COMPOSE_SCALAR, COMPOSE_LIST, COMPOSE_MAP };

/* compose's own tags, for files that are merged over others. */
enum compose_value_tag { COMPOSE_TAG_NONE, COMPOSE_TAG_RESET, COMPOSE_TAG_OVERRIDE };

struct compose_field {
	const char *key;
	const struct yaml_node *key_node;
	const struct yaml_node *value_node; /* as written: an alias stays an alias */
	struct compose_value *value;
};

struct compose_value {
	enum compose_value_kind kind;
	enum compose_value_tag tag;
	const struct compose_file *file;
	const struct yaml_node *node; /* where it is written (an alias's target); never NULL */
	const char *text;             /* scalar: interpolated; null: "" */
	const char *raw;              /* scalar: as written */
	struct compose_value **items; /* list */
	struct compose_field *fields; /* map; own keys first, then merged ones */
	size_t count, capacity;
};

/* The value of a whole node. warnings (may be NULL) hears of variables without a value. */
struct compose_value *compose_value_new(struct arena *arena, const struct compose_file *file,
	struct yaml_node *node, const struct variable_set *variables, struct finding_list *warnings,
	struct err *err);

/* The field, NULL when there is none, when its value is null or tagged !reset, or when value is no
 * map (or NULL). */
struct compose_value *compose_value_get(const struct compose_value *value, const char *key);
/* The same, null values too. */
struct compose_field *compose_value_field(const struct compose_value *value, const char *key);

/* A list's items; anything else counts as a list of itself. */
static inline size_t compose_value_item_count(const struct compose_value *value)
{
	return value->kind == COMPOSE_LIST ? value->count : 1;
}
static inline struct compose_value *compose_value_item(struct compose_value *value, size_t i)
{
	return value->kind == COMPOSE_LIST ? value->items[i] : value;
}

struct compose_place compose_value_place(const struct compose_value *value);

/* The text of a scalar field; fallback when there is none. A list or map is an error. */
int compose_value_text(
	const struct compose_value *value, const char *key, const char **out, struct err *err);

/* A boolean as compose reads it (true, yes, on, y, 1, …); anything else is an error. NULL is
 * fallback. */
int compose_value_bool(
	const struct compose_value *value, bool fallback, bool *out, struct err *err);

/* Fails with "file:line: " before the text (CODE_INPUT); the format is a message key. */
int compose_value_fail(const struct compose_value *value, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The kind must be one of two (give the same twice for one); what is the English name of the
 * thing, e.g. "services". */
int compose_value_expect(const struct compose_value *value, enum compose_value_kind kind,
	enum compose_value_kind other, const char *what, struct err *err);
