/* JSON values over yyjson, the only file that knows it. */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "message.h"

struct json_document {
	const char *name;
	yyjson_val *root;
};

static yyjson_val *node_of(struct json value)
{
	return (yyjson_val *)value.node;
}

static struct json value_at(struct json near, yyjson_val *node)
{
	return (struct json){.document = node ? near.document : NULL, .node = node};
}

/* ---- parsing ---- */

static void *alloc_in_arena(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void *realloc_in_arena(void *arena, void *old, size_t old_size, size_t size)
{
	if (size <= old_size)
		return old;
	return memcpy(arena_alloc(arena, size), old, old_size);
}

static void keep_in_arena(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

/* Levels of nesting, counted without a parser, which would have to be stopped half-way. */
static bool is_too_deep(const char *bytes, size_t length)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > JSON_DEPTH_LIMIT)
				return true;
		} else if (c == ']' || c == '}') {
			depth--;
		}
	}
	return false;
}

static int compare_keys(const void *a, const void *b)
{
	yyjson_val *const *left = a, *const *right = b;
	size_t left_length = yyjson_get_len(*left), right_length = yyjson_get_len(*right);
	size_t least = left_length < right_length ? left_length : right_length;
	int order = memcmp(yyjson_get_str(*left), yyjson_get_str(*right), least);
	if (order != 0)
		return order;
	return left_length < right_length ? -1 : left_length > right_length;
}

/* The first key (in sorting order) that an object has twice, or NULL. */
static yyjson_val *repeated_key(yyjson_val *object)
{
	size_t count = yyjson_obj_size(object), at = 0;
	if (count < 2)
		return NULL;
	AUTO_FREE yyjson_val **keys = xmalloc(count * sizeof(*keys));
	yyjson_obj_iter iter = yyjson_obj_iter_with(object);
	while (at < count)
		keys[at++] = yyjson_obj_iter_next(&iter);
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (compare_keys(&keys[i - 1], &keys[i]) == 0)
			return keys[i];
	return NULL;
}

/* A NUL would cut a name short for everyone who reads it as a C string. */
static int check_names(struct json object, struct err *err)
{
	const char *name;
	struct json value;
	for (struct json_iterator it = json_items(object); json_next_member(&it, &name, &value);)
		if (strlen(name) != yyjson_get_len(node_of(value) - 1))
			return json_fail(
				object, err, "has a member whose name has a NUL character");
	yyjson_val *key = repeated_key(node_of(object));
	if (!key)
		return 0;
	AUTO_TEXT shown = TEXT_INIT;
	text_add_printable(&shown, yyjson_get_str(key), yyjson_get_len(key));
	return json_fail(object, err, "names the member \"%s\" twice", shown.bytes);
}

static int check_all_names(struct json container, struct err *err)
{
	struct json item;
	if (json_is_object(container) && check_names(container, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(container); json_next(&it, &item);)
		if (yyjson_is_ctn(node_of(item)) && check_all_names(item, err) < 0)
			return -1;
	return 0;
}

int json_parse(const void *bytes, size_t length, const char *name, size_t limit_bytes,
	struct arena *arena, struct json *root, struct err *err)
{
	if (length > limit_bytes)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes", name,
			limit_bytes);
	if (is_too_deep(bytes, length))
		return err_set(err, CODE_INPUT, "%s: nested deeper than %d levels", name,
			JSON_DEPTH_LIMIT);
	yyjson_alc allocator = {alloc_in_arena, realloc_in_arena, keep_in_arena, arena};
	yyjson_read_err fault = {0};
	/* Without the in-situ flag yyjson does not write to its input. */
	yyjson_doc *parsed =
		yyjson_read_opts((char *)bytes, length, YYJSON_READ_NOFLAG, &allocator, &fault);
	if (!parsed)
		return err_set(err, CODE_INPUT, "%s is not valid JSON: %s at byte %zu", name,
			fault.msg ? fault.msg : "?", fault.pos);
	struct json_document *document = ARENA_NEW(arena, struct json_document);
	document->name = arena_strdup(arena, name);
	document->root = yyjson_doc_get_root(parsed);
	*root = (struct json){.document = document, .node = document->root};
	return check_all_names(*root, err);
}

/* ---- paths in errors ---- */

static void add_key(struct text *path, const char *key, size_t length)
{
	if (path->length > 0)
		text_add(path, ".");
	text_add_printable(path, key, length);
}

