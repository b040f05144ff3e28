/* preflight: would an installation work here? Changes nothing. */
#include "preflight.h"
#include "verbs.h"

int verb_preflight(struct session *session, struct err *err)
{
	AUTO_PLACE place = PLACE_INIT;
	struct env_files env;
	if (session_open_bundle(session, err) < 0 || place_choose(&place, session, err) < 0 ||
		env_files_plan(&env, session, &place, err) < 0)
		return -1;
	struct preflight preflight = {.session = session, .place = &place, .env = &env};
	return preflight_run(&preflight, err);
}
