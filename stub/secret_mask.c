/* Masking. */
#include "secret_mask.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	SHORTEST = 4,
	SHORT = 8,           /* shorter ones are masked as whole words only */
	SHORTEST_BASE64 = 8, /* characters of the encoded form */
	PARTIAL = 4,         /* so much of a secret before a cut gives it away */
};

#define CUT "…"

void secret_mask_init(struct secret_mask *mask, struct arena *arena)
{
	*mask = (struct secret_mask){.arena = arena};
}

bool secret_mask_name(const char *name)
{
	static const char *const words[] = {
		"PASS", "PWD", "SECRET", "TOKEN", "KEY", "SALT", "CREDENTIAL", "PRIVATE", "COOKIE"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (const char *at = name; *at; at++)
			if (strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* ---- collecting ---- */

static void add_pattern(struct secret_mask *mask, const char *bytes, size_t length, bool base64)
{
	for (size_t i = 0; i < mask->count; i++)
		if (mask->items[i].length == length &&
			memcmp(mask->items[i].bytes, bytes, length) == 0)
			return;
	struct secret_pattern *item =
		ARENA_PUSH(mask->arena, mask->items, mask->count, mask->capacity);
	*item = (struct secret_pattern){arena_strndup(mask->arena, bytes, length), length, base64,
		length < SHORT && !base64, memchr(bytes, '\\', length) != NULL};
	/* Longest first: one may be the beginning of another. */
	for (; item > mask->items && item[-1].length < item->length; item--) {
		struct secret_pattern shorter = item[-1];
		item[-1] = *item;
		*item = shorter;
	}
}

/* The characters of base64 that depend on this value alone when `shift` bytes stand before it in
 * the encoded text: those that share bits with a neighbour are left out. */
static void add_base64(struct secret_mask *mask, const char *value, size_t length, size_t shift,
	const char *digits)
{
	AUTO_TEXT out = TEXT_INIT;
	size_t bits_before = shift * 8, bits = length * 8;
	size_t first = (bits_before + 5) / 6, last = (bits_before + bits) / 6;
	for (size_t i = first; i < last; i++) {
		unsigned sextet = 0;
		for (size_t bit = i * 6 - bits_before; bit < i * 6 - bits_before + 6; bit++)
			sextet =
				sextet << 1 | ((unsigned char)value[bit / 8] >> (7 - bit % 8) & 1U);
		text_add_bytes(&out, &digits[sextet], 1);
	}
	if (out.length >= SHORTEST_BASE64)
		add_pattern(mask, out.bytes, out.length, true);
}

static bool is_harmless(const char *value)
{
	static const char *const words[] = {"true", "false", "none", "null", "auto", "default",
		"disabled", "enabled", "localhost"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_equal_ignoring_case(value, words[i]))
			return true;
	return false;
}

void secret_mask_add(struct secret_mask *mask, const char *value)
{
	static const char standard[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char for_urls[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t length = strlen(value);
	if (length < SHORTEST || is_harmless(value))
		return;
	add_pattern(mask, value, length, false);
	for (size_t shift = 0; shift < 3; shift++) {
		add_base64(mask, value, length, shift, standard);
		add_base64(mask, value, length, shift, for_urls);
	}
	/* A key of several lines is logged line by line. */
	for (const char *line = value; strchr(value, '\n') && *line;) {
		size_t line_length = strcspn(line, "\n");
		if (line_length >= SHORT)
			add_pattern(mask, line, line_length, false);
		line += line_length + (line[line_length] == '\n');
	}
}

/* The password of "scheme://user:password@host", at text; NULL when there is none. */
static const char *url_password(const char *text, size_t *length)
{
	const char *authority = strstr(text, "://");
	if (!authority)
		return NULL;
	authority += 3;
	size_t size = strcspn(authority, "/?#\"'<> \t\n");
	const char *at = NULL;
	for (size_t i = size; i > 0 && !at; i--)
		if (authority[i - 1] == '@')
			at = authority + i - 1;
	const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	if (!colon || colon + 1 == at)
		return NULL;
	*length = (size_t)(at - colon - 1);
	return colon + 1;
}

static void add_url_passwords(struct secret_mask *mask, const char *value)
{
	for (const char *at = value; (at = strstr(at, "://")); at += 3) {
		size_t length;
		const char *password = url_password(at, &length);
		AUTO_TEXT decoded = TEXT_INIT;
		if (!password)
			continue;
		for (size_t i = 0; i < length; i++) {
			char pair[3] = {password[i], 0, 0};
			if (password[i] == '%' && i + 2 < length &&
				isxdigit((unsigned char)password[i + 1]) &&
				isxdigit((unsigned char)password[i + 2])) {
				char hex[3] = {password[i + 1], password[i + 2], 0};
				pair[0] = (char)strtoul(hex, NULL, 16);
				i += 2;
			}
			text_add_bytes(&decoded, pair, 1);
		}
		secret_mask_add(mask, decoded.bytes);
	}
}

void secret_mask_add_variable(struct secret_mask *mask, const char *name, const char *value)
{
	if (secret_mask_name(name))
		secret_mask_add(mask, value);
	add_url_passwords(mask, value);
}

void secret_mask_add_env_files(struct secret_mask *mask, const struct env_files *files)
{
	for (size_t i = 0; i < files->variables.count; i++)
		secret_mask_add_variable(
			mask, files->variables.items[i].name, files->variables.items[i].value);
	for (size_t i = 0; i < files->count; i++) {
		const struct env_file *file = &files->items[i];
		for (size_t j = 0; j < file->template.count; j++) {
			const struct env_template_entry *entry = &file->template.entries[j];
			const char *value = file->values[j];
			if (!value && i == 0)
				value = variable_set_get(&files->variables, entry->source.name);
			if (file->fill && file->filled[j])
				secret_mask_add_variable(mask, entry->source.name, file->filled[j]);
			if (value && (entry->kind == ENV_TEMPLATE_SECRET_HEX ||
					     entry->kind == ENV_TEMPLATE_SECRET_BASE64))
				secret_mask_add(mask, value);
			else if (value)
				secret_mask_add_variable(mask, entry->source.name, value);
		}
		for (size_t j = 0; file->exists && j < file->old.count; j++) {
			const struct dotenv_entry *entry = &file->old.entries[j];
			struct err ignored = ERR_INIT;
			const char *value = dotenv_value(
				mask->arena, file->path, entry, &files->variables, NULL, &ignored);
			secret_mask_add_variable(mask, entry->name, value ? value : entry->raw);
		}
	}
}

void secret_mask_add_lines(struct secret_mask *mask, const char *bytes)
{
	while (*bytes) {
		size_t length = strcspn(bytes, "\n"), begin = strcspn(bytes, "=\n");
		if (begin < length) {
			begin += 1 + strspn(bytes + begin + 1, " \t'\"");
			while (length > begin && strchr(" \t\r'\"", bytes[length - 1]))
				length--;
			if (begin < length)
				secret_mask_add(mask,
					arena_strndup(mask->arena, bytes + begin, length - begin));
		}
		bytes += strcspn(bytes, "\n");
		bytes += *bytes == '\n';
	}
}

/* ---- finding ---- */

static bool hex_value(const char *text, size_t digits, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < digits; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		unsigned char c = (unsigned char)tolower((unsigned char)text[i]);
		*out = *out * 16 + (c <= '9' ? c - 0U - '0' : c - 0U - 'a' + 10U);
	}
	return true;
}

/* One byte of a secret at text: bytes used, 0 when something else stands there. Percent-encoded as
 * in URLs and forms; escaped as in JSON, or as our own safe lines show it. */
static size_t match_byte(const char *text, unsigned char wanted, bool doubled)
{
	unsigned code;
	if (doubled && wanted == '\\' && text[0] == '\\' && text[1] == '\\')
		return 2;
	if ((unsigned char)*text == wanted)
		return 1;
	if (*text == '%' && hex_value(text + 1, 2, &code) && code == wanted)
		return 3;
	if (*text == '+' && wanted == ' ')
		return 1;
	if (*text != '\\')
		return 0;
	if (text[1] == 'u' && hex_value(text + 2, 4, &code) && code == wanted)
		return 6;
	if (text[1] == 'x' && hex_value(text + 2, 2, &code) && code == wanted)
		return 4;
	if ((wanted == '"' || wanted == '/' || wanted == '\'' || wanted == '$') &&
		(unsigned char)text[1] == wanted)
		return 2;
	return 0;
}

/* Bytes that the secret takes at text, 0 when it is not there. A beginning of it right before the
 * end or a cut counts. */
static size_t match(const struct secret_pattern *pattern, const char *text, bool doubled)
{
	size_t at = 0;
	for (size_t i = 0; i < pattern->length; i++) {
		size_t used = match_byte(text + at, (unsigned char)pattern->bytes[i], doubled);
		if (!used)
			return i >= PARTIAL && !pattern->word &&
					       (!text[at] || text_starts_with(text + at, CUT))
				       ? at
				       : 0;
		at += used;
	}
	return at;
}

static bool is_base64_character(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '-' || c == '_' ||
	       c == '=';
}

static void mask_pattern(const struct secret_pattern *pattern, struct text *text)
{
	AUTO_TEXT out = TEXT_INIT;
	const char *rest = text->bytes;
	bool hit = false;
	for (const char *at = rest; *at;) {
		size_t used = *at == pattern->bytes[0] || *at == '%' || *at == '\\' || *at == '+'
				      ? match(pattern, at, false)
				      : 0;
		if (!used && pattern->backslash)
			used = match(pattern, at, true);
		if (used && pattern->word &&
			((at > text->bytes && isalnum((unsigned char)at[-1])) ||
				isalnum((unsigned char)at[used])))
			used = 0;
		if (!used) {
			at++;
			continue;
		}
		const char *begin = at, *end = at + used;
		while (pattern->base64 && begin > rest && is_base64_character(begin[-1]))
			begin--;
		while (pattern->base64 && is_base64_character(*end))
			end++;
		text_add_bytes(&out, rest, (size_t)(begin - rest));
		text_add(&out, "****");
		rest = at = end;
		hit = true;
	}
	if (!hit)
		return;
	text_add(&out, rest);
	text_clear(text);
	text_add_bytes(text, out.bytes, out.length);
}

/* ---- whoever it belongs to ---- */

/* Length of a value worth masking behind `at`: passwords in URLs, the credentials of an
 * Authorization header, NAME=value. *skip: bytes before it. */
static size_t telling_value(const char *begin, const char *at, size_t *skip)
{
	size_t length;
	if (text_starts_with(at, "://")) {
		const char *password = url_password(at, &length);
		*skip = password ? (size_t)(password - at) : 0;
		return password ? length : 0;
	}
	if (strncasecmp(at, "basic ", 6) == 0 || strncasecmp(at, "bearer ", 7) == 0) {
		*skip = strcspn(at, " ") + 1;
		bool digit = false; /* "Basic authentication" is none */
		for (length = 0; is_base64_character(at[*skip + length]) ||
				 at[*skip + length] == '.' || at[*skip + length] == '~';
			length++)
			digit = digit || isdigit((unsigned char)at[*skip + length]) ||
				at[*skip + length] == '=';
		return length >= 12 && digit ? length : 0;
	}
	if (*at != '=' || at[1] == '=' || at == begin)
		return 0;
	const char *name = at;
	while (name > begin && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		name--;
	char copy[128];
	size_t name_length = (size_t)(at - name);
	if (name_length == 0 || name_length >= sizeof(copy))
		return 0;
	memcpy(copy, name, name_length);
	copy[name_length] = '\0';
	*skip = 1;
	length = strcspn(at + 1, " \t\n,;&\"')}]");
	return secret_mask_name(copy) && length > 0 && at[1] != '$' && at[1] != '*' ? length : 0;
}

static void mask_telling(struct text *text)
{
	AUTO_TEXT out = TEXT_INIT;
	const char *rest = text->bytes;
	for (const char *at = rest; *at; at++) {
		size_t skip = 0;
		size_t length = *at == ':' || *at == '=' || *at == 'b' || *at == 'B'
					? telling_value(rest, at, &skip)
					: 0;
		if (!length)
			continue;
		text_add_bytes(&out, rest, (size_t)(at + skip - rest));
		text_add(&out, "****");
		rest = at + skip + length;
		at = rest - 1;
	}
	if (rest == text->bytes)
		return;
	text_add(&out, rest);
	text_clear(text);
	text_add_bytes(text, out.bytes, out.length);
}

void secret_mask_apply(const struct secret_mask *mask, struct text *text)
{
	for (size_t i = 0; i < mask->count; i++)
		mask_pattern(&mask->items[i], text);
	mask_telling(text);
}

const char *secret_mask_text(const struct secret_mask *mask, const char *text, struct arena *arena)
{
	AUTO_TEXT copy = TEXT_INIT;
	text_add(&copy, text);
	secret_mask_apply(mask, &copy);
	return arena_strndup(arena, copy.bytes, copy.length);
}

void secret_mask_err(const struct secret_mask *mask, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	text_add(&text, err->text);
	secret_mask_apply(mask, &text);
	snprintf(err->text, sizeof(err->text), "%s", text.bytes);
}