/* Finds the node by identity: only errors need a path, so nothing is kept for it. */
static bool find_path(yyjson_val *from, const void *wanted, struct text *path)
{
	if (from == wanted)
		return true;
	size_t length = path->length, index = 0;
	yyjson_val *key, *item;
	yyjson_obj_iter members = yyjson_obj_iter_with(from);
	while ((key = yyjson_obj_iter_next(&members))) {
		add_key(path, yyjson_get_str(key), yyjson_get_len(key));
		if (find_path(yyjson_obj_iter_get_val(key), wanted, path))
			return true;
		path->length = length;
	}
	yyjson_arr_iter items = yyjson_arr_iter_with(from);
	while ((item = yyjson_arr_iter_next(&items))) {
		text_addf(path, "[%zu]", index++);
		if (find_path(item, wanted, path))
			return true;
		path->length = length;
	}
	return false;
}

/* "document: path.to.value[3]", with the member `key` of it when there is one. */
static void add_place(struct text *text, struct json value, const char *key)
{
	AUTO_TEXT path = TEXT_INIT;
	text_add(text, value.document ? value.document->name : "JSON");
	if (value.document)
		find_path(value.document->root, value.node, &path);
	if (key)
		add_key(&path, key, strlen(key));
	if (path.length > 0) {
		text_add(text, ": ");
		text_add_bytes(text, path.bytes, path.length);
	}
}

static int fail_at(struct json value, const char *key, struct err *err, const char *what)
{
	AUTO_TEXT place = TEXT_INIT;
	add_place(&place, value, key);
	return err_set(err, CODE_INPUT, "%s: %s", place.bytes, what);
}

int(json_fail)(struct json value, struct err *err, const char *format, ...)
{
	va_list ap;
	char what[1024];
	va_start(ap, format);
	vsnprintf(what, sizeof(what), message_translate(format), ap);
	va_end(ap);
	return fail_at(value, NULL, err, what);
}

/* ---- questions ---- */

bool json_is_absent(struct json value)
{
	return !value.node;
}

bool json_is_null(struct json value)
{
	return yyjson_is_null(node_of(value));
}

bool json_is_object(struct json value)
{
	return yyjson_is_obj(node_of(value));
}

bool json_is_array(struct json value)
{
	return yyjson_is_arr(node_of(value));
}

bool json_is_string(struct json value)
{
	return yyjson_is_str(node_of(value));
}

bool json_is_number(struct json value)
{
	return yyjson_is_num(node_of(value));
}

bool json_is_bool(struct json value)
{
	return yyjson_is_bool(node_of(value));
}

struct json json_member(struct json object, const char *key)
{
	return value_at(object, yyjson_obj_get(node_of(object), key));
}

size_t json_count(struct json value)
{
	return yyjson_is_ctn(node_of(value)) ? yyjson_get_len(node_of(value)) : 0;
}

struct json_iterator json_items(struct json container)
{
	struct json_iterator iterator = {.container = container, .left = json_count(container)};
	if (iterator.left > 0)
		iterator.next = unsafe_yyjson_get_first(node_of(container));
	return iterator;
}

bool json_next_member(struct json_iterator *iterator, const char **key, struct json *value)
{
	if (iterator->left == 0)
		return false;
	yyjson_val *node = (yyjson_val *)iterator->next;
	iterator->left--;
	if (json_is_object(iterator->container)) {
		*key = yyjson_get_str(node);
		node++; /* yyjson keeps a member's value directly behind its key */
	}
	*value = value_at(iterator->container, node);
	if (iterator->left > 0)
		iterator->next = unsafe_yyjson_get_next(node);
	return true;
}

bool json_next(struct json_iterator *iterator, struct json *item)
{
	const char *key;
	return json_next_member(iterator, &key, item);
}

bool json_equal(struct json a, struct json b)
{
	yyjson_val *left = node_of(a), *right = node_of(b);
	if (yyjson_is_num(left) && yyjson_is_num(right) &&
		(yyjson_is_real(left) || yyjson_is_real(right)))
		return !(yyjson_get_num(left) < yyjson_get_num(right)) &&
		       !(yyjson_get_num(left) > yyjson_get_num(right));
	if (!yyjson_is_ctn(left) || !yyjson_is_ctn(right))
		return yyjson_equals(left, right);
	if (yyjson_get_type(left) != yyjson_get_type(right) || json_count(a) != json_count(b))
		return false;
	struct json_iterator left_items = json_items(a), right_items = json_items(b);
	const char *key = NULL;
	struct json item, other;
	while (json_next_member(&left_items, &key, &item)) {
		if (json_is_object(b))
			other = json_member(b, key);
		else if (!json_next(&right_items, &other))
			return false;
		if (json_is_absent(other) || !json_equal(item, other))
			return false;
	}
	return true;
}

void json_write(struct text *text, struct json value)
{
	size_t length = 0;
	AUTO_FREE char *bytes = yyjson_val_write(node_of(value), YYJSON_WRITE_NOFLAG, &length);
	if (bytes)
		text_add_bytes(text, bytes, length);
}

