/* Choosing and normalising the project's name. */
#include "project_name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "file_io.h"

enum { LIMIT_LENGTH = 63 };

static bool is_first(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool project_name_is_valid(const char *name)
{
	if (!is_first(name[0]))
		return false;
	for (const char *at = name; *at; at++)
		if (!is_first(*at) && *at != '_' && *at != '-')
			return false;
	return strlen(name) <= LIMIT_LENGTH;
}

/* compose-go's NormalizeProjectName; NULL when nothing is left. */
static const char *normalize(struct arena *arena, const char *name)
{
	char *out = arena_alloc(arena, strlen(name) + 1);
	size_t length = 0;
	for (const char *at = name; *at && length < LIMIT_LENGTH; at++) {
		char c = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
		if (is_first(c) || ((c == '_' || c == '-') && length > 0))
			out[length++] = c;
	}
	return length ? out : NULL;
}

static const char *last_component(struct arena *arena, const char *directory)
{
	AUTO_FREE char *resolved = realpath(directory, NULL);
	return arena_strdup(arena, file_base_name(resolved ? resolved : directory));
}

static const char *fail(const char *name, int code, struct err *err)
{
	err_set(err, code, "\"%s\" is not a valid project name", name);
	err_hint(err, "use lower-case letters, digits, - and _, beginning with a letter or digit: "
		      "--name mystack");
	return NULL;
}

const char *project_name_choose(struct arena *arena, const char *flag, const char *project_file,
	const char *compose, const char *directory, struct err *err)
{
	const char *given = flag ? flag : project_file;
	if (given && !project_name_is_valid(given))
		return fail(given, flag ? CODE_USAGE : CODE_INPUT, err);
	if (given)
		return arena_strdup(arena, given);
	const char *source = compose ? compose : last_component(arena, directory);
	const char *name = normalize(arena, source);
	return name ? name : fail(source, CODE_INPUT, err);
}
