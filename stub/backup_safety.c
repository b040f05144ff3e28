/* The backup before a deletion, and the deletion. */
#include "backup_safety.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "backup.h"
#include "backup_keep.h"
#include "backup_plan.h"
#include "docker_services.h"
#include "interrupt.h"
#include "message.h"
#include "restore_state.h"
#include "rollback.h"

int backup_safety_has_data(
	const struct installed *installed, struct session *session, bool *has_data, struct err *err)
{
	struct backup_plan plan;
	struct docker_cli docker = installed->docker;
	if (backup_plan_look(&plan, session, &installed->place, &docker, err) < 0)
		return -1;
	*has_data = plan.volume_count > 0 || plan.directory_count > 0;
	return 0;
}

/* What a backup takes of settings: regular files. */
static bool has_settings(const struct session *session, const struct place *place)
{
	const struct manifest *manifest = session->manifest;
	struct stat st;
	if (lstat(place->env_file, &st) == 0 && S_ISREG(st.st_mode))
		return true;
	for (size_t i = 0; i < manifest->template_count; i++) {
		AUTO_FREE char *path =
			xprintf("%s/%s", place->directory, manifest->templates[i].target);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
			return true;
	}
	return false;
}

/* Services on data of which nobody knows whose it is are not started (`start` refuses too). */
static int may_start(const struct place *place, const struct session *session, struct err *err)
{
	return restore_state_require_none(place, session->arena, err) < 0
		       ? -1
		       : rollback_refuse_unfinished(place, session->arena, err);
}

void backup_safety_give_up(const struct installed *installed, const struct session *session,
	const struct backup_safety *safety)
{
	struct docker_cli docker = installed->docker;
	struct err problem = ERR_INIT;
	struct compose_project project = place_compose(&installed->place, session, session->arena);
	if (!safety->stopped)
		return;
	interrupt_defer(true);
	int status = may_start(&installed->place, session, &problem);
	if (status == 0)
		status = docker_compose_up(&docker, &project, false, &problem);
	interrupt_defer(false);
	if (status == 0) {
		ui_note(session->ui, "%s", T("The services are started again"));
		return;
	}
	docker_services_tell(&docker, &project, &problem);
	ui_warning(session->ui, problem.hint, "%s", problem.text);
}

static int write_file(const struct installed *installed, struct session *session,
	struct backup_safety *safety, struct err *err)
{
	struct docker_cli docker = installed->docker;
	const struct backup_request request = {.session = session,
		.place = &installed->place,
		.docker = &docker,
		.engine = &installed->engine,
		.path = safety->path,
		.without_hook = true,
		.stopped = &safety->stopped};
	return backup_write(&request, err);
}

int backup_safety_make(const struct installed *installed, struct session *session,
	bool settings_too, struct backup_safety *safety, struct err *err)
{
	bool has_data;
	const struct place *place = &installed->place;
	*safety = (struct backup_safety){0};
	if (backup_safety_has_data(installed, session, &has_data, err) < 0)
		return -1;
	if (!has_data && !(settings_too && has_settings(session, place)))
		return 0;
	safety->path = backup_keep_path(session, place, NULL, time(NULL), ".tar", err);
	if (!safety->path)
		return -1;
	if (write_file(installed, session, safety, err) < 0) {
		backup_safety_give_up(installed, session, safety);
		err_hint(err,
			"without a backup nothing is deleted: say --backup-to DIR for another "
			"disk, or make the cause go away");
		return err_wrap(err, "back up the data first");
	}
	struct ui_field fields[] = {UI_TEXT("path", safety->path)};
	UI_RECORD(session->ui, "backup", fields, T("backup of the data: %s"), safety->path);
	return 0;
}

int backup_safety_agree(
	const struct session *session, const char *project, const char *question, struct err *err)
{
	char answer[128];
	AUTO_FREE char *text = xprintf(question, project);
	if (session->options->yes)
		return 0;
	if (!ui_can_ask(session->ui)) {
		err_set(err, CODE_USAGE, "nobody can be asked here: there is no terminal");
		return err_hint(err, "say --yes to agree");
	}
	if (ui_ask(session->ui, text, NULL, false, answer, sizeof(answer), err) < 0)
		return -1;
	return strcmp(answer, project) == 0
		       ? 0
		       : err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
}

int backup_safety_erase(const struct installed *installed, bool volumes, struct err *err)
{
	struct docker_cli docker = installed->docker;
	const char *project = installed->place.project, **names;
	size_t count = 0;
	if (docker_project_remove(&docker, project, false, err) < 0 ||
		docker_project_remove_networks(&docker, project, err) < 0)
		return -1;
	if (!volumes)
		return 0;
	if (docker_project_volumes(&docker, project, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct docker_volume volume;
		bool found;
		if (docker_volume_inspect(&docker, names[i], &volume, &found, err) < 0)
			return -1;
		bool saved = found && !volume.has_options && strcmp(volume.driver, "local") == 0;
		if (saved && docker_volume_remove(&docker, names[i], err) < 0)
			return -1;
	}
	return 0;
}
