/* Going back to the version before. */
#include "rollback.h"

#include <string.h>
#include <unistd.h>

#include "backup.h"
#include "backup_safety.h"
#include "journal.h"
#include "message.h"
#include "sop_runner.h"

enum { ROOT_SHOWN = 12 };

const char *rollback_version_name(const struct rollback_version *version, struct arena *arena)
{
	return version->version ? version->version
				: arena_printf(arena, "(%.*s)", ROOT_SHOWN, version->root);
}

/* ---- what is unfinished ---- */

/* A damaged receipt says nothing, like none: then the journal is asked. */
static bool is_stray(const struct rollback_point *point, const struct receipt *receipt)
{
	const struct place place = {.directory = point->directory};
	if (!receipt)
		return journal_story(&place) == JOURNAL_NEVER;
	if (strcmp(receipt->root, point->from.root) != 0 &&
		strcmp(receipt->root, point->to.root) != 0)
		return true;
	return point->first_installed_at &&
	       strcmp(receipt->first_installed_at, point->first_installed_at) != 0;
}

static int look(const char *directory, struct arena *arena, struct rollback_point **unfinished,
	struct rollback_point **stray, struct err *err)
{
	struct receipt *receipt = NULL;
	struct rollback_point *point;
	struct err problem = ERR_INIT;
	*unfinished = *stray = NULL;
	if (rollback_point_read(directory, arena, &point, err) < 0)
		return -1;
	if (!point)
		return 0;
	if (receipt_read(directory, arena, &receipt, &problem) < 0) {
		if (problem.code != CODE_INPUT)
			return *err = problem, -1;
		receipt = NULL;
	}
	if (is_stray(point, receipt))
		*stray = point;
	else if (!receipt || point->phase == ROLLBACK_RETURNING ||
		 strcmp(receipt->root, point->to.root) != 0)
		*unfinished = point;
	return 0;
}

int rollback_find_unfinished(
	const char *directory, struct arena *arena, struct rollback_point **out, struct err *err)
{
	struct rollback_point *stray;
	return look(directory, arena, out, &stray, err);
}

int rollback_find_stray(
	const char *directory, struct arena *arena, struct rollback_point **out, struct err *err)
{
	struct rollback_point *unfinished;
	return look(directory, arena, &unfinished, out, err);
}

const char *rollback_describe_stray(const struct rollback_point *point, struct arena *arena)
{
	return arena_printf(arena,
		T("a rollback point of an installation that is gone lies in %s/%s (from version %s "
		  "to %s, of %s): its data must not replace what came after"),
		point->directory, ROLLBACK_FOLDER, rollback_version_name(&point->from, arena),
		rollback_version_name(&point->to, arena), point->made_at);
}

const char *rollback_stray_way_out(void)
{
	return T("`install` moves the data that it holds to the folder backups, and removes it");
}

const char *rollback_describe(const struct rollback_point *point, struct arena *arena)
{
	const char *from = rollback_version_name(&point->from, arena);
	const char *to = rollback_version_name(&point->to, arena);
	if (point->phase == ROLLBACK_RETURNING)
		return arena_printf(
			arena, T("going back from version %s to %s was interrupted"), to, from);
	return arena_printf(arena,
		T("the upgrade from version %s to %s was interrupted (at \"%s\", begun %s)"), from,
		to, rollback_phase_name(point->phase), point->made_at);
}

const char *rollback_ways_out(const struct rollback_point *point, struct arena *arena)
{
	const char *from = rollback_version_name(&point->from, arena);
	if (point->phase == ROLLBACK_RETURNING)
		return arena_printf(arena, T("finish going back: \"%s/%s\" rollback"),
			point->directory, MANIFEST_CONTROL_NAME);
	return arena_printf(arena,
		T("finish it: \"%s\" install; or go back to version %s: \"%s/%s\" rollback"),
		point->to.installer, from, point->directory, MANIFEST_CONTROL_NAME);
}

