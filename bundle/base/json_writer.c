/* Writing JSON: commas, indentation and escapes in one place. */
#include "json_writer.h"

#include <stdarg.h>

#include "arena.h"
#include "err.h"

struct json_writer json_writer_begin(struct text *out, bool compact)
{
	return (struct json_writer){.out = out, .compact = compact};
}

static void indent(struct json_writer *w)
{
	if (w->compact)
		return;
	text_add(w->out, "\n");
	for (int i = 0; i < w->depth; i++)
		text_add(w->out, "  ");
}

static void start_value(struct json_writer *w, const char *key)
{
	if (w->depth > 0) {
		if (w->has_items[w->depth])
			text_add(w->out, ",");
		w->has_items[w->depth] = true;
		indent(w);
		BUG_ON(w->is_array[w->depth] != !key);
	}
	if (key) {
		text_add_json(w->out, key);
		text_add(w->out, w->compact ? ":" : ": ");
	}
}

static void open_container(struct json_writer *w, const char *key, bool is_array)
{
	start_value(w, key);
	text_add(w->out, is_array ? "[" : "{");
	w->depth++;
	BUG_ON(w->depth >= JSON_WRITER_DEPTH);
	w->is_array[w->depth] = is_array;
	w->has_items[w->depth] = false;
}

void json_object(struct json_writer *w, const char *key)
{
	open_container(w, key, false);
}

void json_array(struct json_writer *w, const char *key)
{
	open_container(w, key, true);
}

void json_end(struct json_writer *w)
{
	BUG_ON(w->depth == 0);
	bool had_items = w->has_items[w->depth], was_array = w->is_array[w->depth];
	w->depth--;
	if (had_items)
		indent(w);
	text_add(w->out, was_array ? "]" : "}");
	if (w->depth == 0)
		text_add(w->out, "\n");
}

void json_string(struct json_writer *w, const char *key, const char *value)
{
	if (!value)
		return;
	start_value(w, key);
	text_add_json(w->out, value);
}

void json_stringf(struct json_writer *w, const char *key, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	AUTO(arena) arena = arena_new();
	json_string(w, key, arena_vprintf(arena, format, ap));
	va_end(ap);
}

void json_number(struct json_writer *w, const char *key, uint64_t value)
{
	start_value(w, key);
	text_addf(w->out, "%llu", (unsigned long long)value);
}

void json_signed(struct json_writer *w, const char *key, int64_t value)
{
	start_value(w, key);
	text_addf(w->out, "%lld", (long long)value);
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
	start_value(w, key);
	text_add(w->out, value ? "true" : "false");
}

void json_raw(struct json_writer *w, const char *key, const char *json)
{
	start_value(w, key);
	text_add(w->out, json);
}
