/* install: the procedure from the first byte to the running stack, in order. */
#include <string.h>

#include "backup_keep.h"
#include "backup_safety.h"
#include "fallback.h"
#include "handoff.h"
#include "image_load.h"
#include "interrupt.h"
#include "journal.h"
#include "keep_awake.h"
#include "message.h"
#include "preflight.h"
#include "project_files.h"
#include "receipt_lost.h"
#include "restore_state.h"
#include "signer.h"
#include "sop_runner.h"
#include "upgrade.h"
#include "verbs.h"

struct install {
	struct session *session;
	struct journal journal; /* open from the lock on */
	struct receipt *old;    /* of the installation that is there, or NULL */
	struct place place;
	struct env_files env;
	struct preflight preflight;
	struct upgrade upgrade;       /* of an older version that is there */
	struct backup_safety before;  /* of data that no upgrade saves */
	bool touched;                 /* the new containers may have been started */
	bool finished;                /* --dry-run: nothing more to do */
	bool agreed;                  /* to this variant, when another one did not work */
};

static int verify_every_byte(struct install *install, struct err *err)
{
	if (install->agreed) /* in this very run */
		return 0;
	return session_open_verified(install->session, err);
}

/* Before the machine is looked at: a script that forgot --yes learns it at once. */
static int find_who_agrees(struct install *install, struct err *err)
{
	const struct stub_options *options = install->session->options;
	if (fallback_check_option(install->session, err) < 0)
		return -1;
	if (options->yes || options->dry_run || ui_can_ask(install->session->ui))
		return 0;
	err_set(err, CODE_USAGE, "nobody can be asked here: there is no terminal");
	return err_hint(err, "say --yes to agree to the plan; --dry-run shows it");
}

static int read_receipt(struct install *install, struct err *err)
{
	if (receipt_find(&install->place, install->session, &install->old, err) < 0) {
		if (err->code != CODE_INPUT)
			return -1;
		err_clear(err); /* preflight_check_receipt() decides */
	}
	if (session_require_images(
		    install->session, install->old ? install->old->installer : NULL, err) < 0)
		return -1;
	if (signer_check_change(install->session, install->old, err) < 0)
		return -1;
	return upgrade_judge(
		&install->upgrade, install->session, &install->place, install->old, err);
}

static int plan_values(struct install *install, struct err *err)
{
	if (place_choose(&install->place, install->session, err) < 0 ||
		read_receipt(install, err) < 0)
		return -1;
	if (env_files_plan(&install->env, install->session, &install->place, err) < 0)
		return -1;
	return fallback_take_values(&install->env, install->session, &install->place, err);
}

static int check_machine(struct install *install, struct err *err)
{
	install->preflight = (struct preflight){.session = install->session,
		.place = &install->place,
		.env = &install->env,
		.may_ask = true};
	const char *project = install->place.project;
	if (preflight_run(&install->preflight, err) < 0)
		return -1;
	/* The person chose to install beside another project: another place, another receipt. */
	return strcmp(project, install->place.project) == 0 ? 0 : read_receipt(install, err);
}

static size_t count_images(const struct manifest *manifest)
{
	size_t count = 0;
	for (size_t i = 0; i < manifest->image_count; i++)
		count += manifest_uses_image(manifest, i, false);
	return count;
}

/* What the file has for when this one does not work. */
static void show_fallback(const struct install *install)
{
	const struct session *session = install->session;
	const struct manifest *bundle = bundle_manifest(session->bundle);
	const char *story = fallback_story(session, &install->place);
	if (story)
		ui_note(session->ui, "%s", story);
	for (size_t i = session->variant; i < bundle->fallback_count; i++)
		ui_note(session->ui, T("  if it fails %s"),
			fallback_title(&bundle->fallback[i], session->arena));
}

static void show_plan(const struct install *install)
{
	const struct manifest *manifest = install->session->manifest;
	struct ui *ui = install->session->ui;
	AUTO_TEXT services = TEXT_INIT;
	size_t count = 0;
	for (size_t i = 0; i < manifest->service_count; i++)
		if (manifest->services[i].active)
			text_addf(
				&services, "%s%s", count++ ? ", " : "", manifest->services[i].name);
	if (ui_is_json(ui)) {
		struct ui_field fields[] = {UI_TEXT("name", manifest->name),
			UI_TEXT("version", manifest->version),
			UI_TEXT("signer", install->session->signer),
			UI_TEXT("variant", manifest->variant),
			UI_TEXT("project", install->place.project),
			UI_TEXT("directory", install->place.directory),
			UI_NUMBER("images_to_load", install->preflight.wanted_count)};
		UI_RECORD(ui, "plan", fields, "%s", "");
		upgrade_show(&install->upgrade);
		return;
	}
	ui_note(ui, "%s", "");
	ui_note(ui, "%s", fallback_title(manifest, install->session->arena));
	ui_note(ui, T("  maker       %s"), session_signer_text(install->session));
	ui_note(ui, T("  services    %s"), services.bytes);
	ui_note(ui, T("  images      %zu, of which %zu are to be loaded"), count_images(manifest),
		install->preflight.wanted_count);
	ui_note(ui, T("  directory   %s"), install->place.directory);
	upgrade_show(&install->upgrade);
	const struct receipt *kept = install->preflight.kept;
	if (kept && !install->session->options->erase_data)
		ui_note(ui, T("  data        of version %s lies there; it is saved first"),
			rollback_version_name(&(struct rollback_version){.version = kept->version,
						      .root = kept->root},
				install->session->arena));
	for (size_t i = 0; i < install->preflight.port_count; i++)
		if (install->preflight.ports[i].first)
			ui_note(ui, T("  will listen %s (%s)"),
				port_url(&install->preflight.ports[i], install->session->arena),
				install->preflight.ports[i].service);
	show_fallback(install);
	ui_note(ui, "%s", "");
}

