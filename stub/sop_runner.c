/* Running the bundle's steps: the plan, and the table of kinds. */
#include "sop_runner.h"

#include <string.h>

#include "interrupt.h"
#include "message.h"
#include "step.h"

enum { STEP_LIMIT = 1 << 20 };

static const struct kind {
	const char *name;
	int (*run)(struct step_run *run, struct json parameters, struct err *err);
	bool proof; /* asks the application itself: repeated by the verb smoke */
} kinds[] = {
	{"up", step_up, false},
	{"wait_healthy", step_wait_healthy, false},
	{"wait_log", step_wait_log, false},
	{"http", step_http, true},
	{"exec", step_exec, true},
	{"message", step_message, false},
};

static const struct manifest_step standard[] = {{"up", NULL}, {"wait_healthy", NULL}};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int parse(const struct step_run *run, const struct manifest_step *step,
	struct json *parameters, struct err *err)
{
	*parameters = (struct json){0};
	if (!step->json)
		return 0;
	return json_parse(step->json, strlen(step->json), step->kind, STEP_LIMIT, run->values.arena,
		parameters, err);
}

static int run_step(struct step_run *run, const struct manifest_step *step, struct err *err)
{
	struct ui *ui = run->sop->session->ui;
	const struct kind *kind = find_kind(step->kind);
	struct json parameters;
	bool smoke = true;
	if (parse(run, step, &parameters, err) < 0 || interrupt_check(err) < 0)
		return -1;
	if (kind && run->sop->proof_only) {
		if (json_get_bool_or(parameters, "smoke", true, &smoke, err) < 0)
			return -1;
		if (!kind->proof || !smoke)
			return 0;
	}
	step_values_set_time(&run->values);
	if (kind)
		return kind->run(run, parameters, err);
	ui_step_begin(ui, step->kind, "%s", step->kind);
	ui_step_end(ui, UI_WARNED, T("Step %s was not done: this version does not know it"),
		step->kind);
	return 0;
}

/* The proof begins with a look at all services, with the settings of the procedure's own wait. */
static int wait_first(
	struct step_run *run, const struct manifest_step *steps, size_t count, struct err *err)
{
	struct json parameters = {0};
	for (size_t i = 0; i < count; i++) {
		if (strcmp(steps[i].kind, "wait_healthy") != 0)
			continue;
		if (parse(run, &steps[i], &parameters, err) < 0)
			return -1;
		break;
	}
	return step_wait_healthy(run, parameters, err);
}

int sop_run(const struct sop *sop, struct err *err)
{
	const struct manifest *manifest = sop->session->manifest;
	struct arena *arena = sop->session->arena;
	const struct manifest_step *steps = manifest->step_count ? manifest->steps : standard;
	size_t count = manifest->step_count ? manifest->step_count : ARRAY_SIZE(standard);
	struct step_run run = {
		.sop = sop, .project = place_compose(sop->place, sop->session, arena)};
	health_init(&run.health, sop->docker, manifest, sop->place->project, arena);
	if (step_values_init(&run.values, arena, sop->env, sop->place->project, err) < 0 ||
		health_look(&run.health, false, err) < 0 ||
		(sop->proof_only && wait_first(&run, steps, count, err) < 0))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (run_step(&run, &steps[i], err) < 0)
			return -1;
	return 0;
}
