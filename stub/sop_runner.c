/* Running the bundle's steps: the plan, and the table of kinds. */
#include "sop_runner.h"

#include <string.h>

#include "message.h"
#include "step.h"

enum { STEP_LIMIT = 1 << 20 };

static const struct {
	const char *kind;
	int (*run)(struct step_run *run, struct json parameters, struct err *err);
} kinds[] = {
	{"up", step_up},
	{"wait_healthy", step_wait_healthy},
};

static int run_step(struct step_run *run, const struct manifest_step *step, struct err *err)
{
	struct ui *ui = run->sop->session->ui;
	struct json parameters = {0};
	if (step->json && json_parse(step->json, strlen(step->json), step->kind, STEP_LIMIT,
				  run->sop->session->arena, &parameters, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].kind, step->kind) == 0)
			return kinds[i].run(run, parameters, err);
	ui_step_begin(ui, step->kind, "%s", step->kind);
	ui_step_end(ui, UI_WARNED, T("Step %s was not done: this version does not know it"),
		step->kind);
	return 0;
}

int sop_run(const struct sop *sop, struct err *err)
{
	static const struct manifest_step standard[] = {{"up", NULL}, {"wait_healthy", NULL}};
	const struct manifest *manifest = sop->session->manifest;
	const struct manifest_step *steps = manifest->step_count ? manifest->steps : standard;
	size_t count = manifest->step_count ? manifest->step_count : ARRAY_SIZE(standard);
	struct step_run run = {.sop = sop,
		.project = place_compose(sop->place, sop->session, sop->session->arena)};
	health_init(&run.health, sop->docker, manifest, sop->place->project, sop->session->arena);
	if (health_look(&run.health, false, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (run_step(&run, &steps[i], err) < 0)
			return -1;
	return 0;
}
