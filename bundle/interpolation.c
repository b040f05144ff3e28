/* $VAR and ${VAR…} as compose expands them. */
#include "interpolation.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

struct expansion {
	struct arena *arena;
	const struct variable_set *variables;
	struct interpolation_listener *listener;
	struct err *err;
	struct text *out;
	int depth;
};

static int expand_range(struct expansion *expansion, const char *text, size_t length);

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t name_length(const char *text, size_t length)
{
	if (length == 0 || !is_name_start(text[0]))
		return 0;
	size_t n = 1;
	while (n < length && (is_name_start(text[n]) || (text[n] >= '0' && text[n] <= '9')))
		n++;
	return n;
}

/* text starts with "${": the index of its closing brace, or length. As compose counts: only "${"
 * opens, and a line break ends it. */
static size_t closing_brace(const char *text, size_t length)
{
	size_t open = 0;
	for (size_t i = 0; i < length && text[i] != '\n'; i++) {
		if (text[i] == '}' && --open == 0)
			return i;
		if (text[i] == '$' && i + 1 < length && text[i + 1] == '{')
			open++;
	}
	return length;
}

/* The length of the reference at text, 0 when it is malformed. */
static size_t reference_length(const char *text, size_t length)
{
	if (length < 2 || text[0] != '$')
		return 0;
	if (text[1] == '$')
		return 2;
	if (text[1] != '{') {
		size_t n = name_length(text + 1, length - 1);
		return n ? n + 1 : 0;
	}
	size_t end = closing_brace(text, length);
	size_t n = name_length(text + 2, length - 2);
	if (end == length || n == 0)
		return 0;
	const char *op = text + 2 + n;
	if (*op == ':')
		op++;
	bool known = *op && strchr("-?+", *op) != NULL;
	return known || 2 + n == end ? end + 1 : 0;
}

size_t interpolation_reference_length(const char *text)
{
	return reference_length(text, strlen(text));
}

static int add(struct expansion *expansion, const char *text, size_t length)
{
	if (expansion->out->length + length > INTERPOLATION_LIMIT_BYTES)
		return err_set(expansion->err, CODE_INPUT, "the expanded text is too long");
	text_add_bytes(expansion->out, text, length);
	return 0;
}

static int fail_required(
	struct expansion *expansion, const char *name, const char *text, size_t length)
{
	AUTO_TEXT reason = TEXT_INIT;
	struct expansion inner = *expansion;
	inner.out = &reason;
	if (expand_range(&inner, text, length) < 0)
		return -1;
	err_set(expansion->err, CODE_INPUT, "the required variable %s has no value%s%s", name,
		reason.length ? ": " : "", reason.bytes);
	return err_hint(expansion->err, "set %s in the env file", name);
}

/* The inside of ${…}. */
static int expand_braced(struct expansion *expansion, const char *text, size_t length)
{
	size_t n = name_length(text, length);
	const char *name = arena_strndup(expansion->arena, text, n);
	const char *value = variable_set_get(expansion->variables, name);
	if (n == length) {
		if (!value && expansion->listener)
			expansion->listener->unset(expansion->listener, name);
		return value ? add(expansion, value, strlen(value)) : 0;
	}
	bool colon = text[n] == ':';
	char op = text[n + colon];
	const char *rest = text + n + colon + 1;
	size_t rest_length = length - n - colon - 1;
	bool set = value && !(colon && !*value);
	if (op == '+')
		return set ? expand_range(expansion, rest, rest_length) : 0;
	if (set)
		return add(expansion, value, strlen(value));
	if (op == '-')
		return expand_range(expansion, rest, rest_length);
	return fail_required(expansion, name, rest, rest_length);
}

static int fail_invalid(struct expansion *expansion, const char *text, size_t length)
{
	err_set(expansion->err, CODE_INPUT, "malformed variable reference at \"%.*s\"",
		(int)(length < 60 ? length : 60), text);
	return err_hint(expansion->err, "write $$ for a dollar sign");
}

/* compose v2 leaves a dollar sign alone that begins nothing ("$1", "$(x)"). */
static bool is_lone(const char *dollar, size_t length)
{
	return length < 2 || (dollar[1] != '{' && dollar[1] != '$' && !is_name_start(dollar[1]));
}

static int expand_range(struct expansion *expansion, const char *text, size_t length)
{
	if (++expansion->depth > INTERPOLATION_LIMIT_DEPTH)
		return err_set(expansion->err, CODE_INPUT, "variables are nested too deeply");
	for (size_t at = 0; at < length;) {
		const char *dollar = memchr(text + at, '$', length - at);
		size_t plain = dollar ? (size_t)(dollar - text) - at : length - at;
		if (add(expansion, text + at, plain) < 0)
			return -1;
		at += plain;
		if (!dollar)
			break;
		size_t n = reference_length(dollar, length - at);
		if (n == 0 && is_lone(dollar, length - at)) {
			if (add(expansion, "$", 1) < 0)
				return -1;
			at++;
			continue;
		}
		if (n == 0)
			return fail_invalid(expansion, dollar, length - at);
		int result = dollar[1] == '$'   ? add(expansion, "$", 1)
			     : dollar[1] == '{' ? expand_braced(expansion, dollar + 2, n - 3)
						: expand_braced(expansion, dollar + 1, n - 1);
		if (result < 0)
			return -1;
		at += n;
	}
	expansion->depth--;
	return 0;
}

const char *interpolation_expand(struct arena *arena, const char *text,
	const struct variable_set *variables, struct interpolation_listener *listener,
	struct err *err)
{
	if (!strchr(text, '$'))
		return arena_strdup(arena, text);
	AUTO_TEXT out = TEXT_INIT;
	struct expansion expansion = {arena, variables, listener, err, &out, 0};
	if (expand_range(&expansion, text, strlen(text)) < 0)
		return NULL;
	return arena_strdup(arena, out.bytes);
}
