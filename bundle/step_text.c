/* Variables in the texts of steps. */
#include "step_text.h"

#include <string.h>

#include "pattern.h"
#include "text.h"

const char *const step_text_builtins[] = {
	"HARDTACK_RUN_ID", "HARDTACK_NOW", "HARDTACK_PROJECT", NULL};

struct listener {
	struct interpolation_listener base;
	const char *unset; /* the first one */
};

static void note_unset(struct interpolation_listener *base, const char *name)
{
	struct listener *listener = (struct listener *)base;
	if (!listener->unset)
		listener->unset = name;
}

static const char *expand(struct arena *arena, const char *text,
	const struct variable_set *variables, struct err *err)
{
	struct listener listener = {{note_unset}, NULL};
	const char *out = interpolation_expand(arena, text, variables, &listener.base, err);
	if (!out || !listener.unset)
		return out;
	err_set(err, CODE_INPUT, "the variable %s has no value", listener.unset);
	return NULL;
}

static const char *percent_encode(struct arena *arena, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char unreserved[] = "-._~0123456789abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	AUTO_TEXT out = TEXT_INIT;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char encoded[] = {'%', hex[c >> 4], hex[c & 15], '\0'};
		if (strchr(unreserved, c))
			text_add_bytes(&out, text, 1);
		else
			text_add(&out, encoded);
	}
	return arena_strdup(arena, out.bytes);
}

static void encode_all(struct arena *arena, const struct variable_set *variables,
	const char *(*encode)(struct arena *arena, const char *text), struct variable_set *out)
{
	variable_set_init(out, arena);
	for (size_t i = 0; i < variables->count; i++)
		variable_set_put(
			out, variables->items[i].name, encode(arena, variables->items[i].value));
}

/* Scheme, host and port: up to the first / or ? that is no part of "://" or of a reference. */
static size_t authority_length(const char *text)
{
	size_t at = 0;
	while (text[at] && text[at] != '?') {
		size_t reference = interpolation_reference_length(text + at);
		if (text_starts_with(text + at, "://"))
			at += 3;
		else if (text[at] == '/')
			break;
		else
			at += reference ? reference : 1;
	}
	return at;
}

static const char *expand_url(struct arena *arena, const char *text,
	const struct variable_set *variables, struct err *err)
{
	struct variable_set encoded;
	size_t length = authority_length(text);
	const char *head = expand(arena, arena_strndup(arena, text, length), variables, err);
	if (!head)
		return NULL;
	encode_all(arena, variables, percent_encode, &encoded);
	const char *tail = expand(arena, text + length, &encoded, err);
	return tail ? arena_printf(arena, "%s%s", head, tail) : NULL;
}

const char *step_text_expand(struct arena *arena, const char *text, enum step_text_kind kind,
	const struct variable_set *variables, struct err *err)
{
	struct variable_set quoted;
	switch (kind) {
	case STEP_TEXT_URL:
		return expand_url(arena, text, variables, err);
	case STEP_TEXT_PATTERN:
		encode_all(arena, variables, pattern_quote, &quoted);
		return expand(arena, text, &quoted, err);
	default:
		return expand(arena, text, variables, err);
	}
}
