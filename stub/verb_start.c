/* start: the steps again, with the containers as they are. */
#include "installed.h"
#include "sop_runner.h"
#include "verbs.h"

int verb_start(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct env_files env;
	if (installed_open(&installed, session, true, err) < 0 ||
		env_files_plan(&env, session, &installed.place, err) < 0)
		return -1;
	struct sop sop = {.session = session,
		.place = &installed.place,
		.env = &env,
		.docker = &installed.docker};
	return sop_run(&sop, err);
}
