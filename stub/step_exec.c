/*
 * The step `exec`: a command in a service's running container, judged by its exit code and output.
 * No shell is involved unless the command says so.
 */
#include <string.h>

#include "message.h"
#include "pattern.h"
#include "proof.h"
#include "step_failure.h"
#include "step_retry.h"

enum { TIMEOUT_MS = 60 * 1000 };

struct exec_step {
	struct step_run *run;
	struct json parameters, exit_code;
	const char *service, *title;
	struct docker_exec exec;
	struct variable_set variables;
	struct pattern pattern; /* when it is compiled */
	const char *expression, *part;
	struct step_retry retry;
	struct text why;
};

static int read_command(struct exec_step *step, struct err *err)
{
	struct json command, item;
	const struct step_values *values = &step->run->values;
	if (json_get_array(step->parameters, "command", &command, err) < 0)
		return -1;
	const char **words = arena_alloc(values->arena, (json_count(command) + 1) * sizeof(*words));
	for (struct json_iterator it = json_items(command); json_next(&it, &item);) {
		const char *word;
		if (json_as_string(item, &word, err) < 0 ||
			!(word = step_values_expand(values, word, STEP_TEXT_PLAIN, err)))
			return -1;
		words[step->exec.word_count++] = word;
	}
	step->exec.words = words;
	return step->exec.word_count ? 0 : json_fail(command, err, "is empty");
}

