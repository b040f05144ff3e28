/* Telling why a service failed. */
#include "step_failure.h"

#include <string.h>

#include "message.h"

enum { LOG_LINES = 20 };

void step_failure_show(const struct step_run *run, const struct health_service *culprit)
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

int step_failure_of_up(struct step_run *run, struct err *err)
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
	step_failure_show(run, culprit);
	return -1;
}
