/* Running the bundle's steps. */
#include "sop_runner.h"

#include <string.h>

#include "json.h"
#include "message.h"
#include "number.h"

enum {
	DEFAULT_WAIT_MS = 5 * 60 * 1000,
	LOG_LINES = 20,
	STEP_LIMIT = 1 << 20,
};

struct run {
	const struct sop *sop;
	struct compose_project project;
	struct health health;
};

/* The last words of a service that does not come up, as they would look on the person's terminal,
 * were it safe to show them there. */
static void show_logs(const struct run *run, const struct health_service *culprit)
{
	struct ui *ui = run->sop->session->ui;
	AUTO_TEXT logs = TEXT_INIT;
	struct err ignored = ERR_INIT;
	if (!culprit || !culprit->container_id[0] ||
		docker_container_logs(
			run->sop->docker, culprit->container_id, LOG_LINES, &logs, &ignored) < 0 ||
		logs.length == 0)
		return;
	env_files_mask(run->sop->env, &logs);
	struct ui_field fields[] = {UI_TEXT("service", culprit->name), UI_TEXT("text", logs.bytes)};
	if (ui_is_json(ui)) {
		UI_RECORD(ui, "log", fields, "%s", "");
		return;
	}
	ui_note(ui, T("The last lines of service %s:"), culprit->name);
	for (const char *line = logs.bytes; *line;) {
		size_t length = strcspn(line, "\n");
		ui_note(ui, "  | %.*s", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

/* `up` says what compose thought; what the containers say is nearer to the cause. */
static int up_failed(struct run *run, struct err *err)
{
	struct err look_err = ERR_INIT, wait_err = ERR_INIT;
	const struct health_service *culprit = NULL;
	for (int look = 0; look < 4; look++) {
		if (health_look(&run->health, false, &look_err) < 0)
			return -1;
		for (size_t i = 0; i < run->health.count; i++) {
			const struct health_service *service = &run->health.services[i];
			if (service->state == HEALTH_RESTARTING ||
				service->state == HEALTH_FAILED ||
				service->state == HEALTH_UNHEALTHY)
				culprit = service;
		}
		if (culprit)
			break;
	}
	if (!culprit)
		return -1;
	if (culprit->state == HEALTH_RESTARTING || culprit->restart_count > culprit->first_count) {
		AUTO(arena) arena = arena_new();
		err_set(&wait_err, CODE_CRASH_LOOP, "service %s crashes again and again: %s",
			culprit->name, health_describe(culprit, arena));
		*err = wait_err;
	}
	show_logs(run, culprit);
	return -1;
}

static int step_up(struct run *run, struct json parameters, struct err *err)
{
	const struct sop *sop = run->sop;
	struct ui *ui = sop->session->ui;
	(void)parameters;
	ui_step_begin(ui, "up", "%s", T("Starting the services"));
	if (docker_compose_up(sop->docker, &run->project, sop->recreate, err) < 0) {
		if (err->code != CODE_STEP)
			return -1;
		err_hint(err, "look at what it says; run this again when the cause is gone");
		return up_failed(run, err);
	}
	ui_step_end(ui, UI_DONE, T("Services started: %zu"), run->health.count);
	return 0;
}

/* "90s", "5m", "1h" or plain seconds. */
static int parse_timeout(struct json parameters, uint64_t *timeout_ms, struct err *err)
{
	const char *text;
	char digits[16];
	uint64_t number;
	if (json_is_absent(parameters))
		return 0;
	if (json_get_string_or(parameters, "timeout", NULL, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	size_t length = strspn(text, "0123456789");
	const char *unit = text + length;
	if (length == 0 || length > 6)
		return err_set(err, CODE_INTEGRITY, "\"%s\" is not a duration", text);
	memcpy(digits, text, length);
	digits[length] = '\0';
	number_parse_u64(digits, &number);
	if (strcmp(unit, "h") == 0)
		number *= 3600;
	else if (strcmp(unit, "m") == 0)
		number *= 60;
	else if (*unit && strcmp(unit, "s") != 0)
		return err_set(err, CODE_INTEGRITY, "\"%s\" is not a duration", text);
	*timeout_ms = number * 1000;
	return 0;
}

static int step_wait_healthy(struct run *run, struct json parameters, struct err *err)
{
	const struct stub_options *options = run->sop->session->options;
	struct ui *ui = run->sop->session->ui;
	const struct health_service *culprit;
	uint64_t timeout_ms = DEFAULT_WAIT_MS;
	if (parse_timeout(parameters, &timeout_ms, err) < 0)
		return -1;
	if (options->timeout_s)
		timeout_ms = options->timeout_s * 1000;
	ui_step_begin(ui, "wait_healthy", "%s", T("Waiting until everything is up and healthy"));
	if (health_wait(&run->health, timeout_ms, ui, &culprit, err) < 0) {
		show_logs(run, culprit);
		return -1;
	}
	ui_step_end(ui, UI_DONE, "%s", T("Everything is up and healthy"));
	return 0;
}

static const struct {
	const char *kind;
	int (*run)(struct run *run, struct json parameters, struct err *err);
} kinds[] = {
	{"up", step_up},
	{"wait_healthy", step_wait_healthy},
};

static int run_step(struct run *run, const struct manifest_step *step, struct err *err)
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
	struct run run = {.sop = sop,
		.project = place_compose(sop->place, sop->session, sop->session->arena)};
	health_init(&run.health, sop->docker, manifest, sop->place->project, sop->session->arena);
	if (health_look(&run.health, false, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (run_step(&run, &steps[i], err) < 0)
			return -1;
	return 0;
}
