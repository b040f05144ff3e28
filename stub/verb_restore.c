/* restore: a backup becomes the installation's data, settings and files, here or elsewhere. */
#include <string.h>
#include <unistd.h>

#include "backup_hook.h"
#include "backup_keep.h"
#include "backup_safety.h"
#include "fallback.h"
#include "handoff.h"
#include "image_load.h"
#include "interrupt.h"
#include "journal.h"
#include "json.h"
#include "keep_awake.h"
#include "message.h"
#include "preflight.h"
#include "project_files.h"
#include "receipt.h"
#include "restore_env.h"
#include "restore_rules.h"
#include "restore_state.h"
#include "sop_runner.h"
#include "verbs.h"

enum { RECEIPT_LIMIT = 4 << 20 };

struct restore {
	struct session *session;
	const char *path; /* of the backup, absolute */
	struct backup backup;
	struct journal journal;
	struct restore_state *past; /* of a run that was cut off, or NULL */
	struct installed installed; /* place, engine */
	struct receipt *old;
	struct place staged;
	struct env_files env;
	struct preflight preflight;
	struct restore_state state; /* on disk from "save" on */
	bool has_data;
};

/* ---- nothing is touched yet ---- */

static int verify_this_file(struct restore *restore, struct err *err)
{
	return session_open_verified(restore->session, err);
}

static int verify_the_backup(struct restore *restore, struct err *err)
{
	return backup_open(&restore->backup, restore->path, restore->session->arena,
		restore->session->ui, err);
}

/* A backup that was made without a receipt: the project's name has the variant's behind it. */
static const char *variant_by_project(const struct restore *restore)
{
	const char *first = restore->installed.place.first_project;
	const char *project = restore->backup.project;
	size_t length = strlen(first);
	if (strncmp(project, first, length) != 0 || project[length] != '-' ||
		session_find_variant(restore->session, project + length + 1) ==
			restore->session->variant_count)
		return NULL;
	return project + length + 1;
}

/* *variant NULL: the first choice. */
static int read_variant(struct restore *restore, const char **variant, struct err *err)
{
	const struct backup_entry *entry = restore->backup.receipt;
	struct arena *arena = restore->session->arena;
	struct json receipt;
	char *bytes;
	size_t length;
	*variant = NULL;
	if (!entry) {
		*variant = variant_by_project(restore);
		return 0;
	}
	if (backup_read_entry(&restore->backup, entry, RECEIPT_LIMIT, arena, &bytes, &length, err) <
			0 ||
		json_parse(bytes, length, entry->path, RECEIPT_LIMIT, arena, &receipt, err) < 0)
		return -1;
	return json_get_string_or(receipt, "variant", NULL, variant, err);
}

/* A damaged one does not matter: what there is makes way, and a new one is written. */
static int read_receipt(struct restore *restore, struct err *err)
{
	const struct session *session = restore->session;
	if (receipt_read(restore->installed.place.directory, session->arena, &restore->old, err) ==
		0)
		return 0;
	if (err->code != CODE_INPUT)
		return -1;
	ui_warning(session->ui, T("a new one is written when all is proven"), "%s", err->text);
	err_clear(err);
	return 0;
}

static int choose_place(struct restore *restore, struct err *err)
{
	struct installed *installed = &restore->installed;
	struct session *session = restore->session;
	const char *variant;
	if (place_choose(&installed->place, session, err) < 0 ||
		read_variant(restore, &variant, err) < 0 ||
		fallback_turn_to(session, &installed->place, variant, err) < 0 ||
		read_receipt(restore, err) < 0 ||
		restore_state_read(
			installed->place.directory, session->arena, &restore->past, err) < 0)
		return -1;
	if (restore_rules_check(&restore->backup, session, &installed->place, err) < 0)
		return -1;
	return restore_rules_check_postgres(&restore->backup, session, err);
}

static int look_around(struct restore *restore, struct err *err)
{
	struct installed *installed = &restore->installed;
	if (preflight_engine(
		    &installed->docker, &installed->engine, restore->session, true, true, err) < 0)
		return -1;
	installed->project =
		place_compose(&installed->place, restore->session, restore->session->arena);
	if (backup_safety_has_data(installed, restore->session, &restore->has_data, err) < 0)
		return -1;
	/* What a restore that was cut off has started is no data of its own. */
	return restore->past ? 0
			     : restore_rules_check_data(&restore->backup, &installed->place,
				       restore->has_data, err);
}

