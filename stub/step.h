/*
 * What a step of the procedure gets, and the kinds there are: a file a kind, a row each in the
 * table of sop_runner.c.
 *
 * A step shows itself (ui_step_begin, ui_step_end), checks its parameters' types again (the
 * manifest was written by a builder, perhaps a newer one) and fails with a text that says what the
 * person can do next.
 */
#pragma once

#include "health.h"
#include "json.h"
#include "sop_runner.h"

/* One run of the procedure. */
struct step_run {
	const struct sop *sop;
	struct compose_project project;
	struct health health;
};

int step_up(struct step_run *run, struct json parameters, struct err *err);
int step_wait_healthy(struct step_run *run, struct json parameters, struct err *err);

/* The parameter `name`, "90s", "5m", "1h" or plain seconds; *duration_ms stays as it is when it is
 * absent. */
int step_duration(
	struct json parameters, const char *name, uint64_t *duration_ms, struct err *err);
