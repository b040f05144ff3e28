/*
 * JSON: strict reading (RFC 8259) of bytes that nobody has vouched for.
 *
 * Refused as CODE_INPUT, naming the document and the place: anything but one value, comments,
 * trailing commas, malformed UTF-8, NaN, more than `limit_bytes`, more than JSON_DEPTH_LIMIT
 * levels, an object that names a member twice (readers disagree about which one counts), a name
 * with a NUL in it.
 *
 * A `struct json` is a value by copy: a place in a document. Document and strings live in the
 * arena given to json_parse() and need no release. Accessors name the path when the value is not
 * what was asked for: "manifest.json: layers[3].size: must be a whole number".
 *
 *     struct json root, layers, layer;
 *     if (json_parse(bytes, length, "manifest.json", limit, arena, &root, err) < 0 ||
 *         json_get_array(root, "layers", &layers, err) < 0)
 *             return -1;
 *     for (struct json_iterator it = json_items(layers); json_next(&it, &layer);)
 *             if (json_get_u64(layer, "size", &size, err) < 0)
 *                     return -1;
 *
 * Writing: text_add_json() in text.h for strings; json_write() for a value that was read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "text.h"

enum { JSON_DEPTH_LIMIT = 64 };

struct json_document;

/* A value in a document; {0} is "absent", which every question below answers sensibly. */
struct json {
	const struct json_document *document;
	const void *node;
};

/* The value that the bytes are. `name` is for errors (copied). */
int json_parse(const void *bytes, size_t length, const char *name, size_t limit_bytes,
	struct arena *arena, struct json *root, struct err *err);

bool json_is_absent(struct json value);
bool json_is_null(struct json value);
bool json_is_object(struct json value);
bool json_is_array(struct json value);
bool json_is_string(struct json value);
bool json_is_number(struct json value);
bool json_is_bool(struct json value);

/* The member of an object, or absent; also absent when `object` is none. */
struct json json_member(struct json object, const char *key);

/* The value itself as a C type, or an error that names its path. A string with a NUL in it, a
 * number with a fraction or out of range is an error too. */
int json_as_string(struct json value, const char **out, struct err *err);
int json_as_u64(struct json value, uint64_t *out, struct err *err);
int json_as_i64(struct json value, int64_t *out, struct err *err);
int json_as_bool(struct json value, bool *out, struct err *err);

/* A member that must be there. */
int json_get_string(struct json object, const char *key, const char **out, struct err *err);
int json_get_u64(struct json object, const char *key, uint64_t *out, struct err *err);
int json_get_i64(struct json object, const char *key, int64_t *out, struct err *err);
int json_get_bool(struct json object, const char *key, bool *out, struct err *err);
int json_get_array(struct json object, const char *key, struct json *out, struct err *err);
int json_get_object(struct json object, const char *key, struct json *out, struct err *err);

/* A member that may be missing or null: then the fallback; for arrays and objects, absent (which
 * has no items). Of another type: an error all the same. */
int json_get_string_or(struct json object, const char *key, const char *fallback, const char **out,
	struct err *err);
int json_get_u64_or(
	struct json object, const char *key, uint64_t fallback, uint64_t *out, struct err *err);
int json_get_i64_or(
	struct json object, const char *key, int64_t fallback, int64_t *out, struct err *err);
int json_get_bool_or(
	struct json object, const char *key, bool fallback, bool *out, struct err *err);
int json_get_array_or_none(struct json object, const char *key, struct json *out, struct err *err);
int json_get_object_or_none(struct json object, const char *key, struct json *out, struct err *err);

/* Number of items of an array or of members of an object; 0 for anything else. */
size_t json_count(struct json value);

/* Iteration in the document's order over an array's items or an object's members. */
struct json_iterator {
	struct json container;
	const void *next;
	size_t left;
};

struct json_iterator json_items(struct json container);
bool json_next(struct json_iterator *iterator, struct json *item);
bool json_next_member(struct json_iterator *iterator, const char **key, struct json *value);

/* Fails at this value: "DOCUMENT: PATH: " before the text. Translates the format. Returns -1. */
int json_fail(struct json value, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));
#ifdef __clang_analyzer__
#define json_fail(...) err_failed((json_fail)(__VA_ARGS__))
#endif

/* Same values? Members of objects in any order; 1 and 1.0 are the same number. */
bool json_equal(struct json a, struct json b);

/* Adds the value as compact JSON, members in the document's order. */
void json_write(struct text *text, struct json value);
