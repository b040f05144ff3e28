/* Opening an existing installation. */
#include "installed.h"

#include "journal.h"
#include "preflight.h"

int installed_open(struct installed *installed, struct session *session, bool lock, struct err *err)
{
	if (session_open_bundle(session, err) < 0 ||
		place_choose(&installed->place, session, err) < 0 ||
		place_require_installed(&installed->place, err) < 0 ||
		(lock && place_lock(&installed->place, session, err) < 0))
		return -1;
	installed->project = place_compose(&installed->place, session, session->arena);
	return preflight_engine(&installed->docker, &installed->engine, session, true, lock, err);
}

int installed_change(
	const struct installed_change *change, struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct journal journal = JOURNAL_INIT;
	struct err ignored = ERR_INIT;
	if (installed_open(&installed, session, true, err) < 0 ||
		(change->agree && change->agree(session, &installed, err) < 0))
		return -1;
	if (journal_open(&journal, &installed.place, change->verb, session->arena, &ignored) == 0)
		journal_begin(&journal, change->verb, &ignored);
	int status = change->change(session, &installed, err);
	journal_close(&journal, status, err);
	return status;
}

void installed_close(struct installed *installed)
{
	place_clear(&installed->place);
}
