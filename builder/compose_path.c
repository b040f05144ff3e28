/* Joining and normalising paths by their text. */
#include "compose_path.h"

#include <string.h>

#include "text.h"

static bool ends_with_parent(const struct text *text)
{
	return strcmp(text->bytes, "..") == 0 || text_ends_with(text->bytes, "/..");
}

static void drop_last(struct text *text)
{
	char *slash = strrchr(text->bytes, '/');
	text_cut(text, slash ? (size_t)(slash - text->bytes) : 0);
}

static void add_components(struct text *out, const char *path, bool absolute)
{
	for (const char *at = path; *at;) {
		size_t n = strcspn(at, "/");
		bool parent = n == 2 && at[0] == '.' && at[1] == '.';
		if (parent && out->length > 0 && !ends_with_parent(out)) {
			drop_last(out);
		} else if (parent && absolute) {
			/* the parent of / is / */
		} else if (n > 0 && !(n == 1 && at[0] == '.')) {
			if (out->length > 0 || absolute)
				text_add(out, "/");
			text_add_bytes(out, at, n);
		}
		at += n + (at[n] == '/');
	}
}

const char *compose_path_join(struct arena *arena, const char *directory, const char *path)
{
	AUTO_TEXT out = TEXT_INIT;
	bool absolute = path[0] == '/';
	if (!absolute)
		add_components(&out, directory, directory[0] == '/');
	add_components(&out, path, absolute || directory[0] == '/');
	return out.length == 0 && absolute ? "/" : arena_strdup(arena, out.bytes);
}

const char *compose_path_directory(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "";
}

bool compose_path_escapes(const char *path)
{
	return path[0] == '/' || strcmp(path, "..") == 0 || text_starts_with(path, "../");
}

const char *compose_path_open(struct arena *arena, const char *project, const char *path)
{
	if (path[0] == '/')
		return path;
	if (!*path)
		return project;
	if (strcmp(project, ".") == 0)
		return path;
	return arena_printf(
		arena, "%s%s%s", project, text_ends_with(project, "/") ? "" : "/", path);
}