int rollback_refuse_unfinished(const struct place *place, struct arena *arena, struct err *err)
{
	struct rollback_point *point;
	if (rollback_find_unfinished(place->directory, arena, &point, err) < 0)
		return -1;
	if (!point)
		return 0;
	err_set(err, CODE_PREFLIGHT, "%s", rollback_describe(point, arena));
	return err_hint(err, "%s", rollback_ways_out(point, arena));
}

/* ---- the old version ---- */

struct old_version {
	struct stub_options options;
	struct session session;
	struct place place;
	bool known; /* the old procedure can be read */
};

static void old_version_close(struct old_version *old)
{
	session_close(&old->session);
}
#define AUTO_OLD __attribute__((cleanup(old_version_close))) struct old_version

/* Without the old control program, or with one that is damaged, going back still works; proving
 * does not. */
static int open_old(struct old_version *old, const struct rollback *rollback, struct err *err)
{
	struct session *session = rollback->session;
	struct err problem = ERR_INIT;
	const char *path =
		rollback_point_saved(rollback->point, MANIFEST_CONTROL_NAME, session->arena);
	*old = (struct old_version){.session = SESSION_INIT, .place = PLACE_INIT};
	old->options = (struct stub_options){.directory = rollback->place->directory,
		.project_name = rollback->place->project,
		.timeout_s = session->options->timeout_s,
		.yes = true};
	if (!path)
		return 0;
	if (session_open_other(&old->session, session, path, &old->options, &problem) < 0) {
		ui_warning(session->ui, problem.hint, "%s", problem.text);
		return 0;
	}
	const char *variant = session->manifest->variant;
	size_t number = variant ? session_find_variant(&old->session, variant) : 0;
	if (number == old->session.variant_count)
		return 0;
	session_use_variant(&old->session, number);
	old->known = true;
	return place_of_variant(&old->place, rollback->place, &old->session, err);
}

static bool has_service(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->service_count; i++)
		if (strcmp(manifest->services[i].name, name) == 0)
			return true;
	return false;
}

