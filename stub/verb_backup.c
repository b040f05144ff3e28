/* backup: one file with all that cannot be had again; the services run again afterwards. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "installed.h"
#include "journal.h"
#include "keep_awake.h"
#include "message.h"
#include "restore_state.h"
#include "rollback.h"
#include "verbs.h"

#define STOPPED "stopped"

static int note_stopped(void *context, bool stopped, struct err *err)
{
	struct journal *journal = context;
	journal_end(journal, 0, NULL);
	return journal_begin(journal, stopped ? STOPPED : "verify", err);
}

/* A stick's file system may know no owners: then everybody reads it, whatever was asked for. */
static const char *words_for(const struct stat *st, const struct place *place)
{
	if (access(place->env_file, F_OK) < 0)
		return T("%s. Keep it on another disk; `restore %s` puts it back.");
	if (st->st_mode & 077)
		return T("%s, and this disk lets everybody read it: it holds the passwords of the "
			 "data. Keep it where nobody else gets at it; `restore %s` puts it back.");
	return T("%s, readable by you alone: it holds the passwords of the data. Keep "
		 "it on another disk; `restore %s` puts it back.");
}

static void say_what_it_is(
	const struct session *session, const struct place *place, const char *path)
{
	struct stat st = {0};
	AUTO_TEXT size = TEXT_INIT;
	long long bytes = stat(path, &st) == 0 ? (long long)st.st_size : 0;
	text_add_size(&size, (unsigned long long)bytes);
	struct ui_field fields[] = {UI_TEXT("path", path), UI_NUMBER("bytes", bytes)};
	UI_RECORD(session->ui, "backup", fields, "%s", path);
	ui_note(session->ui, words_for(&st, place), size.bytes,
		arena_shell_word(session->arena, path));
}

int verb_backup(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct journal journal = JOURNAL_INIT;
	const char *path = session->arguments[0];
	keep_awake();
	struct backup_request request = {
		.session = session, .path = path, .place = &installed.place, .start_again = true};
	/* A path that was mistyped is no backup that failed: the journal has nothing of it. */
	if (installed_open(&installed, session, true, err) < 0 ||
		backup_check_path(&request, err) < 0 ||
		restore_state_require_none(&installed.place, session->arena, err) < 0 ||
		rollback_refuse_unfinished(&installed.place, session->arena, err) < 0 ||
		journal_open(&journal, &installed.place, "backup", session->arena, err) < 0)
		return -1;
	const struct journal_past *past = &journal.past;
	request.docker = &installed.docker;
	request.engine = &installed.engine;
	request.was_stopped = past->verb && strcmp(past->verb, "backup") == 0 && !past->ended &&
			      past->step && strcmp(past->step, STOPPED) == 0;
	request.stopping = note_stopped;
	request.context = &journal;
	int status = journal_begin(&journal, "backup", err);
	if (status == 0)
		status = backup_write(&request, err);
	journal_close(&journal, status, err);
	if (status == 0)
		say_what_it_is(session, &installed.place, path);
	return status;
}
