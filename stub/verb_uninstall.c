/* uninstall: containers, network and images go; volumes and .env stay, unless --purge-data. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "backup_keep.h"
#include "backup_safety.h"
#include "docker_services.h"
#include "installed.h"
#include "journal.h"
#include "message.h"
#include "preflight.h"
#include "project_files.h"
#include "receipt.h"
#include "restore_env.h"
#include "restore_state.h"
#include "rollback.h"
#include "variant_choice.h"
#include "verbs.h"

/* Something of it must be there: files, or what a run that was cut off left in the engine. */
static int open_what_is_there(struct installed *installed, struct session *session, struct err *err)
{
	struct docker_container *containers;
	const char **volumes;
	size_t container_count, volume_count = 0;
	if (session_open_bundle(session, err) < 0 ||
		place_choose(&installed->place, session, err) < 0)
		return -1;
	bool half = place_require_installed(&installed->place, err) < 0;
	if (err->code == CODE_IO)
		return -1;
	struct err missing = *err;
	err_clear(err);
	if (preflight_engine(&installed->docker, &installed->engine, session, true, true, err) < 0)
		return -1;
	installed->project = place_compose(&installed->place, session, session->arena);
	if (installed_refuse_elsewhere(installed, session, err) < 0)
		return -1;
	if (!half)
		return place_lock(&installed->place, session, err);
	if (docker_project_containers(&installed->docker, installed->place.project, &containers,
		    &container_count, err) < 0 ||
		docker_project_volumes(&installed->docker, installed->place.project, &volumes,
			&volume_count, err) < 0)
		return -1;
	/* Volumes alone are nobody's in particular: those of a folder that was never here stay. */
	bool left = container_count > 0 || access(installed->place.env_file, F_OK) == 0 ||
		    (session->options->purge_data && volume_count > 0 &&
			    access(installed->place.directory, F_OK) == 0);
	if (left)
		return place_lock(&installed->place, session, err);
	*err = missing;
	return -1;
}

/* Each variant has a place of its own, and one that was given up has left files and data there. The
 * last one first: it lies in the first one's directory. */
static int each_of(struct session *session, const struct installed *installed, bool but_current,
	int (*run)(struct session *session, struct installed *installed, struct err *err),
	struct err *err)
{
	size_t current = session->variant;
	int status = 0;
	for (size_t i = session->variant_count; i-- > 0 && status == 0;) {
		struct installed one = *installed;
		if (but_current && i == current)
			continue;
		session_use_variant(session, i);
		status = place_of_variant(&one.place, &installed->place, session, err);
		if (status < 0 || (i != current && access(one.place.directory, F_OK) < 0))
			continue;
		one.project = place_compose(&one.place, session, session->arena);
		status = run(session, &one, err);
	}
	session_use_variant(session, current);
	return status;
}

/* What cannot be kept must not be found out behind the deletion. */
static int check_backups(struct session *session, struct installed *installed, struct err *err)
{
	(void)session;
	return backup_keep_check(&installed->place, true, err);
}

static int confirm(struct session *session, const struct installed *installed, struct err *err)
{
	bool yes = session->options->yes;
	if (session->options->purge_data && each_of(session, installed, false, check_backups, err) < 0)
		return -1;
	if (session->options->purge_data)
		return backup_safety_agree(session, installed->place.project,
			T("ALL DATA of %s will be deleted; a backup of it is made first. Type its "
			  "name to agree"),
			err);
	if (rollback_refuse_unfinished(&installed->place, session->arena, err) < 0)
		return -1;
	if (!yes && !ui_can_ask(session->ui))
		return backup_safety_agree(session, installed->place.project, "%s", err);
	AUTO_FREE char *question =
		xprintf(T("Remove %s? Its data stays."), installed->place.project);
	if (!yes && ui_confirm(session->ui, question, false, &yes, err) < 0)
		return -1;
	return yes ? 0 : err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
}

/* Only our private tags; an image that something else still uses stays. */
static int remove_images(struct session *session, struct installed *installed, struct err *err)
{
	if (docker_image_sweep_attempts(&installed->docker, err) < 0)
		return -1;
	for (size_t i = 0; i < session->manifest->image_count; i++) {
		const char *tag = session->manifest->images[i].tag;
		bool stays;
		if (docker_image_remove(&installed->docker, tag, &stays, err) < 0)
			return -1;
		if (stays)
			ui_note(session->ui, T("%s stays: something else uses it"), tag);
	}
	return 0;
}

/* The compose file is what makes the place an installation: without it nothing is installed. The
 * other files stay with the data they belong to. */
