/* Walks what a project mounts. */
#include "closure_walk.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "compose_path.h"
#include "secret_check.h"

enum { LIMIT_DEPTH = 64, LIMIT_ENTRIES = 100000 };

int closure_walk_init(struct closure_walk *walk, struct err *err)
{
	AUTO_FREE char *real = realpath(walk->directory, NULL);
	if (!real)
		return err_set_errno(err, CODE_INPUT, "open %s", walk->directory);
	walk->real = arena_strdup(walk->arena, real);
	walk->err = err;
	return 0;
}

void closure_walk_add(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const char *source, unsigned mode)
{
	struct closure *closure = walk->closure;
	*ARENA_PUSH(walk->arena, closure->entries, closure->count, closure->capacity) =
		(struct closure_entry){kind, arena_strdup(walk->arena, packed),
			source ? arena_strdup(walk->arena, source) : NULL, mode, NULL, NULL};
}

static void add_refusal(struct closure_walk *walk, const struct closure_reason *reason,
	const char *rule, const char *format, const char *path)
{
	finding_add(walk->findings, FINDING_ERROR, rule, reason->file, reason->line, format, path);
}

/* Does the real path lie below the project directory (or is it that one)? */
static bool is_inside(const struct closure_walk *walk, const char *real)
{
	size_t length = strlen(walk->real);
	if (strcmp(walk->real, "/") == 0)
		return true;
	return strncmp(real, walk->real, length) == 0 && (!real[length] || real[length] == '/');
}

enum closure_presence closure_walk_look(
	struct closure_walk *walk, const char *packed, const struct closure_reason *reason)
{
	const char *path = compose_path_open(walk->arena, walk->directory, packed);
	struct stat st;
	if (lstat(path, &st) < 0 || (S_ISLNK(st.st_mode) && stat(path, &st) < 0))
		return CLOSURE_MISSING;
	AUTO_FREE char *real = realpath(path, NULL);
	if (!real || !is_inside(walk, real)) {
		add_refusal(walk, reason, "path-escapes",
			"%s is a link that leads out of the project directory", path);
		return CLOSURE_REFUSED;
	}
	if (S_ISREG(st.st_mode))
		return CLOSURE_IS_FILE;
	if (S_ISDIR(st.st_mode))
		return CLOSURE_IS_DIRECTORY;
	add_refusal(walk, reason, "special-file", "%s is neither a file nor a directory", path);
	return CLOSURE_REFUSED;
}

static bool is_good_name(const char *name)
{
	size_t length = strlen(name);
	if (!text_is_utf8(name, length) || strchr(name, '\\'))
		return false;
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return true;
}

/* .env and .env.production, but not .env.example. */
static bool is_env_name(const char *name)
{
	static const char *const examples[] = {"example", "sample", "template", "dist"};
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		if (text_ends_with(name, examples[i]))
			return false;
	return strcmp(name, ".env") == 0 || text_starts_with(name, ".env.");
}

static int add_file(struct closure_walk *walk, enum closure_kind kind, const char *packed)
{
	const char *path = compose_path_open(walk->arena, walk->directory, packed);
	struct stat st;
	if (walk->closure->count >= LIMIT_ENTRIES)
		return err_set(walk->err, CODE_INPUT, "the project mounts too many files");
	if (stat(path, &st) < 0)
		return err_set_errno(walk->err, CODE_IO, "open %s", path);
	const char *slash = strrchr(packed, '/');
	const char *name = slash ? slash + 1 : packed;
	if (walk->check_env && kind == CLOSURE_FILE && is_env_name(name) &&
		secret_check_file(path, false, walk->findings, walk->err) < 0)
		return -1;
	closure_walk_add(walk, kind, packed, path, st.st_mode & 0111 ? 0755 : 0644);
	return 0;
}

static bool is_skipped(const struct closure_walk *walk, const char *packed, const char *name)
{
	return strcmp(name, ".git") == 0 || strcmp(name, ".DS_Store") == 0 ||
	       (walk->skip_env && strcmp(packed, ".env") == 0);
}

/* A folder that is a link to one of its own parents would never end. */
static bool is_loop(const struct closure_walk *walk, const char *packed)
{
	const char *path = compose_path_open(walk->arena, walk->directory, packed);
	const char *above = compose_path_open(
		walk->arena, walk->directory, compose_path_directory(walk->arena, packed));
	struct stat st;
	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return false;
	AUTO_FREE char *real = realpath(path, NULL);
	AUTO_FREE char *parent = realpath(above, NULL);
	size_t length = real ? strlen(real) : 0;
	return real && parent && strncmp(parent, real, length) == 0 &&
	       (!parent[length] || parent[length] == '/');
}

static int walk_directory(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const struct closure_reason *reason, int depth);

static int walk_child(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const char *name, const struct closure_reason *reason, int depth)
{
	const char *child = *packed ? arena_printf(walk->arena, "%s/%s", packed, name)
				    : arena_strdup(walk->arena, name);
	if (is_skipped(walk, child, name))
		return 0;
	if (!is_good_name(name)) {
		add_refusal(walk, reason, "bad-name",
			"the name of a file in %s has characters that do not travel",
			compose_path_open(walk->arena, walk->directory, packed));
		return 0;
	}
	switch (closure_walk_look(walk, child, reason)) {
	case CLOSURE_IS_FILE:
		return add_file(walk, kind, child);
	case CLOSURE_IS_DIRECTORY:
		if (is_loop(walk, child)) {
			add_refusal(walk, reason, "link-loop", "%s is a link to a folder above it",
				compose_path_open(walk->arena, walk->directory, child));
			return 0;
		}
		return walk_directory(walk, kind, child, reason, depth + 1);
	case CLOSURE_MISSING:
		add_refusal(walk, reason, "missing-file", "%s is a link to nothing",
			compose_path_open(walk->arena, walk->directory, child));
		return 0;
	case CLOSURE_REFUSED:
		return 0;
	}
	return 0;
}

static int walk_directory(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const struct closure_reason *reason, int depth)
{
	const char *path = compose_path_open(walk->arena, walk->directory, packed);
	if (depth > LIMIT_DEPTH)
		return err_set(walk->err, CODE_INPUT, "%s: folders are nested too deeply", path);
	DIR *directory = opendir(path);
	if (!directory)
		return err_set_errno(walk->err, CODE_IO, "open %s", path);
	size_t before = walk->closure->count;
	int result = 0;
	const struct dirent *entry;
	while (result == 0 && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = walk_child(walk, kind, packed, entry->d_name, reason, depth);
	closedir(directory);
	if (result == 0 && walk->closure->count == before && *packed)
		closure_walk_add(walk, CLOSURE_DIRECTORY, packed, NULL, 0755);
	return result;
}

int closure_walk_tree(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const struct closure_reason *reason)
{
	switch (closure_walk_look(walk, packed, reason)) {
	case CLOSURE_IS_FILE:
		return add_file(walk, kind, packed);
	case CLOSURE_IS_DIRECTORY:
		return walk_directory(walk, kind, packed, reason, 0);
	case CLOSURE_MISSING:
	case CLOSURE_REFUSED:
		break;
	}
	return 0;
}
