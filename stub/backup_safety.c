/* The backup before a deletion, and the deletion. */
#include "backup_safety.h"

#include <string.h>
#include <time.h>

#include "backup.h"
#include "backup_plan.h"
#include "file_io.h"
#include "image_load.h"
#include "message.h"

static const char *choose_path(
	const struct session *session, const struct place *place, struct err *err)
{
	const char *given = session->options->backup_to;
	AUTO_FREE char *parent = file_directory(place->first_directory);
	const char *folder = given ? given : arena_printf(session->arena, "%s/backups", parent);
	char at[32];
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &utc);
	if (file_make_directories(folder, 0700, err) < 0)
		return NULL;
	return arena_printf(session->arena, "%s/%s-%s.tar", folder, place->project, at);
}

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

/* Volumes are reached through an image, and an uninstall has taken them all: the installer brings
 * one along, its control program can only say so (backup_write() does). */
static int bring_an_image(
	struct session *session, const struct place *place, struct docker_cli *docker, struct err *err)
{
	const char *image;
	struct err missing = ERR_INIT;
	if (backup_find_image(session, place, NULL, docker, &image, &missing) == 0)
		return 0;
	if (missing.code != CODE_NOT_FOUND) {
		*err = missing;
		return -1;
	}
	if (session->manifest->installer)
		return 0;
	return session_verify(session, err) < 0
		       ? -1
		       : image_load_smallest(docker, session->bundle, session->ui, err);
}

int backup_safety_make(const struct installed *installed, struct session *session,
	const char **path, struct err *err)
{
	bool has_data;
	struct docker_cli docker = installed->docker;
	*path = NULL;
	if (backup_safety_has_data(installed, session, &has_data, err) < 0)
		return -1;
	if (!has_data)
		return 0;
	const char *file = choose_path(session, &installed->place, err);
	if (!file)
		return -1;
	const struct backup_request request = {.session = session,
		.place = &installed->place,
		.docker = &docker,
		.engine = &installed->engine,
		.path = file,
		.without_hook = true};
	if (bring_an_image(session, &installed->place, &docker, err) < 0 ||
		backup_write(&request, err) < 0) {
		err_hint(err,
			"without a backup nothing is deleted: say --backup-to DIR for another "
			"disk, or make the cause go away");
		return err_wrap(err, "back up the data first");
	}
	*path = file;
	struct ui_field fields[] = {UI_TEXT("path", file)};
	UI_RECORD(session->ui, "backup", fields, T("backup of the data: %s"), file);
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
