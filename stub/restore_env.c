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

static bool is_there(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The backup's; else the one that lies here, which data from here was made with: nothing staged
 * would mean new passwords. Neither: *bytes NULL. */
static int read_file(const struct backup *backup, const struct session *session, const char *target,
	const char *here, char **bytes, size_t *length, struct err *err)
{
	const struct backup_entry *entry = backup_find_file(backup, target);
	*bytes = NULL;
	*length = 0;
	if (entry)
		return backup_read_entry(
			backup, entry, ENV_LIMIT, session->arena, bytes, length, err);
	return is_there(here) ? file_read_all(here, ENV_LIMIT, session->arena, bytes, length, err)
			      : 0;
}

static int stage_file(const struct backup *backup, const struct session *session,
	const char *target, const char *here, const char *path, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *directory = file_directory(path);
	char *bytes;
	size_t length;
	if (read_file(backup, session, target, here, &bytes, &length, err) < 0)
		return -1;
	if (!bytes)
		return 0;
	if (file_make_directories(directory, 0700, err) < 0)
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
		AUTO_FREE char *here = xprintf("%s/%s", place->directory, target);
		AUTO_FREE char *path = xprintf("%s/%s", staged->directory, target);
		if (stage_file(backup, session, target, here, path, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_template(const struct manifest *manifest, const char *target)
{
	for (size_t i = 0; i < manifest->template_count; i++)
		if (strcmp(manifest->templates[i].target, target) == 0)
			return true;
	return false;
}

void restore_env_tell(
	const struct backup *backup, const struct session *session, const struct place *place)
{
	const char *target;
	for (size_t i = 0; (target = target_of(session->manifest, i)); i++) {
		AUTO_FREE char *here = xprintf("%s/%s", place->directory, target);
		if (backup_find_file(backup, target))
			continue;
		if (is_there(here))
			ui_note(session->ui,
				T("  settings    the backup has no %s: the one that lies here "
				  "stays "
				  "and is used"),
				here);
		else if (has_template(session->manifest, target))
			ui_warning(session->ui,
				T("if you have the one that the data was made with, put it there "
				  "first"),
				T("neither the backup nor this machine has %s: it is made anew, "
				  "with new passwords, which the data may not know"),
				here);
	}
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
		return 0; /* moved already, or nowhere */
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