static int agree(struct restore *restore, struct err *err)
{
	const struct backup *backup = &restore->backup;
	const struct place *place = &restore->installed.place;
	struct ui *ui = restore->session->ui;
	/* What cannot be kept must not be found out when the data has been replaced. */
	if (backup_keep_check(place, false, err) < 0)
		return -1;
	ui_note(ui, T("  backup      %s %s, of the project %s, made %s"), backup->name,
		backup->version ? backup->version : "", backup->project, backup->created_at);
	ui_note(ui, T("  directory   %s"), place->directory);
	restore_env_tell(backup, restore->session, place);
	restore_rules_warn(backup, ui);
	if (restore->past)
		ui_note(ui,
			T("An earlier restore (of %s) is not through; this one replaces what it "
			  "left."),
			restore->past->backup);
	if (restore->past && !restore->past->whole)
		return 0;
	if (restore->has_data)
		return backup_safety_agree(restore->session, place->project,
			T("ALL DATA of %s will be replaced by the backup; a backup of it is made "
			  "first. Type its name to agree"),
			err);
	bool yes = restore->session->options->yes;
	if (!yes && !ui_can_ask(ui))
		return backup_safety_agree(restore->session, place->project, "%s", err);
	if (!yes && ui_confirm(ui, T("Go on?"), true, &yes, err) < 0)
		return -1;
	return yes ? 0 : err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
}

static int take_the_lock(struct restore *restore, struct err *err)
{
	keep_awake();
	if (place_lock(&restore->installed.place, restore->session, err) < 0 ||
		fallback_remember(restore->session, &restore->installed.place, err) < 0)
		return -1;
	return journal_open(&restore->journal, &restore->installed.place, "restore",
		restore->session->arena, err);
}

/* With the backup's own ports and settings. */
static int check_machine(struct restore *restore, struct err *err)
{
	struct session *session = restore->session;
	const struct manifest *manifest = session->manifest;
	struct preflight *preflight = &restore->preflight;
	if (restore_env_stage(&restore->backup, session, &restore->installed.place,
		    &restore->staged, err) < 0 ||
		env_files_plan(&restore->env, session, &restore->staged, err) < 0)
		return -1;
	*preflight = (struct preflight){.session = session,
		.place = &restore->installed.place,
		.env = &restore->env,
		.restoring = true,
		.upgrading = restore->backup.version && manifest->version &&
			     strcmp(restore->backup.version, manifest->version) != 0};
	if (preflight_run(preflight, err) < 0)
		return -1;
	if (manifest->installer && preflight->wanted_count > 0)
		return session_require_images(
			session, restore->old ? restore->old->installer : NULL, err);
	return 0;
}

/* ---- from here on things change ---- */

static int load_images(struct restore *restore, struct err *err)
{
	struct preflight *preflight = &restore->preflight;
	struct session *session = restore->session;
	if (!session->manifest->installer &&
		(image_load_confirm(&preflight->docker, session->manifest, false, preflight->wanted,
			 &preflight->wanted_count, err) < 0 ||
			image_load_run(&preflight->docker, session->bundle, preflight->wanted,
				preflight->wanted_count, session->ui, err) < 0))
		return -1;
	return 0;
}

/* Data that a run that was cut off has half put back is nothing to save; the first backup is the
 * way back all the same. */
static int save_what_is_there(struct restore *restore, struct err *err)
{
	struct arena *arena = restore->session->arena;
	const struct restore_state *past = restore->past;
	struct backup_safety safety = {0};
	char at[JOURNAL_TIME_SIZE], hex[SHA256_HEX_LENGTH + 1];
	journal_time(at, sizeof(at));
	sha256_to_hex(&restore->backup.identity, hex);
	if ((!past || past->whole) &&
		backup_safety_make(&restore->installed, restore->session, true, &safety, err) < 0)
		return -1;
	restore->state = (struct restore_state){.backup = restore->path,
		.identity = arena_strdup(arena, hex),
		.saved = past && *past->saved ? past->saved
			 : safety.path        ? safety.path
					      : "",
		.begun_at = arena_strdup(arena, at)};
	if (restore_state_write(restore->installed.place.directory, &restore->state, err) == 0)
		return 0;
	backup_safety_give_up(&restore->installed, restore->session, &safety);
	return -1;
}

/* A backup has the compose file as it was found, and may have been made because it was damaged:
 * what compose cannot read makes way for this file's own. */
static int check_compose(struct restore *restore, struct err *err)
{
	struct session *session = restore->session;
	const struct place *place = &restore->installed.place;
	struct compose_project project = place_compose(place, session, session->arena);
	struct err refused = ERR_INIT;
	if (docker_compose_check(&restore->preflight.docker, &project, &refused) == 0)
		return 0;
	if (refused.code != CODE_STEP) {
		*err = refused;
		return -1;
	}
	ui_warning(session->ui, NULL, "%s", refused.text);
	return project_files_write_one(session, place, session->manifest->compose, err);
}

static int write_saved_files(struct restore *restore, struct err *err)
{
	const struct session *session = restore->session;
	if (!restore_rules_same(&restore->backup, session))
		return 0;
	return restore_rules_files(
		       &restore->backup, session, &restore->installed.place, err) < 0
		       ? -1
		       : check_compose(restore, err);
}

/* Env files from the backup, as far as it has them; the others too when it is of this very version,
 * for the person may have changed them; else they are this file's own. */