static int read_variables(struct exec_step *step, struct err *err)
{
	const char *name, *value;
	struct json env, item;
	const struct step_values *values = &step->run->values;
	variable_set_init(&step->variables, values->arena);
	step->exec.variables = &step->variables;
	if (json_get_object_or_none(step->parameters, "env", &env, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(env); json_next_member(&it, &name, &item);) {
		if (json_as_string(item, &value, err) < 0 ||
			!(value = step_values_expand(values, value, STEP_TEXT_PLAIN, err)))
			return -1;
		variable_set_put(&step->variables, name, value);
	}
	return 0;
}

static int read_expectation(struct exec_step *step, struct err *err)
{
	struct json expect;
	const struct step_values *values = &step->run->values;
	if (json_get_object_or_none(step->parameters, "expect", &expect, err) < 0)
		return -1;
	if (json_is_absent(expect))
		return 0; /* exit 0 */
	if (json_get_string_or(expect, "contains", NULL, &step->part, err) < 0 ||
		json_get_string_or(expect, "output_match", NULL, &step->expression, err) < 0)
		return -1;
	step->exit_code = json_member(expect, "exit");
	if (step->part &&
		!(step->part = step_values_expand(values, step->part, STEP_TEXT_PLAIN, err)))
		return -1;
	if (!step->expression)
		return 0;
	step->expression = step_values_expand(values, step->expression, STEP_TEXT_PATTERN, err);
	return step->expression ? pattern_compile(&step->pattern, step->expression, err) : -1;
}

static int read_parameters(struct exec_step *step, struct err *err)
{
	step->exec.timeout_ms = TIMEOUT_MS;
	if (json_get_string(step->parameters, "service", &step->service, err) < 0 ||
		step_duration(step->parameters, "timeout", &step->exec.timeout_ms, err) < 0 ||
		step_retry_read(step->parameters, &step->retry, err) < 0 ||
		read_command(step, err) < 0 || read_variables(step, err) < 0)
		return -1;
	return read_expectation(step, err);
}

static bool judge(
	struct exec_step *step, const struct child_result *result, const struct text *said)
{
	struct text *why = &step->why;
	bool code_fits = json_is_absent(step->exit_code)
				 ? result->exit_code == 0
				 : step_number_matches(step->exit_code, result->exit_code);
	if (!code_fits) {
		AUTO_TEXT wanted = TEXT_INIT;
		if (json_is_absent(step->exit_code))
			text_add(&wanted, "0");
		else
			json_write(&wanted, step->exit_code);
		text_addf(why, T("exit code %d, expected %s"), result->exit_code, wanted.bytes);
	} else if (step->part && !strstr(said->bytes, step->part)) {
		text_addf(why, T("the output does not contain \"%s\""), step->part);
	} else if (step->expression &&
		   !pattern_matches_bytes(&step->pattern, said->bytes, said->length)) {
		text_addf(why, T("the output does not match \"%s\""), step->expression);
	} else {
		return true;
	}
	if (said->length > 0) {
		text_add(why, T("; it said: "));
		step_add_excerpt(why, said->bytes, said->length);
	}
	return false;
}

/* 1: as expected, 0: not, -1: no use to try again. */
static int attempt(struct exec_step *step, struct err *err)
{
	struct docker_cli *docker = step->run->sop->docker;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	AUTO_TEXT said = TEXT_INIT;
	struct err look_err = ERR_INIT;
	text_clear(&step->why);
	if (health_look(&step->run->health, false, err) < 0)
		return -1;
	const struct health_service *service = step_service(step->run, step->service);
	if (!service || !service->container_id[0] || !service->running) {
		text_addf(&step->why, T("service %s does not run"), step->service);
		return 0;
	}
	if (docker_container_exec(docker, service->container_id, &step->exec, &result, &look_err) <
		0) {
		if (look_err.code != CODE_DOCKER) {
			*err = look_err;
			return -1;
		}
		text_add(&step->why, look_err.text);
		return 0;
	}
	child_output_describe(&result.out, &said);
	if (said.length > 0 && result.err.total > 0)
		text_add(&said, "\n");
	child_output_describe(&result.err, &said);
	return judge(step, &result, &said);
}

static int failed(struct exec_step *step, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_TEXT command = TEXT_INIT;
	for (size_t i = 0; i < step->exec.word_count; i++)
		text_addf(&command, "%s%s", i ? " " : "", step->exec.words[i]);
	if (*step->title)
		text_addf(&text, "%s: ", step->title);
	text_addf(&text, T("in service %s: "), step->service);
	step_add_excerpt(&text, command.bytes, command.length);
	text_addf(&text, ": %s", step->why.bytes);
	step_retry_describe(&step->retry, &text);
	step_failure_show(step->run, step_service(step->run, step->service));
	step_fail(step->run, step->run->sop->proof_only ? CODE_SMOKE : CODE_STEP, &text, err);
	return err_hint(err, "look at what it says; run this again when the cause is gone");
}

static int run_until_expected(struct exec_step *step, struct err *err)
{
	struct ui *ui = step->run->sop->session->ui;
	struct ui_field fields[] = {UI_TEXT("kind", "exec"), UI_TEXT("name", step->title),
		UI_TEXT("service", step->service), UI_NUMBER("tries", 0)};
	for (;;) {
		int result = attempt(step, err);
		if (result < 0)
			return -1;
		if (result > 0)
			break;
		step_fail(step->run, CODE_STEP, &step->why, err);
		if (!step_retry_again(step->run, &step->retry, err))
			return err->code == CODE_STEP ? failed(step, err) : -1;
	}
	fields[3].number = step->retry.tries + 1;
	const struct session *session = step->run->sop->session;
	proof_add(session, "exec", step->title,
		arena_printf(session->arena, "in %s%s", step->service,
			proof_tries(session, step->retry.tries + 1)));
	if (ui_is_json(ui))
		UI_RECORD(ui, "proof", fields, "%s", "");
	ui_step_end(ui, UI_DONE, T("%s: as expected"), step->title);
	return 0;
}

int step_exec(struct step_run *run, struct json parameters, struct err *err)
{
	struct exec_step *step = ARENA_NEW(run->values.arena, struct exec_step);
	*step = (struct exec_step){.run = run, .parameters = parameters, .why = TEXT_INIT};
	const char *standard = T("Running a command in a service");
	if (step_local(parameters, "name", standard, &step->title, err) < 0)
		return -1;
	ui_step_begin(run->sop->session->ui, "exec", "%s", step->title);
	int status = read_parameters(step, err);
	if (status < 0)
		err_wrap(err, "exec step %s", step->title);
	else
		status = run_until_expected(step, err);
	pattern_clear(&step->pattern);
	text_clear(&step->why);
	return status;
}
