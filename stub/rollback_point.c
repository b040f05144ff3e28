/* Making, reading and removing the rollback point. */
#include "rollback_point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "file_owner.h"
#include "json.h"
#include "json_writer.h"

enum { SCHEMA = 1, STATE_LIMIT = 8 << 20 };

static const char *const phases[] = {
	[ROLLBACK_SAVING] = "saving",
	[ROLLBACK_SAVED] = "saved",
	[ROLLBACK_CHANGING] = "changing",
	[ROLLBACK_STARTED] = "started",
	[ROLLBACK_RETURNING] = "returning",
};
static const char *const kinds[] = {
	[ROLLBACK_FILE] = "file", [ROLLBACK_ABSENT] = "absent", [ROLLBACK_OTHER] = "other"};

const char *rollback_phase_name(enum rollback_phase phase)
{
	return phases[phase];
}

static int find_name(const char *const *names, size_t count, struct json object, const char *key,
	struct err *err)
{
	const char *name;
	if (json_get_string(object, key, &name, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return json_fail(object, err, "\"%s\" is not known to this program", name);
}

/* ---- reading ---- */

static int parse_version(
	struct rollback_version *version, struct json root, const char *key, struct err *err)
{
	struct json object;
	if (json_get_object(root, key, &object, err) < 0 ||
		json_get_string_or(object, "version", NULL, &version->version, err) < 0 ||
		json_get_string(object, "root", &version->root, err) < 0)
		return -1;
	return json_get_string(object, "installer", &version->installer, err);
}

static int parse_files(
	struct rollback_point *point, struct json root, struct arena *arena, struct err *err)
{
	struct json files, item;
	uint64_t mode;
	if (json_get_array(root, "files", &files, err) < 0)
		return -1;
	point->files = arena_alloc(arena, (json_count(files) + 1) * sizeof(*point->files));
	for (struct json_iterator it = json_items(files); json_next(&it, &item);) {
		struct rollback_file *file = &point->files[point->file_count++];
		int kind = find_name(kinds, ARRAY_SIZE(kinds), item, "kind", err);
		if (kind < 0 || json_get_string(item, "path", &file->path, err) < 0 ||
			json_get_u64(item, "mode", &mode, err) < 0)
			return -1;
		if (!manifest_is_safe_path(file->path))
			return json_fail(
				item, err, "\"%s\" is not a path below a directory", file->path);
		file->kind = (unsigned)kind;
		file->mode = (unsigned)mode & 07777;
	}
	return 0;
}

static int parse_loaded(
	struct rollback_point *point, struct json root, struct arena *arena, struct err *err)
{
	struct json loaded, item;
	if (json_get_array(root, "loaded", &loaded, err) < 0)
		return -1;
	point->loaded = arena_alloc(arena, (json_count(loaded) + 1) * sizeof(*point->loaded));
	for (struct json_iterator it = json_items(loaded); json_next(&it, &item);)
		if (json_as_string(item, &point->loaded[point->loaded_count++], err) < 0)
			return -1;
	return 0;
}

static int parse(
	struct rollback_point *point, struct json root, struct arena *arena, struct err *err)
{
	uint64_t schema, code;
	if (json_get_u64(root, "schema", &schema, err) < 0)
		return -1;
	if (schema != SCHEMA)
		return json_fail(root, err, "schema %llu, this program knows %d",
			(unsigned long long)schema, SCHEMA);
	int phase = find_name(phases, ARRAY_SIZE(phases), root, "phase", err);
	if (phase < 0 || json_get_string(root, "project", &point->project, err) < 0 ||
		json_get_string(root, "compose", &point->compose, err) < 0 ||
		json_get_string(root, "made_at", &point->made_at, err) < 0 ||
		json_get_string_or(
			root, "first_installed_at", NULL, &point->first_installed_at, err) < 0 ||
		json_get_bool(root, "touched", &point->touched, err) < 0 ||
		json_get_u64_or(root, "code", 0, &code, err) < 0 ||
		json_get_string_or(root, "cause", NULL, &point->cause, err) < 0 ||
		parse_version(&point->from, root, "from", err) < 0 ||
		parse_version(&point->to, root, "to", err) < 0)
		return -1;
	point->phase = (unsigned)phase;
	point->code = (int)code;
	if (parse_files(point, root, arena, err) < 0)
		return -1;
	return parse_loaded(point, root, arena, err);
}

int rollback_point_read(
	const char *directory, struct arena *arena, struct rollback_point **out, struct err *err)
{
	char *bytes;
	size_t length;
	struct json root;
	struct rollback_point *point = ARENA_NEW(arena, struct rollback_point);
	const char *path = arena_printf(arena, "%s/" ROLLBACK_FOLDER "/state.json", directory);
	*out = NULL;
	if (access(path, F_OK) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		err_set_errno(err, CODE_IO, "open %s", path);
		return file_owner_hint(err, path);
	}
	point->directory = directory;
	if (file_read_all(path, STATE_LIMIT, arena, &bytes, &length, err) < 0 ||
		json_parse(bytes, length, path, STATE_LIMIT, arena, &root, err) < 0 ||
		parse(point, root, arena, err) < 0)
		return -1;
	*out = point;
	return 0;
}

/* ---- writing ---- */

static void add_version(
	struct json_writer *w, const char *key, const struct rollback_version *version)
{
	json_object(w, key);
	json_string(w, "version", version->version);
	json_string(w, "root", version->root);
	json_string(w, "installer", version->installer);
	json_end(w);
}

static void add_files(struct json_writer *w, const struct rollback_point *point)
{
	json_array(w, "files");
	for (size_t i = 0; i < point->file_count; i++) {
		json_object(w, NULL);
		json_string(w, "path", point->files[i].path);
		json_string(w, "kind", kinds[point->files[i].kind]);
		json_number(w, "mode", point->files[i].mode);
		json_end(w);
	}
	json_end(w);
}

int rollback_point_write(const struct rollback_point *point, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *path = xprintf("%s/" ROLLBACK_FOLDER "/state.json", point->directory);
	struct json_writer writer = json_writer_begin(&text, false), *w = &writer;
	json_object(w, NULL);
	json_number(w, "schema", SCHEMA);
	json_string(w, "phase", phases[point->phase]);
	json_bool(w, "touched", point->touched);
	json_string(w, "project", point->project);
	json_string(w, "compose", point->compose);
	json_string(w, "made_at", point->made_at);
	json_string(w, "first_installed_at", point->first_installed_at);
	add_version(w, "from", &point->from);
	add_version(w, "to", &point->to);
	if (point->code)
		json_number(w, "code", (uint64_t)point->code);
	json_string(w, "cause", point->cause);
	add_files(w, point);
	json_array(w, "loaded");
	for (size_t i = 0; i < point->loaded_count; i++)
		json_string(w, NULL, point->loaded[i]);
	json_end(w);
	json_end(w);
	return file_write_all(path, text.bytes, text.length, 0600, err);
}

int rollback_point_mark(struct rollback_point *point, enum rollback_phase phase, struct err *err)
{
	point->phase = phase;
	point->touched = point->touched || phase == ROLLBACK_STARTED;
	return rollback_point_write(point, err);
}

/* ---- the files ---- */

static char *path_of_copy(const struct rollback_point *point, size_t index)
{
	return xprintf("%s/" ROLLBACK_FOLDER "/files/%zu", point->directory, index);
}

static int save_file(const struct rollback_point *point, size_t index, struct err *err)
{
	struct rollback_file *file = &point->files[index];
	AUTO_FREE char *path = xprintf("%s/%s", point->directory, file->path);
	AUTO_FREE char *copy = path_of_copy(point, index);
	struct stat st;
	file->mode = 0;
	if (lstat(path, &st) < 0) {
		file->kind = ROLLBACK_ABSENT;
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return err_set_errno(err, CODE_IO, "open %s", path);
	}
	file->kind = S_ISREG(st.st_mode) ? ROLLBACK_FILE : ROLLBACK_OTHER;
	file->mode = st.st_mode & 07777;
	return file->kind == ROLLBACK_FILE ? file_copy(path, copy, file->mode, true, err) : 0;
}

int rollback_point_save(struct rollback_point *point, size_t first, struct err *err)
{
	for (size_t i = first; i < point->file_count; i++)
		if (save_file(point, i, err) < 0)
			return -1;
	return 0;
}

int rollback_point_create(struct rollback_point *point, struct arena *arena, struct err *err)
{
	if (rollback_point_remove(point->directory, err) < 0)
		return -1;
	const char *folder = arena_printf(arena, "%s/" ROLLBACK_FOLDER "/files", point->directory);
	if (file_make_directories(folder, 0700, err) < 0 || rollback_point_save(point, 0, err) < 0)
		return -1;
	return rollback_point_write(point, err);
}

static int put_back(const struct rollback_point *point, size_t index, struct err *err)
{
	const struct rollback_file *file = &point->files[index];
	AUTO_FREE char *path = xprintf("%s/%s", point->directory, file->path);
	AUTO_FREE char *copy = path_of_copy(point, index);
	AUTO_FREE char *old = xprintf("%s.old", path);
	AUTO_FREE char *folder = xprintf("%.*s", (int)(file_base_name(path) - path - 1), path);
	struct stat st;
	switch (file->kind) {
	case ROLLBACK_FILE:
		if (file_make_directories(folder, 0755, err) < 0)
			return -1;
		return file_copy(copy, path, file->mode, true, err);
	case ROLLBACK_ABSENT:
		if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
			return err_set_errno(err, CODE_IO, "remove %s", path);
		return 0;
	case ROLLBACK_OTHER: /* project_files_write() set it aside, if it needed its place */
		if (lstat(old, &st) == 0 && !S_ISREG(st.st_mode) && rename(old, path) < 0)
			return err_set_errno(err, CODE_IO, "rename %s to %s", old, path);
		return 0;
	}
	return 0;
}

/* Links and the like first: they wait as NAME.old, which may be the path of a file of its own. */
int rollback_point_put_back(const struct rollback_point *point, struct err *err)
{
	for (size_t i = 0; i < point->file_count; i++)
		if (point->files[i].kind == ROLLBACK_OTHER && put_back(point, i, err) < 0)
			return -1;
	for (size_t i = 0; i < point->file_count; i++)
		if (point->files[i].kind != ROLLBACK_OTHER && put_back(point, i, err) < 0)
			return -1;
	return 0;
}

const char *rollback_point_saved(
	const struct rollback_point *point, const char *path, struct arena *arena)
{
	for (size_t i = 0; i < point->file_count; i++)
		if (point->files[i].kind == ROLLBACK_FILE &&
			strcmp(point->files[i].path, path) == 0)
			return arena_printf(
				arena, "%s/" ROLLBACK_FOLDER "/files/%zu", point->directory, i);
	return NULL;
}

const char *rollback_point_backup(const char *directory, struct arena *arena)
{
	return arena_printf(arena, "%s/" ROLLBACK_FOLDER "/data.backup", directory);
}

/* ---- the end ---- */

static int fail_remove(const char *path, struct err *err)
{
	err_set_errno(err, CODE_IO, "remove %s", path);
	return file_owner_hint(err, path);
}

static int remove_one(int status, const char *path, struct err *err)
{
	return status == 0 || errno == ENOENT || errno == ENOTDIR ? 0 : fail_remove(path, err);
}

/* Its files, and the folder. */
static int remove_all_of(const char *folder, struct err *err)
{
	int status = 0;
	DIR *handle = opendir(folder);
	if (!handle)
		return remove_one(-1, folder, err);
	for (const struct dirent *item; status == 0 && (item = readdir(handle));) {
		AUTO_FREE char *path = xprintf("%s/%s", folder, item->d_name);
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			status = remove_one(unlink(path), path, err);
	}
	closedir(handle);
	return status < 0 ? -1 : remove_one(rmdir(folder), folder, err);
}

int rollback_point_remove(const char *directory, struct err *err)
{
	AUTO_FREE char *folder = xprintf("%s/" ROLLBACK_FOLDER, directory);
	AUTO_FREE char *state = xprintf("%s/state.json", folder);
	AUTO_FREE char *files = xprintf("%s/files", folder);
	if (remove_one(unlink(state), state, err) < 0)
		return -1;
	AUTO_FD fd = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd >= 0)
		fsync(fd);
	return remove_all_of(files, err) < 0 ? -1 : remove_all_of(folder, err);
}

int rollback_point_check(const char *directory, struct err *err)
{
	static const struct {
		const char *name;
		int mode;
	} parts[] = {
		{"", R_OK | W_OK | X_OK}, {"/files", R_OK | W_OK | X_OK}, {"/data.backup", R_OK}};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		AUTO_FREE char *path =
			xprintf("%s/" ROLLBACK_FOLDER "%s", directory, parts[i].name);
		if (access(path, parts[i].mode) < 0 && errno != ENOENT && errno != ENOTDIR)
			return fail_remove(path, err);
	}
	return 0;
}
