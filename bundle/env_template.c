/* env.template: env file entries whose values are generators. */
#include "env_template.h"

#include <string.h>

#include "number.h"

enum { SECRET_LIMIT_BYTES = 1024 };

struct words {
	const char *at;
	struct arena *arena;
};

static int fail(const struct env_template_entry *entry, const char *name, struct err *err)
{
	err_set(err, CODE_INPUT, "%s:%u: the value of %s is not a template that hardtack knows: %s",
		name, entry->source.line, entry->source.name, entry->source.raw);
	return err_hint(err,
		"use {{secret hex 32}}, {{secret base64 32}}, {{ask \"Question\" default VALUE}} "
		"or {{port 3000}}, one a value; plain text may stand around a secret or a question "
		"(pk-{{secret hex 16}}); a text that is no template goes in single quotes");
}

/* The next word, or quoted text; NULL at the end or when a quote is not closed. */
static const char *next_word(struct words *words)
{
	while (*words->at == ' ')
		words->at++;
	if (!*words->at)
		return NULL;
	const char *begin = words->at;
	if (*begin == '"') {
		const char *close = strchr(++begin, '"');
		if (!close)
			return NULL;
		words->at = close + 1;
		return arena_strndup(words->arena, begin, (size_t)(close - begin));
	}
	words->at += strcspn(words->at, " ");
	return arena_strndup(words->arena, begin, (size_t)(words->at - begin));
}

static bool parse_number(struct words *words, unsigned limit, unsigned *out)
{
	const char *word = next_word(words);
	uint64_t value;
	if (!word || !number_parse_u64(word, &value) || value == 0 || value > limit)
		return false;
	*out = (unsigned)value;
	return true;
}

static bool parse_secret(struct words *words, struct env_template_entry *entry)
{
	const char *form = next_word(words);
	if (!form || (strcmp(form, "hex") != 0 && strcmp(form, "base64") != 0))
		return false;
	entry->kind = *form == 'h' ? ENV_TEMPLATE_SECRET_HEX : ENV_TEMPLATE_SECRET_BASE64;
	return parse_number(words, SECRET_LIMIT_BYTES, &entry->secret_bytes);
}

static bool parse_ask(struct words *words, struct env_template_entry *entry)
{
	entry->kind = ENV_TEMPLATE_ASK;
	entry->prompt = next_word(words);
	if (!entry->prompt)
		return false;
	const char *word = next_word(words);
	if (!word)
		return true;
	entry->fallback = strcmp(word, "default") == 0 ? next_word(words) : NULL;
	return entry->fallback != NULL;
}

static bool parse_generator(
	struct arena *arena, const char *inside, size_t length, struct env_template_entry *entry)
{
	struct words words = {arena_strndup(arena, inside, length), arena};
	const char *verb = next_word(&words);
	bool good = false;
	if (verb && strcmp(verb, "secret") == 0) {
		good = parse_secret(&words, entry);
	} else if (verb && strcmp(verb, "ask") == 0) {
		good = parse_ask(&words, entry);
	} else if (verb && strcmp(verb, "port") == 0) {
		entry->kind = ENV_TEMPLATE_PORT;
		good = parse_number(&words, 65535, &entry->port);
	}
	words.at += strspn(words.at, " ");
	return good && !*words.at;
}

/* Where a generator begins: at the value's first byte whatever follows, elsewhere only with a verb
 * of ours. NULL: there is none. */
static const char *find_generator(const char *raw)
{
	static const char *const verbs[] = {"secret", "ask", "port"};
	if (text_starts_with(raw, "{{"))
		return raw;
	for (const char *open = raw; (open = strstr(open, "{{")); open += 2) {
		const char *word = open + 2 + strspn(open + 2, " ");
		size_t length = strcspn(word, " }\"");
		for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
			if (strlen(verbs[i]) == length && strncmp(word, verbs[i], length) == 0)
				return open;
	}
	return NULL;
}

/* The }} that ends it, not one in a quoted text; NULL when it is missing. */
static const char *find_close(const char *inside)
{
	bool quoted = false;
	for (; *inside; inside++) {
		if (*inside == '"')
			quoted = !quoted;
		else if (!quoted && text_starts_with(inside, "}}"))
			return inside;
	}
	return NULL;
}

