/*
 * Parts of hardtack.yaml that travel as JSON: steps, preflight, known issues. A table a mapping
 * says which keys there are and what they hold; what is not in it is refused with file:line.
 */
#pragma once

#include "manifest.h"
#include "text.h"
#include "yaml_document.h"

enum project_schema_type {
	SCHEMA_TEXT,     /* a scalar -> string */
	SCHEMA_NUMBER,   /* an integer -> number */
	SCHEMA_BOOL,     /* true, false */
	SCHEMA_DURATION, /* 90s, 5m, 1h or seconds -> string as written */
	SCHEMA_SIZE,     /* 2GiB, 512MiB, bytes, or auto -> number or "auto" */
	SCHEMA_SWITCH,   /* auto, true, false -> string "auto" or bool */
	SCHEMA_LOCAL,    /* a text, or {en: …, zh: …} -> object with en and zh */
	SCHEMA_TEXTS,    /* a list of scalars, or one -> array of strings */
	SCHEMA_TEXT_MAP, /* name: scalar -> object of strings */
	SCHEMA_ANY,      /* any YAML -> the same JSON */
	SCHEMA_MAP       /* a mapping with its own table */
};

struct project_schema_field {
	const char *key;
	enum project_schema_type type;
	bool required;
	const struct project_schema_field *fields; /* of SCHEMA_MAP; ends with a NULL key */
};

/* Adds the node as JSON by its type; name is the key, for errors. */
int project_schema_add_json(struct text *out, const struct yaml_document *document,
	struct yaml_node *node, const struct project_schema_field *field, struct err *err);

/* A step ("- up: {}", "- up"): its kind and the JSON of its parameters. */
int project_schema_step(struct arena *arena, const struct yaml_document *document,
	struct yaml_node *node, struct manifest_step *step, struct err *err);

/* {memory, disk, ports} and one known issue. */
extern const struct project_schema_field project_schema_preflight;
extern const struct project_schema_field project_schema_issue;

/* Fails with "file:line: text". */
int project_schema_fail(const struct yaml_document *document, const struct yaml_node *node,
	struct err *err, const char *format, ...) __attribute__((format(printf, 4, 5)));
