/* Files that outlive an installation. */
#include "backup_keep.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file_io.h"
#include "file_owner.h"
#include "message.h"
#include "rollback_point.h"

const char *backup_keep_path(const struct session *session, const struct place *place,
	const char *what, long long at, const char *extension, struct err *err)
{
	struct arena *arena = session->arena;
	const char *given = session->options->backup_to;
	AUTO_FREE char *parent = file_directory(place->first_directory);
	const char *folder = given ? given : arena_printf(arena, "%s/backups", parent);
	char when[32];
	time_t seconds = (time_t)at;
	struct tm utc;
	struct stat st;
	gmtime_r(&seconds, &utc);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &utc);
	if (file_make_directories(folder, 0700, err) < 0)
		return NULL;
	const char *stem = arena_printf(arena, "%s/%s%s%s-%s", folder, place->project,
		what ? "-" : "", what ? what : "", when);
	const char *path = arena_printf(arena, "%s%s", stem, extension);
	for (int i = 2; lstat(path, &st) == 0; i++)
		path = arena_printf(arena, "%s-%d%s", stem, i, extension);
	return path;
}

static int fail_keep(const char *path, struct err *err)
{
	err_set_errno(err, CODE_IO, "keep %s", path);
	return file_owner_hint(err, path);
}

static int move_or_copy(const char *from, const char *to, struct err *err)
{
	if (file_rename_new(from, to, err) == 0) {
		chmod(to, 0600);
		return 0;
	}
	if (err->sys_errno != EXDEV)
		return -1;
	err_clear(err);
	if (file_copy(from, to, 0600, false, err) < 0)
		return -1;
	unlink(from);
	return 0;
}

/* The name was free a moment ago: whoever took it meanwhile keeps it, and the next one is tried. */
static int move(const struct session *session, const struct place *place, const char *from,
	const struct stat *st, const char *what, const char *extension, const char **to,
	struct err *err)
{
	do {
		err_clear(err);
		*to = backup_keep_path(session, place, what, st->st_mtime, extension, err);
		if (!*to)
			return -1;
		if (move_or_copy(from, *to, err) == 0)
			return 0;
	} while (err->sys_errno == EEXIST);
	file_owner_hint(err, from);
	return err_wrap(err, "keep %s", from);
}

int backup_keep_file(const struct session *session, const struct place *place, const char *path,
	const char *what, const char *extension, struct err *err)
{
	struct stat st;
	const char *to;
	AUTO_TEXT size = TEXT_INIT;
	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail_keep(path, err);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (move(session, place, path, &st, what, extension, &to, err) < 0)
		return -1;
	text_add_size(&size, (unsigned long long)st.st_size);
	struct ui_field fields[] = {
		UI_TEXT("path", to), UI_TEXT("what", what), UI_NUMBER("size", st.st_size)};
	if (ui_is_json(session->ui))
		UI_RECORD(session->ui, "backup-kept", fields, "%s", "");
	else
		ui_note(session->ui, T("%s is kept as %s (%s); delete it when you like."),
			file_base_name(path), to, size.bytes);
	return 0;
}

int backup_keep_rollback(const struct session *session, const struct place *place, struct err *err)
{
	if (backup_keep_file(session, place,
		    rollback_point_backup(place->directory, session->arena),
		    "before-unfinished-upgrade", ".tar", err) < 0)
		return -1;
	return rollback_point_remove(place->directory, err);
}

int backup_keep_check(const struct place *place, bool purge, struct err *err)
{
	AUTO_FREE char *kept = xprintf("%s/" ROLLBACK_KEPT_BACKUP, place->directory);
	if (rollback_point_check(place->directory, err) < 0)
		return -1;
	if (purge && access(kept, R_OK) < 0 && errno != ENOENT && errno != ENOTDIR)
		return fail_keep(kept, err);
	return 0;
}