/* Containers of services that the old version does not have. */
static int remove_strangers(
	struct rollback *rollback, const struct old_version *old, struct err *err)
{
	struct docker_container *containers;
	size_t count;
	if (docker_project_containers(
		    rollback->docker, rollback->place->project, &containers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && old->known; i++)
		if (!has_service(old->session.manifest, containers[i].service) &&
			docker_container_remove(rollback->docker, containers[i].id, err) < 0)
			return -1;
	return 0;
}

static int start_unproven(struct rollback *rollback, struct err *err)
{
	const struct place *place = rollback->place;
	struct arena *arena = rollback->session->arena;
	struct compose_project project = place_compose(place, rollback->session, arena);
	project.file = arena_printf(arena, "%s/%s", place->directory, rollback->point->compose);
	project.profiles = NULL; /* the new version's */
	rollback->unproven = true;
	return docker_compose_up(rollback->docker, &project, true, err);
}

static int start_old(struct rollback *rollback, struct old_version *old, struct err *err)
{
	struct env_files env;
	if (!old->known)
		return start_unproven(rollback, err);
	if (env_files_plan(&env, &old->session, &old->place, err) < 0)
		return -1;
	struct sop sop = {.session = &old->session,
		.place = &old->place,
		.env = &env,
		.docker = rollback->docker,
		.recreate = true};
	return sop_run(&sop, err);
}

static bool is_old_tag(const struct old_version *old, const char *tag)
{
	for (size_t i = 0; i < old->session.manifest->image_count; i++)
		if (strcmp(old->session.manifest->images[i].tag, tag) == 0)
			return true;
	return false;
}

/* Tags of the new version alone; an image that something else uses stays. */
static int remove_loaded(struct rollback *rollback, const struct old_version *old, struct err *err)
{
	bool stays;
	for (size_t i = 0; old->known && i < rollback->point->loaded_count; i++)
		if (!is_old_tag(old, rollback->point->loaded[i]) &&
			docker_image_remove(
				rollback->docker, rollback->point->loaded[i], &stays, err) < 0)
			return -1;
	return 0;
}

/* ---- data ---- */

static int put_data_back(struct rollback *rollback, struct err *err)
{
	AUTO_BACKUP backup = BACKUP_INIT;
	struct session *session = rollback->session;
	const struct place *place = rollback->place;
	const char *image;
	if (!rollback->point->touched)
		return 0;
	if (backup_open(&backup, rollback_point_backup(place->directory, session->arena),
		    session->arena, session->ui, err) < 0)
		return -1;
	rollback->not_back = backup.not_in;
	rollback->not_back_count = backup.not_in_count;
	/* Removing the containers would cut off volumes without a name, for nothing. */
	if (backup.volume_count == 0 && backup.directory_count == 0)
		return 0;
	if (backup_find_image(session, place, &backup, rollback->docker, &image, err) < 0)
		return -1;
	return backup_restore_data(&backup, place, rollback->docker, image, session->ui, err);
}

/* What was written since the new version started is in no other backup. Once going back has begun,
 * the data is half the one and half the other. */
static int save_what_is_there(struct rollback *rollback, struct err *err)
{
	struct backup_safety safety;
	if (!rollback->engine || !rollback->point->touched ||
		rollback->point->phase == ROLLBACK_RETURNING)
		return 0;
	const struct installed installed = {.place = *rollback->place,
		.docker = *rollback->docker,
		.engine = *rollback->engine};
	return backup_safety_make(&installed, rollback->session, false, &safety, err);
}

/* ---- the whole way ---- */

static int announce(struct rollback *rollback, int code, const char *cause, struct err *err)
{
	struct rollback_point *point = rollback->point;
	struct ui *ui = rollback->session->ui;
	ui_step_begin(ui, "rollback", T("Going back to version %s"),
		rollback_version_name(&point->from, rollback->session->arena));
	if (point->phase == ROLLBACK_RETURNING)
		return 0;
	point->code = code;
	point->cause = cause;
	return rollback_point_mark(point, ROLLBACK_RETURNING, err);
}

static int restore_all(struct rollback *rollback, const struct old_version *old, struct err *err)
{
	struct ui *ui = rollback->session->ui;
	const char *project = rollback->place->project;
	if (docker_helper_sweep(rollback->docker, project, err) < 0 ||
		docker_project_stop(rollback->docker, project, err) < 0)
		return -1;
	ui_step_end(ui, UI_DONE, "%s", T("The services are stopped; data stays"));
	if (put_data_back(rollback, err) < 0)
		return -1;
	ui_step_begin(ui, "files-back", "%s", T("Putting the files back as they were"));
	if (rollback_point_put_back(rollback->point, err) < 0 ||
		remove_strangers(rollback, old, err) < 0)
		return -1;
	ui_step_end(ui, UI_DONE, "%s", T("The files are as they were"));
	/* From here on data is the old version's own: it is not put back again. */
	rollback->point->touched = false;
	return rollback_point_write(rollback->point, err);
}

/* The old version runs over what the new one has made of these. */
static void say_what_is_not_back(const struct rollback *rollback)
{
	for (size_t i = 0; i < rollback->not_back_count; i++)
		ui_warning(rollback->session->ui,
			T("the new version may have changed it: look whether it is as it should be"),
			T("%s was not in the backup and is not put back"),
			rollback->not_back[i].name);
}

int rollback_run(struct rollback *rollback, int code, const char *cause, struct err *err)
{
	struct ui *ui = rollback->session->ui;
	AUTO_OLD old;
	if (open_old(&old, rollback, err) < 0 || save_what_is_there(rollback, err) < 0 ||
		announce(rollback, code, cause, err) < 0)
		return -1;
	bool back = restore_all(rollback, &old, err) == 0 && start_old(rollback, &old, err) == 0 &&
		    remove_loaded(rollback, &old, err) == 0;
	say_what_is_not_back(rollback);
	if (!back || rollback_point_remove(rollback->place->directory, err) < 0)
		return -1;
	const char *name = rollback_version_name(&rollback->point->from, rollback->session->arena);
	if (rollback->unproven)
		ui_warning(ui, T("look whether it works: its own procedure is gone"),
			T("version %s is back and started, but not proven"), name);
	else
		ui_note(ui, T("Version %s is back, and proven."), name);
	return 0;
}
