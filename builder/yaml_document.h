/*
 * One YAML document as a tree that remembers where everything is written.
 *
 * The only door to libyaml. Offsets are bytes of the input (libyaml counts characters), so that an
 * editor can replace a scalar and leave the rest of the file alone. Aliases stay visible as nodes
 * of their own; merge keys (<<) are ordinary pairs here, yaml_document's users resolve them.
 * Refused with file:line (CODE_INPUT): malformed YAML or UTF-8, a second document, duplicate keys,
 * keys that are not scalars, an alias inside its own anchor, and whatever passes the limits below.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"

enum {
	YAML_LIMIT_BYTES = 4 << 20,
	YAML_LIMIT_DEPTH = 64,
	YAML_LIMIT_NODES = 100000,
	YAML_LIMIT_ANCHORS = 2000,
	YAML_LIMIT_EXPANDED = 200000 /* nodes after aliases are followed: no alias bombs */
};

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING, YAML_ALIAS };
enum yaml_style { YAML_PLAIN, YAML_SINGLE_QUOTED, YAML_DOUBLE_QUOTED, YAML_LITERAL, YAML_FOLDED };

struct yaml_pair {
	struct yaml_node *key; /* a scalar */
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* of its first byte, from 1; the column counts characters */
	size_t begin, end;  /* bytes: with anchor and tag; block scalars without the last newline */
	const char *anchor; /* name without &, NULL: none */
	const char *tag;    /* "!reset", "tag:yaml.org,2002:str"; NULL: none */
	size_t expanded;    /* nodes below and including this one, aliases followed */

	/* YAML_SCALAR */
	enum yaml_style style;
	const char *text; /* NUL-terminated; the input has no NUL */
	size_t length;

	/* YAML_SEQUENCE, YAML_MAPPING */
	bool flow; /* [a, b] and {a: b} */
	struct yaml_node **items;
	struct yaml_pair *pairs;
	size_t count, capacity; /* of items or pairs */

	/* YAML_ALIAS: never an alias itself */
	struct yaml_node *target;
};

struct yaml_document {
	const char *name;  /* file name for errors, borrowed */
	const char *bytes; /* borrowed */
	size_t length;
	struct yaml_node *root; /* NULL: the document is empty */
};

/* name and bytes are borrowed for the life of the arena. NULL on failure. */
struct yaml_document *yaml_document_parse(
	struct arena *arena, const char *name, const char *bytes, size_t length, struct err *err);

/* The node itself, or what the alias stands for. */
static inline struct yaml_node *yaml_node_resolve(struct yaml_node *node)
{
	return node && node->kind == YAML_ALIAS ? node->target : node;
}

/* The pair with that key in a mapping itself (merge keys not looked into); NULL: none, or no
 * mapping. An alias is not followed. */
struct yaml_pair *yaml_node_pair(const struct yaml_node *mapping, const char *key);

/* Is it YAML's null: plain empty text, ~, null, Null, NULL? An explicit !!null counts too. */
bool yaml_node_is_null(const struct yaml_node *node);

/* Is the key the merge key: plain << or tagged so? */
bool yaml_node_is_merge_key(const struct yaml_node *key);
