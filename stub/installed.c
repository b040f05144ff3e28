/* Opening an existing installation. */
#include "installed.h"

#include "preflight.h"

int installed_open(struct installed *installed, struct session *session, bool lock, struct err *err)
{
	if (session_open_bundle(session, err) < 0 ||
		place_choose(&installed->place, session, err) < 0 ||
		place_require_installed(&installed->place, err) < 0 ||
		(lock && place_lock(&installed->place, err) < 0))
		return -1;
	installed->project = place_compose(&installed->place, session, session->arena);
	return preflight_engine(&installed->docker, &installed->engine, session, true, lock, err);
}

void installed_close(struct installed *installed)
{
	place_clear(&installed->place);
}
