/* Paths into JSON, and matching by example. */
#include "json_path.h"

#include <string.h>

enum { KEY_LIMIT = 256 };

/* One step of a path: a member's name or an item's number. */
struct path_step {
	char key[KEY_LIMIT];
	bool is_index;
	size_t index;
};

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static bool take_key(const char *text, size_t length, struct path_step *step)
{
	if (length == 0 || length >= KEY_LIMIT)
		return false;
	memcpy(step->key, text, length);
	step->key[length] = '\0';
	return true;
}

/* text begins with "[": [12] or ["name"]; *at moves behind it. */
static bool take_bracket(const char **at, struct path_step *step)
{
	const char *text = *at + 1;
	if (*text == '"') {
		size_t length = strcspn(++text, "\"");
		*at = text + length + 2;
		return text[length] == '"' && text[length + 1] == ']' &&
		       take_key(text, length, step);
	}
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 6 || text[digits] != ']')
		return false;
	step->is_index = true;
	for (size_t i = 0; i < digits; i++)
		step->index = step->index * 10 + (size_t)(text[i] - '0');
	*at = text + digits + 1;
	return true;
}

/* The next step; false when the path is malformed. The caller stops at the end of the text. */
static bool take_step(const char **at, bool first, struct path_step *step)
{
	*step = (struct path_step){.index = 0};
	if (**at == '[')
		return take_bracket(at, step);
	if (!first && *(*at)++ != '.')
		return false;
	size_t length = 0;
	while (is_name_byte((*at)[length]))
		length++;
	const char *name = *at;
	*at += length;
	return take_key(name, length, step);
}

/* Behind the "$" or "$." that a path may begin with. */
static const char *skip_root(const char *path)
{
	if (*path != '$' || (path[1] && path[1] != '.' && path[1] != '['))
		return path;
	return path + 1 + (path[1] == '.' && path[2]);
}

int json_path_check(const char *path, struct err *err)
{
	struct path_step step;
	const char *begin = skip_root(path), *at = begin;
	bool good = *path && strlen(path) <= JSON_PATH_LIMIT;
	while (good && *at)
		good = take_step(&at, at == begin, &step);
	if (good)
		return 0;
	err_set(err, CODE_INPUT, "\"%s\" is not a path into a JSON document", path);
	return err_hint(err, "paths look like errors, data.id, data[0].name or [\"odd name\"].x");
}

static struct json item_at(struct json array, size_t index)
{
	struct json item = {0};
	struct json_iterator it = json_items(array);
	for (size_t i = 0; json_next(&it, &item); i++)
		if (i == index)
			return item;
	return (struct json){0};
}

struct json json_path_find(struct json root, const char *path)
{
	struct path_step step;
	const char *begin = skip_root(path);
	for (const char *at = begin; *at && !json_is_absent(root);) {
		if (!take_step(&at, at == begin, &step))
			return (struct json){0};
		if (!step.is_index)
			root = json_member(root, step.key);
		else
			root = json_is_array(root) ? item_at(root, step.index) : (struct json){0};
	}
	return root;
}

static bool object_matches(struct json value, struct json expected, struct text *why)
{
	const char *key;
	struct json member;
	size_t length = why->length;
	if (!json_is_object(value))
		return false;
	for (struct json_iterator it = json_items(expected);
		json_next_member(&it, &key, &member);) {
		text_addf(why, "%s%s", length ? "." : "", key);
		if (!json_path_matches(json_member(value, key), member, why))
			return false;
		text_cut(why, length);
	}
	return true;
}

static bool array_matches(struct json value, struct json expected, struct text *why)
{
	struct json item, wanted;
	size_t length = why->length, index = 0;
	if (!json_is_array(value) || json_count(value) != json_count(expected))
		return false;
	struct json_iterator items = json_items(value);
	for (struct json_iterator it = json_items(expected); json_next(&it, &wanted); index++) {
		text_addf(why, "[%zu]", index);
		if (!json_next(&items, &item) || !json_path_matches(item, wanted, why))
			return false;
		text_cut(why, length);
	}
	return true;
}

bool json_path_matches(struct json value, struct json expected, struct text *why)
{
	if (json_is_absent(value))
		return false;
	if (json_is_object(expected))
		return object_matches(value, expected, why);
	if (json_is_array(expected))
		return array_matches(value, expected, why);
	return json_equal(value, expected);
}
