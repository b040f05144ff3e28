/* YAML text -> tree with byte positions, by libyaml's events. */
#include "yaml_document.h"

#include <stdint.h>
#include <string.h>
#include <yaml.h>

#include "text.h"

enum { CHECKPOINT = 64 };

struct frame {
	struct yaml_node *node;
	struct yaml_node *key; /* of a mapping: read, its value is not */
};

struct reader {
	struct arena *arena;
	struct yaml_document *document;
	struct err *err;
	yaml_parser_t parser;
	uint32_t *checkpoints; /* byte offset of every 64th character */
	size_t checkpoint_count;
	struct frame stack[YAML_LIMIT_DEPTH];
	size_t depth;
	size_t node_count;
	struct yaml_node **anchors; /* in order; the last of a name counts */
	size_t anchor_count, anchor_capacity;
};

static int fail_at(struct reader *reader, size_t line, const char *format)
{
	return err_set(reader->err, CODE_INPUT, format, reader->document->name, (unsigned)line);
}

/* Bytes of the UTF-8 sequence that starts with lead; the text was checked before. */
static size_t sequence_length(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* libyaml does not count a byte order mark at the start. */
static size_t bom_length(const struct yaml_document *document)
{
	return document->length >= 3 && memcmp(document->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void checkpoints_build(struct reader *reader)
{
	const struct yaml_document *document = reader->document;
	reader->checkpoints = xmalloc((document->length / CHECKPOINT + 2) * sizeof(uint32_t));
	size_t character = 0;
	for (size_t at = bom_length(document); at < document->length; character++) {
		if (character % CHECKPOINT == 0)
			reader->checkpoints[reader->checkpoint_count++] = (uint32_t)at;
		at += sequence_length((unsigned char)document->bytes[at]);
	}
}

static size_t byte_offset(const struct reader *reader, size_t character)
{
	const struct yaml_document *document = reader->document;
	if (character / CHECKPOINT >= reader->checkpoint_count)
		return document->length;
	size_t at = reader->checkpoints[character / CHECKPOINT];
	for (size_t i = character % CHECKPOINT; i > 0 && at < document->length; i--)
		at += sequence_length((unsigned char)document->bytes[at]);
	return at < document->length ? at : document->length;
}

static struct yaml_node *node_new(struct reader *reader, enum yaml_kind kind,
	const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	size_t line = event->start_mark.line + 1;
	if (++reader->node_count > YAML_LIMIT_NODES) {
		fail_at(reader, line, "%s:%u: the file has too many nodes");
		return NULL;
	}
	if (anchor && reader->anchor_count == YAML_LIMIT_ANCHORS) {
		fail_at(reader, line, "%s:%u: the file has too many anchors");
		return NULL;
	}
	struct yaml_node *node = ARENA_NEW(reader->arena, struct yaml_node);
	node->kind = kind;
	node->line = (unsigned)line;
	node->column = (unsigned)event->start_mark.column + 1;
	node->begin = byte_offset(reader, event->start_mark.index);
	node->end = byte_offset(reader, event->end_mark.index);
	node->expanded = 1;
	node->anchor = anchor ? arena_strdup(reader->arena, (const char *)anchor) : NULL;
	node->tag = tag ? arena_strdup(reader->arena, (const char *)tag) : NULL;
	if (anchor)
		*ARENA_PUSH(reader->arena, reader->anchors, reader->anchor_count,
			reader->anchor_capacity) = node;
	return node;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a;
	const struct yaml_node *y = *(struct yaml_node *const *)b;
	int order = strcmp(x->text, y->text);
	return order ? order : x->begin < y->begin ? -1 : x->begin > y->begin;
}

static int check_duplicates(struct reader *reader, const struct yaml_node *mapping)
{
	if (mapping->count < 2)
		return 0;
	AUTO_FREE struct yaml_node **keys = xmalloc(mapping->count * sizeof(*keys));
	for (size_t i = 0; i < mapping->count; i++)
		keys[i] = mapping->pairs[i].key;
	qsort(keys, mapping->count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < mapping->count; i++) {
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
			return err_set(reader->err, CODE_INPUT,
				"%s:%u: the key \"%s\" is already defined on line %u",
				reader->document->name, keys[i]->line, keys[i]->text,
				keys[i - 1]->line);
	}
	return 0;
}

/* Hangs a finished node below the innermost open collection. */
static int attach(struct reader *reader, struct yaml_node *node)
{
	if (reader->depth == 0) {
		reader->document->root = node;
		return 0;
	}
	struct frame *frame = &reader->stack[reader->depth - 1];
	struct yaml_node *parent = frame->node;
	if (parent->kind == YAML_MAPPING && !frame->key) {
		if (node->kind != YAML_SCALAR)
			return fail_at(reader, node->line, "%s:%u: a key must be a simple name");
		frame->key = node;
		return 0;
	}
	parent->expanded += node->expanded;
	if (parent->expanded > YAML_LIMIT_EXPANDED)
		return fail_at(reader, node->line, "%s:%u: the aliases expand to too many nodes");
	if (parent->kind == YAML_SEQUENCE) {
		*ARENA_PUSH(reader->arena, parent->items, parent->count, parent->capacity) = node;
	} else {
		*ARENA_PUSH(reader->arena, parent->pairs, parent->count, parent->capacity) =
			(struct yaml_pair){frame->key, node};
		frame->key = NULL;
	}
	return 0;
}

static int on_scalar(struct reader *reader, const yaml_event_t *event)
{
	static const enum yaml_style styles[] = {
		[YAML_PLAIN_SCALAR_STYLE] = YAML_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = YAML_SINGLE_QUOTED,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YAML_DOUBLE_QUOTED,
		[YAML_LITERAL_SCALAR_STYLE] = YAML_LITERAL,
		[YAML_FOLDED_SCALAR_STYLE] = YAML_FOLDED,
	};
	struct yaml_node *node = node_new(
		reader, YAML_SCALAR, event, event->data.scalar.anchor, event->data.scalar.tag);
	if (!node)
		return -1;
	node->style = styles[event->data.scalar.style];
	node->length = event->data.scalar.length;
	node->text =
		arena_strndup(reader->arena, (const char *)event->data.scalar.value, node->length);
	if (strlen(node->text) != node->length)
		return fail_at(reader, node->line, "%s:%u: a NUL character in a text");
	/* A block scalar's end mark stands behind its trailing line breaks. */
	const char *bytes = reader->document->bytes;
	if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
		while (node->end > node->begin && strchr(" \t\r\n", bytes[node->end - 1]))
			node->end--;
	return attach(reader, node);
}

static int on_alias(struct reader *reader, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct yaml_node *target = NULL;
	for (size_t i = reader->anchor_count; i > 0 && !target; i--)
		if (strcmp(reader->anchors[i - 1]->anchor, name) == 0)
			target = reader->anchors[i - 1];
	unsigned line = (unsigned)event->start_mark.line + 1;
	if (!target)
		return err_set(reader->err, CODE_INPUT,
			"%s:%u: the anchor &%s is not defined above", reader->document->name, line,
			name);
	for (size_t i = 0; i < reader->depth; i++)
		if (reader->stack[i].node == target)
			return err_set(reader->err, CODE_INPUT,
				"%s:%u: the alias *%s is inside its own anchor",
				reader->document->name, line, name);
	struct yaml_node *node = node_new(reader, YAML_ALIAS, event, NULL, NULL);
	if (!node)
		return -1;
	node->target = target;
	node->expanded = target->expanded;
	return attach(reader, node);
}

static int on_begin(struct reader *reader, enum yaml_kind kind, const yaml_event_t *event)
{
	bool mapping = kind == YAML_MAPPING;
	struct yaml_node *node = node_new(reader, kind, event,
		mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
		mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag);
	if (!node)
		return -1;
	node->flow = mapping ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
			     : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	if (reader->depth == YAML_LIMIT_DEPTH)
		return fail_at(reader, node->line, "%s:%u: nested too deeply");
	if (reader->depth > 0) {
		const struct frame *frame = &reader->stack[reader->depth - 1];
		if (frame->node->kind == YAML_MAPPING && !frame->key)
			return fail_at(reader, node->line, "%s:%u: a key must be a simple name");
	}
	reader->stack[reader->depth++] = (struct frame){node, NULL};
	return 0;
}

static int on_end(struct reader *reader, const yaml_event_t *event)
{
	struct yaml_node *node = reader->stack[--reader->depth].node;
	node->end = byte_offset(reader, event->end_mark.index);
	if (node->kind == YAML_MAPPING && check_duplicates(reader, node) < 0)
		return -1;
	return attach(reader, node);
}

static int on_event(struct reader *reader, const yaml_event_t *event, size_t *documents)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			return fail_at(reader, event->start_mark.line + 1,
				"%s:%u: a second YAML document starts here; only one is allowed");
		return 0;
	case YAML_SCALAR_EVENT:
		return on_scalar(reader, event);
	case YAML_ALIAS_EVENT:
		return on_alias(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_begin(reader, YAML_SEQUENCE, event);
	case YAML_MAPPING_START_EVENT:
		return on_begin(reader, YAML_MAPPING, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(reader, event);
	default:
		return 0;
	}
}

static int fail_malformed(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "?";
	size_t line =
		parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;
	return err_set(reader->err, CODE_INPUT, "%s:%u: not valid YAML: %s", reader->document->name,
		(unsigned)line + 1, problem);
}

static int read_events(struct reader *reader)
{
	size_t documents = 0;
	for (bool done = false; !done;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&reader->parser, &event))
			return fail_malformed(reader);
		done = event.type == YAML_STREAM_END_EVENT;
		int result = on_event(reader, &event, &documents);
		yaml_event_delete(&event);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int check_bytes(const struct yaml_document *document, struct err *err)
{
	if (document->length > YAML_LIMIT_BYTES)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes",
			document->name, (size_t)YAML_LIMIT_BYTES);
	if (text_is_utf8(document->bytes, document->length))
		return 0;
	unsigned line = 1;
	for (size_t begin = 0; begin < document->length; line++) {
		const char *newline =
			memchr(document->bytes + begin, '\n', document->length - begin);
		size_t end = newline ? (size_t)(newline - document->bytes) + 1 : document->length;
		if (!text_is_utf8(document->bytes + begin, end - begin))
			break;
		begin = end;
	}
	err_set(err, CODE_INPUT, "%s:%u: not valid UTF-8", document->name, line);
	return err_hint(err, "save the file as UTF-8");
}

struct yaml_document *yaml_document_parse(
	struct arena *arena, const char *name, const char *bytes, size_t length, struct err *err)
{
	struct yaml_document *document = ARENA_NEW(arena, struct yaml_document);
	*document = (struct yaml_document){.name = name, .bytes = bytes, .length = length};
	if (check_bytes(document, err) < 0)
		return NULL;
	AUTO_FREE struct reader *reader = xmalloc(sizeof(*reader));
	memset(reader, 0, sizeof(*reader));
	reader->arena = arena;
	reader->document = document;
	reader->err = err;
	if (!yaml_parser_initialize(&reader->parser)) {
		err_set(err, CODE_BUG, "out of memory");
		return NULL;
	}
	checkpoints_build(reader);
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	size_t skip = bom_length(document);
	yaml_parser_set_input_string(
		&reader->parser, (const unsigned char *)bytes + skip, length - skip);
	int result = read_events(reader);
	yaml_parser_delete(&reader->parser);
	free(reader->checkpoints);
	return result < 0 ? NULL : document;
}

struct yaml_pair *yaml_node_pair(const struct yaml_node *mapping, const char *key)
{
	if (!mapping || mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++)
		if (strcmp(mapping->pairs[i].key->text, key) == 0)
			return &mapping->pairs[i];
	return NULL;
}

bool yaml_node_is_null(const struct yaml_node *node)
{
	if (!node || node->kind != YAML_SCALAR)
		return !node;
	if (node->tag)
		return strcmp(node->tag, YAML_NULL_TAG) == 0;
	return node->style == YAML_PLAIN &&
	       (!*node->text || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0 ||
		       strcmp(node->text, "Null") == 0 || strcmp(node->text, "NULL") == 0);
}

bool yaml_node_is_merge_key(const struct yaml_node *key)
{
	if (strcmp(key->text, "<<") != 0)
		return key->tag && strcmp(key->tag, "tag:yaml.org,2002:merge") == 0;
	return key->style == YAML_PLAIN && !key->tag;
}
