/* The step `wait_healthy`: every service is up, healthy if it says so, and stays up (health.h). */
#include "message.h"
#include "step_failure.h"

enum { DEFAULT_WAIT_MS = 5 * 60 * 1000 };

int step_wait_healthy(struct step_run *run, struct json parameters, struct err *err)
{
	const struct stub_options *options = run->sop->session->options;
	struct ui *ui = run->sop->session->ui;
	const struct health_service *culprit;
	uint64_t timeout_ms = DEFAULT_WAIT_MS;
	if (step_duration(parameters, "timeout", &timeout_ms, err) < 0)
		return -1;
	if (options->timeout_s)
		timeout_ms = options->timeout_s * 1000;
	ui_step_begin(ui, "wait_healthy", "%s", T("Waiting until everything is up and healthy"));
	if (health_wait(&run->health, timeout_ms, ui, &culprit, err) < 0) {
		step_failure_show(run, culprit);
		return -1;
	}
	ui_step_end(ui, UI_DONE, "%s", T("Everything is up and healthy"));
	return 0;
}