static int agree(struct install *install, struct err *err)
{
	const struct stub_options *options = install->session->options;
	struct ui *ui = install->session->ui;
	bool yes = true;
	show_plan(install);
	/* What cannot be kept must not be found out behind the deletion. */
	if (options->erase_data && backup_keep_check(&install->place, false, err) < 0)
		return -1;
	if (options->dry_run) {
		install->finished = true;
		ui_note(ui, "%s", T("Nothing was changed (--dry-run)."));
		return 0;
	}
	if (!options->yes && !install->agreed && ui_confirm(ui, T("Go on?"), true, &yes, err) < 0)
		return -1;
	if (!yes)
		return err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
	if (options->erase_data &&
		backup_safety_agree(install->session, install->place.project,
			T("ALL DATA of %s will be deleted; a backup of it is made first. Type its "
			  "name to agree"),
			err) < 0)
		return -1;
	struct env_check check = {preflight_check_answer, &install->preflight};
	return env_files_ask(&install->env, install->session, &check, err);
}

static int take_the_lock(struct install *install, struct err *err)
{
	keep_awake();
	if (place_lock(&install->place, install->session, err) < 0 ||
		(!install->session->options->erase_data &&
			restore_state_require_none(&install->place, install->session->arena, err) <
				0) ||
		journal_open(&install->journal, &install->place, "install", install->session->arena,
			err) < 0)
		return -1;
	char *root = arena_alloc(install->session->arena, SHA256_HEX_LENGTH + 1);
	sha256_to_hex(&install->session->layout.locator.root, root);
	install->journal.root = root;
	install->journal.version = install->session->manifest->version;
	if (install->journal.unfinished_step)
		ui_note(install->session->ui,
			T("An earlier run (%s) was cut off in \"%s\"; this one goes on from "
			  "there."),
			install->journal.unfinished_verb, install->journal.unfinished_step);
	return upgrade_check_again(&install->upgrade, err);
}

static struct installed installation_of(const struct install *install)
{
	return (struct installed){.place = install->place,
		.docker = install->preflight.docker,
		.engine = install->preflight.engine};
}

/* Data of which nobody knows the version, and the person said to go on; or that of another version
 * that was uninstalled. There is no old version to go back to, but the data can be had again. */
static int save_data_before(struct install *install, struct err *err)
{
	const struct installed installed = installation_of(install);
	struct backup_safety safety;
	if ((!install->preflight.unknown && !install->preflight.kept) || install->old ||
		install->session->options->erase_data)
		return 0;
	if (backup_safety_make(&installed, install->session, false, &safety, err) < 0)
		return -1; /* and has started them again */
	install->before = safety;
	return 0;
}

static int save_what_is_there(struct install *install, struct err *err)
{
	if (install->upgrade.goes_back) {
		install->finished = true;
		return upgrade_go_back(&install->upgrade, &install->preflight, err);
	}
	if (save_data_before(install, err) < 0)
		return -1;
	return upgrade_save(&install->upgrade, &install->preflight, err);
}

static bool erases(const struct install *install)
{
	return install->session->options->erase_data &&
	       !install->agreed; /* not the next variant's as well */
}

static int replace_files(struct install *install, struct err *err)
{
	struct ui *ui = install->session->ui;
	if (upgrade_change(&install->upgrade, err) < 0)
		return -1;
	ui_step_begin(ui, "files", T("Writing files into %s"), install->place.directory);
	if (project_files_write(install->session, &install->place, install->old, err) < 0 ||
		env_files_write(&install->env, ui, err) < 0)
		return -1;
	ui_step_end(ui, UI_DONE, T("Files are in %s"), install->place.directory);
	return 0;
}

/* Before a deletion they wait for its backup, which holds those that belong to the data. */
static int write_files(struct install *install, struct err *err)
{
	return erases(install) ? 0 : replace_files(install, err);
}

