/* What steps consist of. The first byte chooses: a path and a document (a newline between them), an
 * expected and an actual document, an expression and a text, a text with variables, an env file. */
#include "fuzz.h"

#include <string.h>

#include "dotenv.h"
#include "json_path.h"
#include "pattern.h"
#include "step_text.h"

static char *split(char *text)
{
	char *newline = strchr(text, '\n');
	if (!newline)
		return text + strlen(text);
	*newline = '\0';
	return newline + 1;
}

static void try_path(struct arena *arena, char *path)
{
	struct err err = ERR_INIT;
	struct json root;
	char *document = split(path);
	bool good = json_path_check(path, &err) == 0;
	FUZZ_PROMISE(good || (err.code == CODE_INPUT && err.text[0]));
	if (json_parse(document, strlen(document), "fuzz", 1 << 20, arena, &root, &err) < 0)
		return;
	struct json found = json_path_find(root, path);
	FUZZ_PROMISE(good || !path[0] || strlen(path) > JSON_PATH_LIMIT || json_is_absent(found));
}

static void try_match(struct arena *arena, char *expected)
{
	struct err err = ERR_INIT;
	struct json a, b;
	AUTO_TEXT why = TEXT_INIT;
	char *actual = split(expected);
	if (json_parse(expected, strlen(expected), "a", 1 << 20, arena, &a, &err) < 0 ||
		json_parse(actual, strlen(actual), "b", 1 << 20, arena, &b, &err) < 0)
		return;
	FUZZ_PROMISE(json_path_matches(a, a, &why) && why.length == 0);
	bool matches = json_path_matches(b, a, &why);
	FUZZ_PROMISE(matches || !json_equal(a, b));
}

static void try_pattern(struct arena *arena, char *text)
{
	struct err err = ERR_INIT;
	AUTO_PATTERN pattern = PATTERN_INIT;
	AUTO_PATTERN quoted = PATTERN_INIT;
	char *bytes = split(text);
	if (pattern_compile(&pattern, text, &err) == 0) {
		pattern_matches(&pattern, bytes);
		pattern_matches_bytes(&pattern, bytes, strlen(bytes));
	} else {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
	}
	const char *quote = pattern_quote(arena, bytes);
	if (strlen(quote) < PATTERN_LIMIT && bytes[0] && text_is_utf8(bytes, strlen(bytes)) &&
		pattern_compile(&quoted, quote, &err) == 0)
		FUZZ_PROMISE(pattern_matches(&quoted, bytes));
}

static void try_text(struct arena *arena, char *text)
{
	struct variable_set variables;
	variable_set_init(&variables, arena);
	variable_set_put(&variables, "A", "va/l?u e\n#");
	variable_set_put(&variables, "B", "");
	for (int kind = STEP_TEXT_PLAIN; kind <= STEP_TEXT_PATTERN; kind++) {
		struct err err = ERR_INIT;
		const char *out = step_text_expand(
			arena, text, (enum step_text_kind)kind, &variables, &err);
		FUZZ_PROMISE(out || (err.code == CODE_INPUT && err.text[0]));
	}
}

static void try_dotenv(struct arena *arena, char *text)
{
	struct err err = ERR_INIT;
	struct dotenv env = {0};
	struct variable_set variables;
	variable_set_init(&variables, arena);
	size_t length = strlen(text), at = 0;
	if (dotenv_parse(arena, "fuzz", text, length, &env, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return;
	}
	for (size_t i = 0; i < env.count; i++) {
		const struct dotenv_entry *entry = &env.entries[i];
		FUZZ_PROMISE(entry->name[0] && at <= entry->begin);
		FUZZ_PROMISE(entry->begin <= entry->value_begin || entry->inherited);
		FUZZ_PROMISE(entry->end <= length);
		at = entry->end;
		const char *value = dotenv_value(arena, "fuzz", entry, &variables, NULL, &err);
		if (value)
			variable_set_put(&variables, entry->name, value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct arena *, char *) = {
		try_path, try_match, try_pattern, try_text, try_dotenv};
	AUTO(arena) arena = arena_new();
	if (size > 0)
		tries[data[0] % 5](
			arena, arena_strndup(arena, (const char *)data + 1, size - 1));
	return 0;
}
