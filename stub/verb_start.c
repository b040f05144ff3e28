/* start: the steps again. What was changed in .env since counts: compose makes anew what it
 * concerns, and nothing else. */
#include <unistd.h>

#include "installed.h"
#include "restore_state.h"
#include "rollback.h"
#include "sop_runner.h"
#include "verbs.h"

/* New secrets would not be those of the data. */
static int require_secrets(const struct env_files *env, const struct place *place, struct err *err)
{
	if (!env->new_secret)
		return 0;
	if (access(place->env_file, F_OK) == 0)
		err_set(err, CODE_PREFLIGHT, "%s lacks: %s", place->env_file, env->new_secret);
	else
		err_set(err, CODE_PREFLIGHT, "%s is gone, and with it the passwords of the data",
			place->env_file);
	return err_hint(err, "put it back from a backup; only when there is no data, run the "
			     "installer's install again: it makes a new one");
}

static int start(struct session *session, struct installed *installed, struct err *err)
{
	struct env_files env;
	if (restore_state_require_none(&installed->place, session->arena, err) < 0 ||
		rollback_refuse_unfinished(&installed->place, session->arena, err) < 0 ||
		env_files_plan(&env, session, &installed->place, err) < 0 ||
		require_secrets(&env, &installed->place, err) < 0 ||
		env_files_follow(&env, session->ui, err) < 0)
		return -1;
	struct sop sop = {.session = session,
		.place = &installed->place,
		.env = &env,
		.docker = &installed->docker,
		.recreate = true};
	return sop_run(&sop, err);
}

int verb_start(struct session *session, struct err *err)
{
	static const struct installed_change change = {.verb = "start", .change = start};
	return installed_change(&change, session, err);
}