static int load_images(struct install *install, struct err *err)
{
	struct preflight *preflight = &install->preflight;
	struct session *session = install->session;
	if (image_load_confirm(&preflight->docker, session->manifest, false, preflight->wanted,
		    &preflight->wanted_count, err) < 0)
		return -1;
	if (image_load_run(&preflight->docker, session->bundle, preflight->wanted,
		    preflight->wanted_count, session->ui, err) < 0)
		return -1;
	/* Proven before, and therefore not loaded, or proven after the load. */
	for (size_t i = 0; i < session->manifest->image_count; i++) {
		const struct manifest_image *image = &session->manifest->images[i];
		if (manifest_uses_image(session->manifest, i, true))
			proof_add(session, "image", image->reference, image->pin);
	}
	return preflight_check_kept_data(preflight, err);
}

static void say_stopped(const struct session *session, const struct backup_safety *safety)
{
	if (safety->stopped)
		ui_warning(session->ui, T("start them with `start`, or run this again"), "%s",
			T("the services are stopped, and no data is deleted"));
}

/* The data goes, .env stays: what is made anew fits it. */
static int erase_data(struct install *install, struct err *err)
{
	struct session *session = install->session;
	struct ui *ui = session->ui;
	const struct installed installed = installation_of(install);
	struct backup_safety safety;
	if (!erases(install))
		return 0;
	if (backup_safety_make(&installed, session, false, &safety, err) < 0)
		return -1;
	if (replace_files(install, err) < 0) {
		say_stopped(session, &safety);
		return -1;
	}
	ui_step_begin(ui, "erase", "%s", T("Deleting the old data"));
	if (backup_safety_erase(&installed, true, err) < 0)
		return -1;
	restore_state_remove(install->place.directory);
	if (backup_keep_rollback(session, &install->place, err) < 0)
		return -1;
	ui_step_end(ui, UI_DONE, "%s", T("The old data is deleted"));
	return 0;
}

static int run_procedure(struct install *install, struct err *err)
{
	struct sop sop = {.session = install->session,
		.place = &install->place,
		.env = &install->env,
		.docker = &install->preflight.docker,
		.recreate = true};
	install->touched = true;
	if (upgrade_touch(&install->upgrade, err) < 0)
		return -1;
	return sop_run(&sop, err);
}

static int write_receipt(struct install *install, struct err *err)
{
	struct receipt receipt;
	receipt_fill(&receipt, install->session, &install->place, &install->preflight.engine,
		install->old, install->session->arena);
	return receipt_write(&receipt, err);
}

static int finish_upgrade(struct install *install, struct err *err)
{
	return upgrade_finish(&install->upgrade, &install->preflight.docker, err);
}

static int hand_over(struct install *install, struct err *err)
{
	return handoff_show(install->session, &install->place, &install->env, err);
}

/* What the new version has done to the data cannot be known. */
static void say_saved(const struct install *install)
{
	const struct receipt *kept = install->preflight.kept;
	if (!install->before.path)
		return;
	AUTO_FREE char *hint = xprintf(kept ? T("to go back: \"%s\" restore \"%s\"")
					    : T("to have it back: restore it with the installer of "
						"the version that made it"),
		kept ? kept->installer : "", install->before.path);
	ui_warning(install->session->ui, hint, T("the data as it was before is saved in %s"),
		install->before.path);
}

static int install_variant(struct session *session, bool agreed, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct install *, struct err *);
	} plan[] = {
		{"verify", verify_every_byte},
		{"agreement", find_who_agrees},
		{"values", plan_values},
		{"preflight", check_machine},
		{"plan", agree},
		{"lock", take_the_lock},
		{"save", save_what_is_there},
		{"files", write_files},
		{"load", load_images},
		{"erase", erase_data},
		{"procedure", run_procedure},
		{"receipt", write_receipt},
		{"upgrade", finish_upgrade},
		{"handoff", hand_over},
	};
	struct install install = {
		.session = session, .place = PLACE_INIT, .journal = JOURNAL_INIT, .agreed = agreed};
	int status = 0;
	for (size_t i = 0; i < ARRAY_SIZE(plan) && status == 0 && !install.finished; i++) {
		status = interrupt_check(err);
		if (status == 0)
			status = journal_begin(&install.journal, plan[i].name, err);
		if (status == 0)
			status = plan[i].run(&install, err);
		journal_end(&install.journal, status, err);
	}
	if (status < 0 && !install.touched)
		say_stopped(session, &install.before);
	if (status < 0 && install.touched)
		say_saved(&install);
	if (status < 0)
		upgrade_give_up(&install.upgrade, &install.journal, &install.preflight, err);
	journal_close(&install.journal, status, err);
	place_clear(&install.place);
	return status;
}

int verb_install(struct session *session, struct err *err)
{
	struct proof_list proofs = {0};
	session->proofs = &proofs;
	int status = install_variant(session, false, err);
	while (status < 0 && fallback_next(session, err)) {
		proofs.count = 1; /* this file's; the others are of the variant that failed */
		status = install_variant(session, true, err);
	}
	session->proofs = NULL;
	return status;
}
