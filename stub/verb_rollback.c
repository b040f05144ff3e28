/* rollback: goes back from an upgrade that was interrupted, or finishes going back. */
#include <unistd.h>

#include "installed.h"
#include "message.h"
#include "rollback.h"
#include "verbs.h"

static int find_point(const struct session *session, const struct installed *installed,
	struct rollback_point **point, struct err *err)
{
	const char *directory = installed->place.directory;
	struct rollback_point *stray;
	if (rollback_find_unfinished(directory, session->arena, point, err) < 0)
		return -1;
	if (*point)
		return 0;
	if (rollback_find_stray(directory, session->arena, &stray, err) < 0)
		return -1;
	if (stray) {
		err_set(err, CODE_PREFLIGHT, "%s", rollback_describe_stray(stray, session->arena));
		return err_hint(err, "%s", rollback_stray_way_out());
	}
	err_set(err, CODE_USAGE, "no upgrade is unfinished in %s", directory);
	AUTO_FREE char *kept = xprintf("%s/%s", directory, ROLLBACK_KEPT_BACKUP);
	if (access(kept, F_OK) < 0)
		return -1;
	return err_hint(err,
		"to go back from an upgrade that succeeded, let the older version's installer "
		"restore %s",
		arena_shell_word(session->arena, kept));
}

static int confirm(struct session *session, struct installed *installed, struct err *err)
{
	struct ui *ui = session->ui;
	struct rollback_point *point;
	bool yes = false;
	if (find_point(session, installed, &point, err) < 0)
		return -1;
	ui_note(ui, "%s", rollback_describe(point, session->arena));
	if (point->touched && point->phase != ROLLBACK_RETURNING)
		ui_note(ui,
			T("The data becomes what it was at %s; what is there now is saved first."),
			point->made_at);
	if (session->options->yes)
		return 0;
	if (!ui_can_ask(ui)) {
		err_set(err, CODE_USAGE, "nobody can be asked here: there is no terminal");
		return err_hint(err, "say --yes to agree");
	}
	AUTO_FREE char *question = xprintf(
		T("Go back to version %s?"), rollback_version_name(&point->from, session->arena));
	if (ui_confirm(ui, question, true, &yes, err) < 0)
		return -1;
	return yes ? 0 : err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
}

static int go_back(struct session *session, struct installed *installed, struct err *err)
{
	struct rollback_point *point;
	if (find_point(session, installed, &point, err) < 0)
		return -1;
	struct rollback rollback = {.session = session,
		.place = &installed->place,
		.docker = &installed->docker,
		.engine = &installed->engine,
		.point = point};
	return rollback_run(&rollback, 0, NULL, err);
}

int verb_rollback(struct session *session, struct err *err)
{
	static const struct installed_change change = {
		.verb = "rollback", .agree = confirm, .change = go_back};
	return installed_change(&change, session, err);
}
