/* Staging of env files. */
#include "restore_env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_keep.h"
#include "file_io.h"
#include "message.h"

#define FOLDER ".hardtack-restore"
enum { ENV_LIMIT = 4 << 20 };

/* ".env" and the templates' targets: name of the i-th, NULL behind the last. */
static const char *target_of(const struct manifest *manifest, size_t i)
{
	if (i == 0)
		return ".env";
	while (i <= manifest->template_count &&
		strcmp(manifest->templates[i - 1].target, ".env") == 0)
		i++;
	return i <= manifest->template_count ? manifest->templates[i - 1].target : NULL;
}

/* Does the line set NAME? ("NAME=", with blanks or "export" before it) */
static bool sets(const char *line, size_t length, const char *name, size_t name_length)
{
	size_t at = 0;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (length - at > 7 && strncmp(line + at, "export ", 7) == 0)
		at += 7;
	return length - at > name_length && strncmp(line + at, name, name_length) == 0 &&
	       (line[at + name_length] == '=' || line[at + name_length] == ' ');
}

/* --set wins over the backup's line: the line goes, and the plan adds the name anew. Values over
 * several lines keep their tails; the names that --set is for (ports, addresses) have none. */
static bool is_set_anew(const struct session *session, const char *line, size_t length)
{
	const struct option_list *list = &session->options->set;
	for (size_t i = 0; i < list->count; i++)
		if (sets(line, length, list->items[i], strcspn(list->items[i], "=")))
			return true;
	return false;
}

static int stage_file(const struct backup *backup, const struct session *session,
	const struct backup_entry *entry, const char *path, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *directory = file_directory(path);
	char *bytes;
	size_t length;
	if (backup_read_entry(backup, entry, ENV_LIMIT, session->arena, &bytes, &length, err) < 0 ||
		file_make_directories(directory, 0700, err) < 0)
		return -1;
	for (const char *at = bytes; at < bytes + length;) {
		const char *newline = memchr(at, '\n', (size_t)(bytes + length - at));
		const char *next = newline ? newline + 1 : bytes + length;
		if (!is_set_anew(session, at, (size_t)(next - at)))
			text_add_bytes(&text, at, (size_t)(next - at));
		at = next;
	}
	return file_write_all(path, text.bytes, text.length, 0600, err);
}

int restore_env_stage(const struct backup *backup, const struct session *session,
	const struct place *place, struct place *staged, struct err *err)
{
	const char *target;
	*staged = *place;
	staged->lock_fd = -1;
	staged->directory = arena_printf(session->arena, "%s/" FOLDER, place->directory);
	staged->env_file = arena_printf(session->arena, "%s/.env", staged->directory);
	restore_env_drop(session, place);
	if (file_make_directories(staged->directory, 0700, err) < 0)
		return -1;
	for (size_t i = 0; (target = target_of(session->manifest, i)); i++) {
		const struct backup_entry *entry = backup_find_file(backup, target);
		AUTO_FREE char *path = xprintf("%s/%s", staged->directory, target);
		if (entry && stage_file(backup, session, entry, path, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_same(const char *a, const char *b, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	char *first, *second;
	size_t first_length, second_length;
	return file_read_all(a, ENV_LIMIT, arena, &first, &first_length, &ignored) == 0 &&
	       file_read_all(b, ENV_LIMIT, arena, &second, &second_length, &ignored) == 0 &&
	       first_length == second_length && memcmp(first, second, first_length) == 0;
}

static int apply_file(const struct session *session, const struct place *place, const char *from,
	const char *to, bool again, struct err *err)
{
	AUTO_FREE char *directory = file_directory(to);
	struct stat st;
	if (lstat(from, &st) < 0)
		return 0; /* moved already, or not in the backup */
	if (file_make_directories(directory, 0755, err) < 0)
		return -1;
	if (again && !is_same(from, to, session->arena) &&
		backup_keep_file(session, place, to, "before-restore", ".env", err) < 0)
		return -1;
	if (rename(from, to) < 0)
		return err_set_errno(err, CODE_IO, "rename %s to %s", from, to);
	return 0;
}

int restore_env_apply(
	const struct session *session, const struct place *place, bool again, struct err *err)
{
	const char *target;
	for (size_t i = 0; (target = target_of(session->manifest, i)); i++) {
		AUTO_FREE char *from = xprintf("%s/" FOLDER "/%s", place->directory, target);
		AUTO_FREE char *to = xprintf("%s/%s", place->directory, target);
		if (apply_file(session, place, from, to, again, err) < 0)
			return -1;
	}
	return 0;
}

void restore_env_drop(const struct session *session, const struct place *place)
{
	const char *target;
	AUTO_FREE char *folder = xprintf("%s/" FOLDER, place->directory);
	for (size_t i = 0; (target = target_of(session->manifest, i)); i++) {
		AUTO_FREE char *path = xprintf("%s/%s", folder, target);
		unlink(path);
		while (strlen(path) > strlen(folder)) {
			*strrchr(path, '/') = '\0';
			rmdir(path);
		}
	}
	rmdir(folder);
}
