/* smoke: proves again that the application works, by the procedure's http and exec steps. 0 it
 * does, 13 and 14 a service does not even run well, 15 the application gives wrong answers. */
#include "installed.h"
#include "message.h"
#include "sop_runner.h"
#include "verbs.h"

int verb_smoke(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct env_files env;
	if (installed_open(&installed, session, false, err) < 0 ||
		env_files_plan(&env, session, &installed.place, err) < 0)
		return -1;
	struct sop sop = {.session = session,
		.place = &installed.place,
		.env = &env,
		.docker = &installed.docker,
		.proof_only = true};
	if (sop_run(&sop, err) < 0)
		return -1;
	ui_note(session->ui, "%s", T("The application works."));
	return 0;
}
