/*
 * Parts of hardtack.yaml that travel as JSON: preflight, known issues, steps (step_schema.h). A
 * table a mapping says which keys there are and what they hold; what is not in it is refused with
 * file:line.
 */
#pragma once

#include "manifest.h"
#include "text.h"
#include "yaml_document.h"

enum project_schema_type {
	SCHEMA_TEXT,         /* a scalar -> string */
	SCHEMA_NUMBER,       /* an integer -> number */
	SCHEMA_NUMBERS,      /* one of low..high, or a list of such -> number or array */
	SCHEMA_BOOL,         /* true, false */
	SCHEMA_DURATION,     /* 90s, 5m, 1h or seconds -> string as written */
	SCHEMA_SIZE,         /* 2GiB, 512MiB, bytes, or auto -> number or "auto" */
	SCHEMA_SWITCH,       /* auto, true, false -> string "auto" or bool */
	SCHEMA_LOCAL,        /* a text, or {en: …, zh: …} -> object with en and zh */
	SCHEMA_TEXTS,        /* a list of scalars, or one -> array of strings */
	SCHEMA_TEXT_MAP,     /* name: scalar -> object of strings */
	SCHEMA_ANY,          /* any YAML -> the same JSON */
	SCHEMA_MAP,          /* a mapping with its own table */
	SCHEMA_SHORT_OR_MAP, /* the same; a scalar stands for its first key */
};

struct project_schema_field {
	const char *key;
	enum project_schema_type type;
	bool required;
	const struct project_schema_field *fields; /* of the mappings; ends with a NULL key */
	unsigned low, high;                        /* of SCHEMA_NUMBERS */
};

/* A row of a table, and its end. */
#define PROJECT_SCHEMA_FIELD(name, kind, ...) {.key = (name), .type = SCHEMA_##kind, ##__VA_ARGS__}
#define PROJECT_SCHEMA_END {.key = NULL}

/* Adds the node as JSON by its type. */
int project_schema_add_json(struct text *out, const struct yaml_document *document,
	struct yaml_node *node, const struct project_schema_field *field, struct err *err);

/* {memory, disk, ports}, one known issue, and the backup hook. */
extern const struct project_schema_field project_schema_preflight;
extern const struct project_schema_field project_schema_issue;
extern const struct project_schema_field project_schema_backup;

/* Fails with "file:line: text". */
int project_schema_fail(const struct yaml_document *document, const struct yaml_node *node,
	struct err *err, const char *format, ...) __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__
#define project_schema_fail(...) err_failed((project_schema_fail)(__VA_ARGS__))
#endif
