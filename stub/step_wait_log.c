/*
 * The step `wait_log`: a line in a service's log, of those written since it started this time.
 * A line proves little ("Ready" is printed by servers that answer every request with an error),
 * so with required: false its absence is only shown.
 */
#include <string.h>

#include "message.h"
#include "pattern.h"
#include "step_failure.h"
#include "step_retry.h"

enum { REQUIRED_MS = 60 * 1000, OPTIONAL_MS = 10 * 1000 };

struct log_step {
	struct step_run *run;
	const char *service, *expression;
	bool required;
	struct pattern pattern;
	struct step_retry retry;
	struct text why, line; /* line: the one that matched */
};

static int read_parameters(struct log_step *step, struct json parameters, struct err *err)
{
	if (json_get_string(parameters, "service", &step->service, err) < 0 ||
		json_get_string(parameters, "match", &step->expression, err) < 0 ||
		json_get_bool_or(parameters, "required", true, &step->required, err) < 0)
		return -1;
	if (step_retry_read((struct json){0}, &step->retry, err) < 0)
		return -1;
	step->retry.for_ms = step->required ? REQUIRED_MS : OPTIONAL_MS;
	step->expression =
		step_values_expand(&step->run->values, step->expression, STEP_TEXT_PATTERN, err);
	if (!step->expression || step_duration(parameters, "timeout", &step->retry.for_ms, err) < 0)
		return -1;
	return pattern_compile(&step->pattern, step->expression, err);
}

static bool find_line(struct log_step *step, const struct text *logs)
{
	for (const char *at = logs->bytes; *at;) {
		size_t length = strcspn(at, "\n");
		if (length > 0 && pattern_matches_bytes(&step->pattern, at, length)) {
			step_add_excerpt(&step->line, at, length);
			return true;
		}
		at += length + (at[length] == '\n');
	}
	return false;
}

/* 1: the line is there, 0: not yet, -1: no use to look again. */
static int attempt(struct log_step *step, struct err *err)
{
	AUTO_TEXT logs = TEXT_INIT;
	text_clear(&step->why);
	if (health_look(&step->run->health, false, err) < 0)
		return -1;
	const struct health_service *service = step_service(step->run, step->service);
	if (!service || !service->container_id[0]) {
		text_addf(&step->why, T("service %s does not run"), step->service);
		return 0;
	}
	if (docker_container_logs_since(step->run->sop->docker, service->container_id,
		    service->started_at, &logs, err) < 0)
		return -1;
	if (find_line(step, &logs))
		return 1;
	text_addf(&step->why, T("service %s has not said \"%s\" since it started"), step->service,
		step->expression);
	return 0;
}

static int not_found(struct log_step *step, struct err *err)
{
	struct ui *ui = step->run->sop->session->ui;
	AUTO_TEXT text = TEXT_INIT;
	text_add(&text, step->why.bytes);
	step_retry_describe(&step->retry, &text);
	step_fail(step->run, CODE_STEP, &text, err);
	if (!step->required) {
		ui_step_end(ui, UI_WARNED, T("%s; nothing depends on it"), err->text);
		err_clear(err);
		return 0;
	}
	step_failure_show(step->run, step_service(step->run, step->service));
	return err_hint(err, "look at what it says; run this again when the cause is gone");
}

static int wait_for_line(struct log_step *step, struct err *err)
{
	for (;;) {
		int result = attempt(step, err);
		if (result < 0)
			return -1;
		if (result > 0)
			break;
		step_fail(step->run, CODE_STEP, &step->why, err);
		if (!step_retry_again(step->run, &step->retry, err))
			return err->code == CODE_STEP ? not_found(step, err) : -1;
	}
	step_values_mask(&step->run->values, &step->line);
	ui_step_end(step->run->sop->session->ui, UI_DONE, T("%s says: %s"), step->service,
		step->line.bytes);
	return 0;
}

int step_wait_log(struct step_run *run, struct json parameters, struct err *err)
{
	struct log_step step = {.run = run, .why = TEXT_INIT, .line = TEXT_INIT};
	ui_step_begin(run->sop->session->ui, "wait_log", "%s", T("Waiting for a line in the log"));
	int status = read_parameters(&step, parameters, err);
	if (status < 0)
		err_wrap(err, "step wait_log");
	else
		status = wait_for_line(&step, err);
	pattern_clear(&step.pattern);
	text_clear(&step.why);
	text_clear(&step.line);
	return status;
}
