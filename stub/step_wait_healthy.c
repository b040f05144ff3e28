/* The step `wait_healthy`: every service is up, healthy if it says so, and stays up (health.h). */
#include "message.h"
#include "proof.h"
#include "step_failure.h"

enum { DEFAULT_WAIT_MS = 5 * 60 * 1000 };

int step_wait_healthy(struct step_run *run, struct json parameters, struct err *err)
{
	const struct stub_options *options = run->sop->session->options;
	struct ui *ui = run->sop->session->ui;
	const struct health_service *culprit;
	struct secret_mask mask;
	struct diagnosis_context context = step_failure_context(run, &mask);
	uint64_t timeout_ms = DEFAULT_WAIT_MS;
	if (step_duration(parameters, "timeout", &timeout_ms, err) < 0)
		return -1;
	if (options->timeout_s)
		timeout_ms = options->timeout_s * 1000;
	ui_step_begin(ui, "wait_healthy", "%s", T("Waiting until everything is up and healthy"));
	run->health.is_hopeless = diagnosis_is_hopeless;
	run->health.hopeless_context = &context;
	int status = health_wait(&run->health, timeout_ms, ui, &culprit, err);
	run->health.is_hopeless = NULL;
	if (status < 0)
		return step_failure_explain(run, culprit, NULL, err);
	AUTO_TEXT services = TEXT_INIT;
	for (size_t i = 0; i < run->health.count; i++)
		text_addf(&services, "%s%s", i ? ", " : "", run->health.services[i].name);
	proof_add(run->sop->session, "wait_healthy", services.bytes, "healthy");
	ui_step_end(ui, UI_DONE, "%s", T("Everything is up and healthy"));
	return 0;
}
