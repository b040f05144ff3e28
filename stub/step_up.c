/* The step `up`: compose starts the services. Proves nothing: wait_healthy looks. */
#include "message.h"
#include "step_failure.h"

int step_up(struct step_run *run, struct json parameters, struct err *err)
{
	const struct sop *sop = run->sop;
	struct ui *ui = sop->session->ui;
	(void)parameters;
	ui_step_begin(ui, "up", "%s", T("Starting the services"));
	if (docker_compose_up(sop->docker, &run->project, sop->recreate, err) < 0) {
		/* Compose has touched no container: what one says is of an earlier run. */
		if (err->code != CODE_STEP || sop->docker->compose_unreadable)
			return -1;
		err_hint(err, "look at what it says; run this again when the cause is gone");
		return step_failure_of_up(run, err);
	}
	ui_step_end(ui, UI_DONE, T("Services started: %zu"), run->health.count);
	return 0;
}