/* ---- values as C types: `near` and `key` say where, for the error ---- */

static int as_string(
	yyjson_val *node, struct json near, const char *key, const char **out, struct err *err)
{
	if (!yyjson_is_str(node))
		return fail_at(near, key, err, node ? T("must be a string") : T("is missing"));
	if (strlen(yyjson_get_str(node)) != yyjson_get_len(node))
		return fail_at(near, key, err, T("has a NUL character in it"));
	*out = yyjson_get_str(node);
	return 0;
}

static int as_u64(
	yyjson_val *node, struct json near, const char *key, uint64_t *out, struct err *err)
{
	if (!yyjson_is_uint(node))
		return fail_at(near, key, err,
			node ? T("must be a whole number, not negative") : T("is missing"));
	*out = yyjson_get_uint(node);
	return 0;
}

static int as_i64(
	yyjson_val *node, struct json near, const char *key, int64_t *out, struct err *err)
{
	if (!yyjson_is_int(node) || (yyjson_is_uint(node) && yyjson_get_uint(node) > INT64_MAX))
		return fail_at(
			near, key, err, node ? T("must be a whole number") : T("is missing"));
	*out = yyjson_get_sint(node);
	return 0;
}

static int as_bool(yyjson_val *node, struct json near, const char *key, bool *out, struct err *err)
{
	if (!yyjson_is_bool(node))
		return fail_at(near, key, err, node ? T("must be true or false") : T("is missing"));
	*out = yyjson_get_bool(node);
	return 0;
}

int json_as_string(struct json value, const char **out, struct err *err)
{
	return as_string(node_of(value), value, NULL, out, err);
}

int json_as_u64(struct json value, uint64_t *out, struct err *err)
{
	return as_u64(node_of(value), value, NULL, out, err);
}

int json_as_i64(struct json value, int64_t *out, struct err *err)
{
	return as_i64(node_of(value), value, NULL, out, err);
}

int json_as_bool(struct json value, bool *out, struct err *err)
{
	return as_bool(node_of(value), value, NULL, out, err);
}

/* The member; a member of something that is no object is an error of that something. */
static int find_member(struct json object, const char *key, yyjson_val **node, struct err *err)
{
	if (!json_is_object(object))
		return fail_at(
			object, NULL, err, object.node ? T("must be an object") : T("is missing"));
	*node = yyjson_obj_get(node_of(object), key);
	return 0;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot have any */
#define DEFINE_GET(type, c_type)                                                               \
	int json_get_##type(struct json object, const char *key, c_type *out, struct err *err) \
	{                                                                                      \
		yyjson_val *node;                                                              \
		if (find_member(object, key, &node, err) < 0)                                  \
			return -1;                                                             \
		return as_##type(node, object, key, out, err);                                 \
	}                                                                                      \
	int json_get_##type##_or(struct json object, const char *key, c_type fallback,         \
		c_type *out, struct err *err)                                                  \
	{                                                                                      \
		yyjson_val *node;                                                              \
		if (find_member(object, key, &node, err) < 0)                                  \
			return -1;                                                             \
		*out = fallback;                                                               \
		if (!node || yyjson_is_null(node))                                             \
			return 0;                                                              \
		return as_##type(node, object, key, out, err);                                 \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_GET(string, const char *)
DEFINE_GET(u64, uint64_t)
DEFINE_GET(i64, int64_t)
DEFINE_GET(bool, bool)

int json_get_array_or_none(struct json object, const char *key, struct json *out, struct err *err)
{
	yyjson_val *node;
	*out = (struct json){0};
	if (find_member(object, key, &node, err) < 0)
		return -1;
	if (!node || yyjson_is_null(node))
		return 0;
	if (!yyjson_is_arr(node))
		return fail_at(object, key, err, T("must be an array"));
	*out = value_at(object, node);
	return 0;
}

int json_get_object_or_none(struct json object, const char *key, struct json *out, struct err *err)
{
	yyjson_val *node;
	*out = (struct json){0};
	if (find_member(object, key, &node, err) < 0)
		return -1;
	if (!node || yyjson_is_null(node))
		return 0;
	if (!yyjson_is_obj(node))
		return fail_at(object, key, err, T("must be an object"));
	*out = value_at(object, node);
	return 0;
}

int json_get_array(struct json object, const char *key, struct json *out, struct err *err)
{
	if (json_get_array_or_none(object, key, out, err) < 0)
		return -1;
	if (json_is_absent(*out))
		return fail_at(object, key, err, T("is missing"));
	return 0;
}

int json_get_object(struct json object, const char *key, struct json *out, struct err *err)
{
	if (json_get_object_or_none(object, key, out, err) < 0)
		return -1;
	if (json_is_absent(*out))
		return fail_at(object, key, err, T("is missing"));
	return 0;
}
