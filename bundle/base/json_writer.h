/*
 * Writing JSON (RFC 8259) into a text: fields in the order of the calls, so that the same calls
 * give the same bytes. Indented by two spaces, or on one line (JSON lines) when compact.
 *
 *	struct json_writer w = json_writer_begin(&text, true);
 *	json_object(&w, NULL);
 *	json_string(&w, "event", "result");
 *	json_end(&w);
 *
 * key is NULL inside arrays and at the top. A NULL string value leaves the field out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { JSON_WRITER_DEPTH = 32 };

struct json_writer {
	struct text *out;
	bool compact;
	int depth;
	bool is_array[JSON_WRITER_DEPTH];
	bool has_items[JSON_WRITER_DEPTH];
};

struct json_writer json_writer_begin(struct text *out, bool compact);

void json_object(struct json_writer *w, const char *key);
void json_array(struct json_writer *w, const char *key);
void json_end(struct json_writer *w); /* of the innermost object or array */

void json_string(struct json_writer *w, const char *key, const char *value);
void json_stringf(struct json_writer *w, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void json_number(struct json_writer *w, const char *key, uint64_t value);
void json_signed(struct json_writer *w, const char *key, int64_t value);
void json_bool(struct json_writer *w, const char *key, bool value);
void json_raw(struct json_writer *w, const char *key, const char *json); /* a whole JSON value */