static int classify(
	struct arena *arena, const char *name, struct env_template_entry *entry, struct err *err)
{
	const struct dotenv_entry *source = &entry->source;
	const char *open = source->quote == '\'' ? NULL : find_generator(source->raw);
	entry->prefix = entry->suffix = "";
	if (!open)
		return 0;
	const char *close = find_close(open + 2);
	if (!close || !parse_generator(arena, open + 2, (size_t)(close - open) - 2, entry))
		return fail(entry, name, err);
	entry->prefix = arena_strndup(arena, source->raw, (size_t)(open - source->raw));
	entry->suffix = close + 2;
	bool bare = !*entry->prefix && !*entry->suffix;
	if ((entry->kind == ENV_TEMPLATE_PORT && !bare) || strpbrk(entry->prefix, "$\\") ||
		strpbrk(entry->suffix, "$\\") || strstr(entry->suffix, "{{"))
		return fail(entry, name, err);
	return 0;
}

int env_template_parse(struct arena *arena, const char *name, const char *bytes, size_t length,
	struct env_template *out, struct err *err)
{
	struct dotenv dotenv;
	*out = (struct env_template){.bytes = bytes, .length = length};
	if (dotenv_parse(arena, name, bytes, length, &dotenv, err) < 0)
		return -1;
	out->count = dotenv.count;
	out->entries = arena_alloc(arena, (dotenv.count + 1) * sizeof(*out->entries));
	for (size_t i = 0; i < dotenv.count; i++) {
		out->entries[i].source = dotenv.entries[i];
		if (classify(arena, name, &out->entries[i], err) < 0)
			return -1;
	}
	return 0;
}

const char *env_template_wrap(
	struct arena *arena, const struct env_template_entry *entry, const char *generated)
{
	return arena_printf(arena, "%s%s%s", entry->prefix, generated, entry->suffix);
}

int env_template_evaluate(const struct env_template *file, const char *name,
	struct variable_set *variables, struct interpolation_listener *listener, struct err *err)
{
	struct arena *arena = variables->arena;
	/* Set by this file: a later line of the same name wins, one given from outside does not. */
	struct variable_set given = *variables;
	size_t given_count = variables->count;
	for (size_t i = 0; i < file->count; i++) {
		const struct env_template_entry *entry = &file->entries[i];
		given.count = given_count;
		given.items = variables->items;
		if (variable_set_get(&given, entry->source.name))
			continue;
		const char *value = "";
		switch (entry->kind) {
		case ENV_TEMPLATE_LITERAL:
			if (entry->source.inherited)
				continue;
			value = dotenv_value(arena, name, &entry->source, variables, listener, err);
			if (!value)
				return -1;
			break;
		case ENV_TEMPLATE_SECRET_HEX:
		case ENV_TEMPLATE_SECRET_BASE64:
			value = env_template_wrap(arena, entry, "secret");
			break;
		case ENV_TEMPLATE_ASK:
			value = entry->fallback ? entry->fallback : "";
			value = env_template_wrap(arena, entry, value);
			break;
		case ENV_TEMPLATE_PORT:
			value = arena_printf(arena, "%u", entry->port);
			break;
		}
		variable_set_put(variables, entry->source.name, value);
	}
	return 0;
}

/* As it is when nothing in it means anything to an env file; in single quotes otherwise, which
 * take everything but a single quote; double quotes with escapes are the last resort. */
static void add_value(struct text *out, const char *value, bool quoted)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:@%+,=~^&*()[]{}?!;";
	if (!quoted && value[strspn(value, plain)] == '\0' && *value != '{') {
		text_add(out, value);
		return;
	}
	bool single = !strchr(value, '\'') && !strchr(value, '\\');
	text_add(out, single ? "'" : "\"");
	for (const char *at = value; *at; at++) {
		if (!single && strchr("\\\"$", *at))
			text_add(out, "\\");
		text_add_bytes(out, at, 1);
	}
	text_add(out, single ? "'" : "\"");
}

void env_template_add_line(struct text *out, const char *name, const char *value)
{
	text_addf(out, "%s=", name);
	add_value(out, value, false);
	text_add(out, "\n");
}

char *env_template_render(
	struct arena *arena, const struct env_template *file, const char *const *values)
{
	AUTO_TEXT out = TEXT_INIT;
	size_t at = 0;
	for (size_t i = 0; i < file->count; i++) {
		const struct dotenv_entry *source = &file->entries[i].source;
		if (!values[i])
			continue;
		text_add_bytes(&out, file->bytes + at, source->value_begin - at);
		if (source->inherited)
			text_add(&out, "=");
		/* Behind a quoted value compose takes another entry of the same line. */
		bool last = source->end == file->length || file->bytes[source->end] == '\n';
		add_value(&out, values[i], source->quote && !last);
		at = source->end;
	}
	text_add_bytes(&out, file->bytes + at, file->length - at);
	if (out.length > 0 && out.bytes[out.length - 1] != '\n')
		text_add(&out, "\n");
	return arena_strdup(arena, out.bytes);
}