static int write_files(struct restore *restore, struct err *err)
{
	struct session *session = restore->session;
	const struct place *place = &restore->installed.place;
	ui_step_begin(session->ui, "files", T("Writing files into %s"), place->directory);
	if (env_files_write(&restore->env, session->ui, err) < 0 ||
		restore_env_apply(session, place, restore->past, err) < 0 ||
		project_files_write(session, place, restore->old, err) < 0 ||
		write_saved_files(restore, err) < 0 ||
		env_files_plan(&restore->env, session, place, err) < 0)
		return -1;
	ui_step_end(session->ui, UI_DONE, T("Files are in %s"), place->directory);
	return 0;
}

static int put_data(struct restore *restore, struct err *err)
{
	const struct place *place = &restore->installed.place;
	struct docker_cli *docker = &restore->preflight.docker;
	const char *image = NULL;
	const struct backup *backup = &restore->backup;
	if ((backup->volume_count > 0 || backup->directory_count > 0) &&
		backup_find_image(restore->session, place, backup, docker, &image, err) < 0)
		return -1;
	if (backup_restore_data(backup, place, docker, image, restore->session->ui, err) < 0)
		return -1;
	proof_add(restore->session, "restore", backup->path, backup->created_at);
	return 0;
}

static int give_hook_output(struct restore *restore, struct err *err)
{
	if (!restore->backup.has_hook)
		return 0;
	return backup_hook_restore(restore->session, &restore->installed.place,
		&restore->preflight.docker, &restore->backup, err);
}

static int run_procedure(struct restore *restore, struct err *err)
{
	restore->state.whole = true;
	if (restore_state_write(restore->installed.place.directory, &restore->state, err) < 0)
		return -1;
	struct sop sop = {.session = restore->session,
		.place = &restore->installed.place,
		.env = &restore->env,
		.docker = &restore->preflight.docker,
		.recreate = true};
	return sop_run(&sop, err);
}

/* The control program's file is not what was installed: its receipt stays. */
static int write_receipt(struct restore *restore, struct err *err)
{
	struct session *session = restore->session;
	struct receipt receipt;
	/* What an upgrade would go back from is gone. */
	if (backup_keep_rollback(session, &restore->installed.place, err) < 0)
		return -1;
	restore_state_remove(restore->installed.place.directory);
	restore_env_drop(session, &restore->installed.place);
	if (session->manifest->installer && restore->old)
		return 0;
	receipt_fill(&receipt, session, &restore->installed.place, &restore->preflight.engine,
		restore->old, session->arena);
	return receipt_write(&receipt, err);
}

static int hand_over(struct restore *restore, struct err *err)
{
	struct session *session = restore->session;
	ui_note(session->ui, T("The data of %s is back, as of %s."), restore->backup.project,
		restore->backup.created_at);
	return handoff_show(session, &restore->installed.place, &restore->env, err);
}

static int run_plan(struct restore *restore, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct restore *, struct err *);
	} plan[] = {
		{"verify", verify_this_file},
		{"backup-verify", verify_the_backup},
		{"place", choose_place},
		{"engine", look_around},
		{"plan", agree},
		{"lock", take_the_lock},
		{"preflight", check_machine},
		{"load", load_images},
		{"save", save_what_is_there},
		{"files", write_files},
		{"data", put_data},
		{"hook", give_hook_output},
		{"procedure", run_procedure},
		{"receipt", write_receipt},
		{"handoff", hand_over},
	};
	int status = 0;
	for (size_t i = 0; i < ARRAY_SIZE(plan) && status == 0; i++) {
		status = interrupt_check(err);
		if (status == 0)
			status = journal_begin(&restore->journal, plan[i].name, err);
		if (status == 0)
			status = plan[i].run(restore, err);
		journal_end(&restore->journal, status, err);
	}
	return status;
}

/* A restore that changed nothing leaves nothing: neither staged passwords nor an empty folder. */
static void clean_up(struct restore *restore)
{
	struct restore_state *state = NULL;
	struct err ignored = ERR_INIT;
	const struct place *place = &restore->installed.place;
	if (place->lock_fd < 0 ||
		restore_state_read(place->directory, restore->session->arena, &state, &ignored) <
			0 ||
		state)
		return;
	restore_env_drop(restore->session, place);
	if (!restore->old && access(place->compose_file, F_OK) < 0 &&
		access(place->env_file, F_OK) < 0)
		place_leave(&restore->installed.place);
}

int verb_restore(struct session *session, struct err *err)
{
	struct restore restore = {.session = session,
		.backup = BACKUP_INIT,
		.journal = JOURNAL_INIT,
		.installed = INSTALLED_INIT};
	struct proof_list proofs = {0};
	char here[4096];
	session->proofs = &proofs;
	restore.path = session->arguments[0];
	if (restore.path[0] != '/' && getcwd(here, sizeof(here)))
		restore.path = arena_printf(session->arena, "%s/%s", here, restore.path);
	int status = run_plan(&restore, err);
	journal_close(&restore.journal, status, err);
	clean_up(&restore);
	backup_close(&restore.backup);
	installed_close(&restore.installed);
	session->proofs = NULL;
	return status;
}