static void forget(const struct session *session, struct installed *installed, bool purge)
{
	if (purge) {
		unlink(installed->place.env_file);
		project_files_remove(session, &installed->place);
		restore_state_remove(installed->place.directory);
		restore_env_drop(session, &installed->place);
		unlink(installed->place.compose_file); /* its backup has it as it was */
		receipt_remove(installed->place.directory);
		place_remove(&installed->place);
		return;
	}
	project_files_remove_compose(session, &installed->place);
	receipt_retire(installed->place.directory);
}

static int each_variant(struct session *session, const struct installed *installed,
	int (*run)(struct session *session, struct installed *installed, struct err *err),
	struct err *err)
{
	return each_of(session, installed, false, run, err);
}

static int refuse_elsewhere(
	struct session *session, struct installed *installed, struct err *err)
{
	return installed_refuse_elsewhere(installed, session, err);
}

static int save(struct session *session, struct installed *installed, struct err *err)
{
	struct backup_safety safety;
	return backup_safety_make(installed, session, true, &safety, err);
}

/* The one that runs comes last: when another cannot be saved, nothing has been stopped yet. */
static int save_all(struct session *session, struct installed *installed, struct err *err)
{
	return each_of(session, installed, true, save, err) < 0 ? -1
								: save(session, installed, err);
}

/* What an upgrade had saved is no less data than what is there now. */
static int keep_backups(struct session *session, struct installed *installed, struct err *err)
{
	const char *kept = arena_printf(
		session->arena, "%s/" ROLLBACK_KEPT_BACKUP, installed->place.directory);
	if (backup_keep_rollback(session, &installed->place, err) < 0)
		return -1;
	return backup_keep_file(session, &installed->place, kept, "before-upgrade", ".tar", err);
}

/* Compose first, which knows the order; then whatever its file does not know. Volumes never by
 * Compose: `down -v` takes those that its file names, also another project's. */
static int take_down(struct session *session, struct installed *installed, struct err *err)
{
	bool purge = session->options->purge_data;
	struct docker_cli *docker = &installed->docker;
	if ((purge ? docker_services_stop(docker, &installed->project, session->ui, err)
		   : docker_services_remove(docker, &installed->project, session->ui, err)) < 0)
		return -1;
	if (purge &&
		docker_project_remove(&installed->docker, installed->place.project, true, err) < 0)
		return -1;
	return backup_safety_erase(installed, purge, err);
}

static int forget_one(struct session *session, struct installed *installed, struct err *err)
{
	(void)err;
	forget(session, installed, session->options->purge_data);
	return 0;
}

/* What services and people put beside our files is not in any volume; nobody agreed to its deletion. */
static void show_left(const struct session *session, const struct place *place)
{
	DIR *folder = opendir(place->directory);
	const struct dirent *entry;
	while (folder && (entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		const char *path =
			arena_printf(session->arena, "%s/%s", place->directory, entry->d_name);
		ui_note(session->ui,
			T("%s stays: services or people have put it there. `rm -r %s` deletes it (with "
			  "sudo where it is another user's)."),
			path, arena_shell_word(session->arena, path));
	}
	if (folder)
		closedir(folder);
}

static int say_one(struct session *session, struct installed *installed, struct err *err)
{
	(void)err;
	if (session->options->purge_data)
		show_left(session, &installed->place);
	else
		installed_show_kept(session, &installed->place, &installed->docker);
	return 0;
}

static int uninstall(struct session *session, struct installed *installed, struct err *err)
{
	bool purge = session->options->purge_data;
	if (purge && save_all(session, installed, err) < 0)
		return -1;
	ui_step_begin(session->ui, "down", "%s", T("Removing the containers"));
	if (each_variant(session, installed, take_down, err) < 0 ||
		remove_images(session, installed, err) < 0 ||
		(purge && each_variant(session, installed, keep_backups, err) < 0))
		return -1;
	variant_choice_remove(installed->place.first_directory);
	each_variant(session, installed, forget_one, err);
	ui_step_end(session->ui, UI_DONE, "%s",
		purge ? T("Containers, images and data are removed")
		      : T("Containers and images are removed"));
	return each_variant(session, installed, say_one, err);
}

int verb_uninstall(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct journal journal = JOURNAL_INIT;
	struct err ignored = ERR_INIT;
	if (open_what_is_there(&installed, session, err) < 0 ||
		each_of(session, &installed, true, refuse_elsewhere, err) < 0 ||
		confirm(session, &installed, err) < 0)
		return -1;
	if (journal_open(&journal, &installed.place, "uninstall", session->arena, &ignored) == 0)
		journal_begin(&journal, "uninstall", &ignored);
	int status = uninstall(session, &installed, err);
	journal_close(&journal, status, err);
	return status;
}
