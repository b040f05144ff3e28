/* POSIX extended regular expressions without the parts that C libraries disagree about. */
#include "pattern.h"

#include <stdint.h>
#include <string.h>

#include "text.h"

static const char special[] = "^.[]$()|*+?{}\\";

/* Behind the bracket expression that begins at text; the end of the text when it does not close. */
static const char *skip_bracket(const char *text, bool *portable)
{
	const char *at = text + 1;
	at += *at == '^';
	at += *at == ']';
	while (*at && *at != ']') {
		if (*at == '\\' && strchr("dDwWsSbB", at[1]) && at[1])
			*portable = false;
		if (*at == '[' && at[1] && strchr(":.=", at[1])) {
			const char *end = strchr(at + 2, ']');
			if (!end)
				return at + strlen(at);
			at = end;
		}
		at++;
	}
	return at + (*at == ']');
}

/* {n}, {n,}, {n,m}: its length; 0 for any other brace. */
static size_t interval_length(const char *text)
{
	size_t low = strspn(text + 1, "0123456789"), high = 0, at = 1 + low;
	if (text[at] == ',') {
		high = strspn(text + at + 1, "0123456789");
		at += 1 + high;
	}
	return low > 0 && low < 4 && high < 4 && text[at] == '}' ? at + 1 : 0;
}

/* The first place that C libraries read differently, or NULL. */
static const char *find_unportable(const char *text)
{
	bool after_atom = false, portable = true;
	for (const char *at = text; *at;) {
		const char *begin = at;
		size_t interval;
		switch (*at) {
		case '[':
			at = skip_bracket(at, &portable);
			after_atom = true;
			break;
		case '\\':
			portable = at[1] && (strchr(special, at[1]) || strchr("/-\"", at[1]));
			at += 2;
			after_atom = true;
			break;
		case '*':
		case '+':
		case '?':
			portable = after_atom;
			after_atom = false;
			at++;
			break;
		case '{':
			interval = interval_length(at);
			portable = after_atom && interval;
			after_atom = false;
			at += interval;
			break;
		case '(':
		case '|':
			portable = !strchr("|)*+?{", at[1]) && at[1] && (*at == '(' || at > text);
			after_atom = false;
			at++;
			break;
		case '^':
			after_atom = false;
			at++;
			break;
		default:
			after_atom = true;
			at++;
		}
		if (!portable)
			return begin;
	}
	return NULL;
}

/* How often the interval at text repeats at most; an open one as often as it must, and once more. */
static uint64_t repetitions(const char *text, size_t interval)
{
	uint64_t low = 0, high = 0;
	const char *at = text + 1;
	for (; *at >= '0' && *at <= '9'; at++)
		low = low * 10 + (uint64_t)(*at - '0');
	if (*at == ',')
		for (at++; *at >= '0' && *at <= '9'; at++)
			high = high * 10 + (uint64_t)(*at - '0');
	bool open = text[interval - 2] == ',';
	return open ? low + 1 : high > low ? high : low;
}

/* C libraries write repetitions out: (((a{255}){255}){255}) takes more memory than there is. How
 * many places the expression has then, as long as they are within the limit. */
static bool is_too_large(const char *text)
{
	bool ignored;
	uint64_t outside[PATTERN_LIMIT], places = 0, last = 0;
	size_t depth = 0;
	for (const char *at = text; *at && places <= PATTERN_PLACES;) {
		if (*at == '(') {
			outside[depth++] = places;
			places = last = 0;
			at++;
		} else if (*at == ')' && depth > 0) {
			last = places + 1;
			places = outside[--depth] + last;
			at++;
		} else if (*at == '{') {
			uint64_t times = repetitions(at, interval_length(at));
			places += times > 1 ? last * (times - 1) : 0;
			at += interval_length(at);
		} else if (*at == '+') {
			places += last;
			at++;
		} else {
			places += last = 1;
			at = *at == '[' ? skip_bracket(at, &ignored) : at + 1 + (*at == '\\');
		}
	}
	return places > PATTERN_PLACES;
}

int pattern_compile(struct pattern *pattern, const char *text, struct err *err)
{
	char why[200];
	*pattern = (struct pattern)PATTERN_INIT;
	size_t length = strlen(text);
	if (length == 0 || length > PATTERN_LIMIT)
		return err_set(err, CODE_INPUT,
			"a regular expression has 1 to %d characters, not %zu", PATTERN_LIMIT,
			length);
	const char *unportable = find_unportable(text);
	if (unportable) {
		err_set(err, CODE_INPUT,
			"the regular expression \"%s\" is not a POSIX extended one at \"%.10s\"",
			text, unportable);
		return err_hint(err, "write [0-9] for \\d, [A-Za-z0-9_] for \\w, [[:space:]] for "
				     "\\s, and \\ before a special character that stands for "
				     "itself");
	}
	if (is_too_large(text))
		return err_set(err, CODE_INPUT,
			"the regular expression \"%s\" is too large: repetitions multiply to more "
			"than %d characters",
			text, PATTERN_PLACES);
	int status = regcomp(&pattern->regex, text, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
	if (status != 0) {
		regerror(status, &pattern->regex, why, sizeof(why));
		return err_set(err, CODE_INPUT, "the regular expression \"%s\": %s", text, why);
	}
	pattern->compiled = true;
	return 0;
}

void pattern_clear(struct pattern *pattern)
{
	if (pattern->compiled)
		regfree(&pattern->regex);
	pattern->compiled = false;
}

bool pattern_matches(const struct pattern *pattern, const char *text)
{
	return regexec(&pattern->regex, text, 0, NULL, 0) == 0;
}

bool pattern_matches_bytes(const struct pattern *pattern, const char *bytes, size_t length)
{
	AUTO_TEXT text = TEXT_INIT;
	for (size_t begin = 0, at = 0; at <= length; at++) {
		bool newline = at + 1 < length && bytes[at] == '\r' && bytes[at + 1] == '\n';
		if (at < length && bytes[at] && !newline)
			continue;
		text_add_bytes(&text, bytes + begin, at - begin);
		if (at < length && !newline)
			text_add(&text, "\xef\xbf\xbd");
		begin = at + 1;
	}
	return pattern_matches(pattern, text.bytes);
}

const char *pattern_quote(struct arena *arena, const char *text)
{
	AUTO_TEXT quoted = TEXT_INIT;
	for (; *text; text++) {
		if (strchr(special, *text))
			text_add(&quoted, "\\");
		text_add_bytes(&quoted, text, 1);
	}
	return arena_strdup(arena, quoted.bytes);
}
