/*
 * What a step of the procedure gets, and the kinds there are: a file a kind, a row each in the
 * table of sop_runner.c. What the steps mean to those who write them: docs/sop.md.
 *
 * A step shows itself (ui_step_begin, ui_step_end), checks its parameters' types again (the
 * manifest was written by a builder, perhaps a newer one) and fails with a text that says what the
 * person can do next.
 */
#pragma once

#include "health.h"
#include "json.h"
#include "sop_runner.h"
#include "step_values.h"

/* One run of the procedure. */
struct step_run {
	const struct sop *sop;
	struct compose_project project;
	struct health health;
	struct step_values values;
};

int step_up(struct step_run *run, struct json parameters, struct err *err);
int step_wait_healthy(struct step_run *run, struct json parameters, struct err *err);
int step_wait_log(struct step_run *run, struct json parameters, struct err *err);
int step_http(struct step_run *run, struct json parameters, struct err *err);
int step_exec(struct step_run *run, struct json parameters, struct err *err);
int step_message(struct step_run *run, struct json parameters, struct err *err);

/* The parameter `name`, "90s", "5m", "1h" or plain seconds; *duration_ms stays as it is when it is
 * absent. */
int step_duration(struct json parameters, const char *name, uint64_t *duration_ms, struct err *err);

/* The parameter `name`, {en, zh}, in the person's language; fallback when it is absent. */
int step_local(struct json parameters, const char *name, const char *fallback, const char **out,
	struct err *err);

/* Is the number the one that is expected: a number, or one of a list of them? */
bool step_number_matches(struct json expected, int64_t number);

/* The service's state at the last look, or NULL: there is none of that name. */
const struct health_service *step_service(const struct step_run *run, const char *name);

/* Adds the beginning of what a program or a server said, on one line, safe for a terminal. */
void step_add_excerpt(struct text *text, const char *bytes, size_t length);

/* Fails with code and the text, secrets masked. */
int step_fail(const struct step_run *run, int code, const struct text *text, struct err *err);
