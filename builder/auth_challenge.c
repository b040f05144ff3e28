/* WWW-Authenticate, read as RFC 9110 writes it. */
#include "auth_challenge.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

struct reader {
	const char *at, *end; /* of this line */
	struct arena *arena;
};

/* token = 1*tchar (RFC 9110, 5.6.2) */
static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip(struct reader *reader, const char *set)
{
	while (reader->at < reader->end && strchr(set, *reader->at))
		reader->at++;
}

static const char *token(struct reader *reader)
{
	const char *begin = reader->at;
	while (reader->at < reader->end && is_token_char(*reader->at))
		reader->at++;
	return arena_strndup(reader->arena, begin, (size_t)(reader->at - begin));
}

/* quoted-string, with \ before any character; NULL when it does not end. */
static const char *quoted(struct reader *reader)
{
	char *text = arena_alloc(reader->arena, (size_t)(reader->end - reader->at) + 1);
	char *out = text;
	for (reader->at++; reader->at < reader->end; reader->at++) {
		if (*reader->at == '"') {
			reader->at++;
			return text;
		}
		if (*reader->at == '\\' && ++reader->at == reader->end)
			break;
		*out++ = *reader->at;
	}
	return NULL;
}

/* name = value: at the value's end, true. Otherwise nothing was read, or the line is malformed
 * (then *broken). */
static bool parameter(struct reader *reader, const char **name, const char **value, bool *broken)
{
	const char *begin = reader->at;
	*name = token(reader);
	skip(reader, " \t");
	if (!**name || reader->at == reader->end || *reader->at != '=') {
		reader->at = begin;
		return false;
	}
	reader->at++;
	skip(reader, " \t");
	if (reader->at < reader->end && *reader->at == '"')
		*value = quoted(reader);
	else
		*value = token(reader);
	*broken = !*value;
	return *value != NULL;
}

static void keep(struct auth_challenge *challenge, const char *name, const char *value)
{
	const struct {
		const char *name, **slot;
	} known[] = {
		{"realm", &challenge->realm},
		{"service", &challenge->service},
		{"scope", &challenge->scope},
		{"error", &challenge->error},
	};
	/* A second one of a name is not the first one's business: the first counts. */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_equal_ignoring_case(name, known[i].name) && !**known[i].slot)
			*known[i].slot = value;
}

/* What follows a scheme: parameters, or one token68, or nothing. False: the line is malformed. */
static bool parameters(struct reader *reader, struct auth_challenge *challenge)
{
	const char *name, *value;
	bool broken = false, first = true;
	for (;; first = false) {
		const char *before = reader->at;
		skip(reader, first ? " \t" : " \t,");
		if (!first && before == reader->at)
			return reader->at == reader->end; /* no comma between two */
		if (parameter(reader, &name, &value, &broken)) {
			/* "abc=" is a token68 that looks like a parameter without a value. */
			keep(challenge, name, value);
			skip(reader, "=");
			continue;
		}
		if (broken)
			return false;
		if (first && reader->at < reader->end && *reader->at != ',') {
			/* token68: of no interest (Negotiate and the like) */
			while (reader->at < reader->end && !strchr(" \t,", *reader->at))
				reader->at++;
			continue;
		}
		return true; /* the next scheme, or the end */
	}
}

static enum auth_scheme scheme_of(const char *name)
{
	if (text_equal_ignoring_case(name, "bearer"))
		return AUTH_BEARER;
	return text_equal_ignoring_case(name, "basic") ? AUTH_BASIC : AUTH_OTHER;
}

size_t auth_challenge_parse(
	const char *header, struct arena *arena, struct auth_challenge out[AUTH_CHALLENGES])
{
	size_t count = 0;
	for (const char *line = header; *line;) {
		size_t length = strcspn(line, "\n");
		struct reader reader = {line, line + length, arena};
		line += length + (line[length] == '\n');
		while (count < AUTH_CHALLENGES) {
			skip(&reader, " \t,");
			const char *name = token(&reader);
			if (!*name)
				break;
			out[count] = (struct auth_challenge){scheme_of(name), "", "", "", ""};
			if (!parameters(&reader, &out[count++]))
				break;
		}
	}
	return count;
}

const struct auth_challenge *auth_challenge_choose(
	const struct auth_challenge *challenges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (challenges[i].scheme == AUTH_BEARER && challenges[i].realm[0])
			return &challenges[i];
	for (size_t i = 0; i < count; i++)
		if (challenges[i].scheme == AUTH_BASIC)
			return &challenges[i];
	return NULL;
}
