/* Installing over an older version, with a way back. */
#include "upgrade.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "backup_keep.h"
#include "interrupt.h"
#include "message.h"
#include "receipt_lost.h"

/* ---- judging ---- */

static const char *own_root(const struct session *session)
{
	char root[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&session->layout.locator.root, root);
	return arena_strdup(session->arena, root);
}

/* With nothing installed there is nothing that a point could belong to. What may not be looked at
 * may not be removed either: that is found out before anything begins. */
static int find_stray(struct upgrade *upgrade, struct err *err)
{
	struct arena *arena = upgrade->session->arena;
	const char *directory = upgrade->place->directory;
	if (upgrade->old && rollback_find_stray(directory, arena, &upgrade->stray, err) < 0)
		return -1;
	if (!upgrade->old && rollback_point_read(directory, arena, &upgrade->stray, err) < 0) {
		if (err->code != CODE_INPUT)
			return -1;
		err_clear(err); /* damaged, and nobody's: what it saved is kept all the same */
		upgrade->left = true;
	}
	upgrade->left = upgrade->left || upgrade->stray;
	return upgrade->left || !upgrade->old ? rollback_point_check(directory, err) : 0;
}

int upgrade_judge(struct upgrade *upgrade, struct session *session, const struct place *place,
	const struct receipt *old, struct err *err)
{
	const char *root = own_root(session);
	*upgrade = (struct upgrade){
		.session = session, .place = place, .old = old, .change = VERSION_SAME};
	if (session->options->erase_data)
		return 0;
	if (find_stray(upgrade, err) < 0)
		return -1;
	if (!old)
		return 0;
	if (rollback_find_unfinished(place->directory, session->arena, &upgrade->point, err) < 0)
		return -1;
	upgrade->change = version_change(old->version, old->root, session->manifest->version, root);
	/* Going back that was begun is finished first, whoever comes. */
	upgrade->goes_back = upgrade->point && (upgrade->point->phase == ROLLBACK_RETURNING ||
						       upgrade->change == VERSION_SAME);
	upgrade->wanted = !upgrade->goes_back && upgrade->change != VERSION_SAME;
	return 0;
}

int upgrade_check_again(struct upgrade *upgrade, struct err *err)
{
	struct upgrade now;
	struct receipt *receipt;
	if (receipt_find(upgrade->place, upgrade->session, &receipt, err) < 0) {
		if (upgrade->old || err->code != CODE_INPUT)
			return -1;
		err_clear(err); /* it was damaged before, and the person said to go on */
		receipt = NULL;
	}
	if (upgrade_judge(&now, upgrade->session, upgrade->place, receipt, err) < 0)
		return -1;
	bool same_receipt = !receipt == !upgrade->old &&
			    (!receipt || strcmp(receipt->root, upgrade->old->root) == 0);
	if (same_receipt && !now.point == !upgrade->point)
		return 0;
	err_set(err, CODE_PREFLIGHT, "another run has changed the installation in %s meanwhile",
		upgrade->place->directory);
	return err_hint(err, "run this again: it makes a new plan");
}

/* ---- the plan ---- */

static const struct receipt_image *find_pin(const struct receipt *old, const char *pin)
{
	for (size_t i = 0; i < old->image_count; i++)
		if (strcmp(old->images[i].pin, pin) == 0)
			return &old->images[i];
	return NULL;
}

/* Without tag: of one repository, the other version. */
static size_t repository_length(const char *reference)
{
	const char *slash = strrchr(reference, '/');
	const char *name = slash ? slash : reference;
	return (size_t)(name - reference) + strcspn(name, ":@");
}

static const struct receipt_image *find_repository(const struct receipt *old, const char *reference)
{
	size_t length = repository_length(reference);
	for (size_t i = 0; i < old->image_count; i++)
		if (repository_length(old->images[i].reference) == length &&
			strncmp(old->images[i].reference, reference, length) == 0)
			return &old->images[i];
	return NULL;
}

static bool keeps_tag(const struct manifest *manifest, const char *tag)
{
	for (size_t i = 0; i < manifest->image_count; i++)
		if (strcmp(manifest->images[i].tag, tag) == 0)
			return true;
	return false;
}

static void show_image(const struct upgrade *upgrade, const struct manifest_image *image)
{
	struct ui *ui = upgrade->session->ui;
	const struct receipt_image *before = find_repository(upgrade->old, image->reference);
	if (find_pin(upgrade->old, image->pin))
		ui_note(ui, T("  unchanged   %s"), image->reference);
	else if (!before)
		ui_note(ui, T("  new         %s"), image->reference);
	else if (strcmp(before->reference, image->reference) == 0)
		ui_note(ui, T("  changed     %s (another image of this name)"), image->reference);
	else
		ui_note(ui, T("  changed     %s -> %s"), before->reference, image->reference);
}

static const char *change_name(enum version_change change)
{
	static const char *const names[] = {[VERSION_SAME] = "same",
		[VERSION_REBUILT] = "rebuilt",
		[VERSION_NEWER] = "newer",
		[VERSION_OLDER] = "older",
		[VERSION_UNKNOWN] = "unknown"};
	return names[change];
}

static void show_json(const struct upgrade *upgrade)
{
	const struct manifest *manifest = upgrade->session->manifest;
	size_t same = 0;
	for (size_t i = 0; i < manifest->image_count; i++)
		same += find_pin(upgrade->old, manifest->images[i].pin) != NULL;
	struct ui_field fields[] = {UI_TEXT("from", upgrade->old->version),
		UI_TEXT("to", manifest->version), UI_TEXT("change", change_name(upgrade->change)),
		UI_NUMBER("images_same", same),
		UI_NUMBER("images_changed", manifest->image_count - same),
		UI_BOOL("interrupted", upgrade->point != NULL),
		UI_BOOL("goes_back", upgrade->goes_back)};
	UI_RECORD(upgrade->session->ui, "upgrade", fields, "%s", "");
}

static void show_images(const struct upgrade *upgrade)
{
	const struct manifest *manifest = upgrade->session->manifest;
	struct ui *ui = upgrade->session->ui;
	for (size_t i = 0; i < manifest->image_count; i++)
		if (manifest_uses_image(manifest, i, false))
			show_image(upgrade, &manifest->images[i]);
	for (size_t i = 0; i < upgrade->old->image_count; i++)
		if (!keeps_tag(manifest, upgrade->old->images[i].tag) &&
			find_pin(upgrade->old, upgrade->old->images[i].pin) ==
				&upgrade->old->images[i])
			ui_detail(ui, T("  superseded  %s"), upgrade->old->images[i].tag);
}

void upgrade_show(const struct upgrade *upgrade)
{
	const struct session *session = upgrade->session;
	struct arena *arena = session->arena;
	struct ui *ui = session->ui;
	if (upgrade->stray)
		ui_warning(ui, rollback_stray_way_out(), "%s",
			rollback_describe_stray(upgrade->stray, arena));
	if (!upgrade->wanted && !upgrade->goes_back)
		return;
	if (ui_is_json(ui)) {
		show_json(upgrade);
		return;
	}
	if (upgrade->point)
		ui_note(ui, T("  unfinished  %s"), rollback_describe(upgrade->point, arena));
	if (upgrade->goes_back) {
		ui_note(ui, T("  goes back   to version %s; then this is done"),
			rollback_version_name(&upgrade->point->from, arena));
		return;
	}
	struct rollback_version from = {upgrade->old->version, upgrade->old->root, NULL};
	struct rollback_version to = {session->manifest->version, own_root(session), NULL};
	ui_note(ui,
		upgrade->change == VERSION_REBUILT ? T("  upgrade     %s -> %s (built anew)")
						   : T("  upgrade     %s -> %s"),
		rollback_version_name(&from, arena), rollback_version_name(&to, arena));
	show_images(upgrade);
	if (upgrade->point && upgrade->point->touched)
		ui_note(ui, T("  data        was saved at %s; that is what going back means"),
			upgrade->point->made_at);
	else
		ui_note(ui, "%s",
			T("  data        is saved first; should the new version fail, "
			  "everything goes back"));
}

/* ---- saving ---- */

/* The data backup stays, one: the last. */
static void keep_backup(const struct upgrade *upgrade)
{
	const struct session *session = upgrade->session;
	const char *directory = upgrade->place->directory;
	const char *from = rollback_point_backup(directory, session->arena);
	const char *to = arena_printf(session->arena, "%s/" ROLLBACK_KEPT_BACKUP, directory);
	struct stat st;
	AUTO_TEXT size = TEXT_INIT;
	if (rename(from, to) < 0 || stat(to, &st) < 0)
		return;
	text_add_size(&size, (unsigned long long)st.st_size);
	struct ui_field fields[] = {UI_TEXT("path", to), UI_NUMBER("size", st.st_size)};
	if (ui_is_json(session->ui))
		UI_RECORD(session->ui, "backup-kept", fields, "%s", "");
	else
		ui_note(session->ui,
			T("The data as it was before is in %s (%s); the next upgrade "
			  "replaces it, and you may delete it."),
			to, size.bytes);
}

static void add_file(
	struct rollback_point *point, size_t *capacity, struct arena *arena, const char *path)
{
	for (size_t i = 0; i < point->file_count; i++)
		if (strcmp(point->files[i].path, path) == 0)
			return;
	ARENA_PUSH(arena, point->files, point->file_count, *capacity)->path = path;
}

/* And NAME.old, which project_files_write() makes of what the person changed. */
static void add_with_old(
	struct rollback_point *point, size_t *capacity, struct arena *arena, const char *path)
{
	add_file(point, capacity, arena, path);
	add_file(point, capacity, arena, arena_printf(arena, "%s.old", path));
}

/* All that the old version has, or the new one will have, below the directory. */
static void list_files(const struct upgrade *upgrade, struct rollback_point *point)
{
	const struct manifest *manifest = upgrade->session->manifest;
	const struct receipt *old = upgrade->old;
	struct arena *arena = upgrade->session->arena;
	size_t capacity = point->file_count;
	for (size_t i = 0; i < old->file_count; i++)
		add_with_old(point, &capacity, arena, old->files[i].path);
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (text_starts_with(manifest->entries[i].path, MANIFEST_FILES_PREFIX))
			add_with_old(point, &capacity, arena,
				manifest->entries[i].path + strlen(MANIFEST_FILES_PREFIX));
	for (size_t i = 0; i < manifest->template_count; i++)
		add_file(point, &capacity, arena, manifest->templates[i].target);
	add_file(point, &capacity, arena, ".env");
	add_file(point, &capacity, arena, RECEIPT_NAME);
	add_file(point, &capacity, arena, RECEIPT_COPY);
	add_file(point, &capacity, arena, old->compose);
	add_file(point, &capacity, arena, MANIFEST_CONTROL_NAME);
}

static void fill_to(const struct upgrade *upgrade, struct rollback_point *point)
{
	const struct session *session = upgrade->session;
	point->to = (struct rollback_version){
		session->manifest->version, own_root(session), session->path};
}

/* Tags that the engine does not have: they go again when the upgrade does. */
static int list_loaded(const struct upgrade *upgrade, const struct preflight *preflight,
	struct rollback_point *point, struct err *err)
{
	const struct manifest *manifest = upgrade->session->manifest;
	struct docker_cli docker = preflight->docker;
	const char **loaded = arena_alloc(upgrade->session->arena,
		(manifest->image_count + point->loaded_count) * sizeof(*loaded) + 1);
	const char **tags =
		arena_alloc(upgrade->session->arena, manifest->image_count * sizeof(*tags) + 1);
	struct docker_image *found =
		arena_alloc(upgrade->session->arena, manifest->image_count * sizeof(*found) + 1);
	size_t count = 0;
	for (; count < point->loaded_count; count++)
		loaded[count] = point->loaded[count];
	for (size_t i = 0; i < manifest->image_count; i++)
		tags[i] = manifest->images[i].tag;
	if (docker_images_inspect(&docker, tags, manifest->image_count, found, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest->image_count; i++)
		if (!found[i].id)
			loaded[count++] = tags[i];
	point->loaded = loaded;
	point->loaded_count = count;
	return 0;
}

static int make_point(struct upgrade *upgrade, const struct preflight *preflight, struct err *err)
{
	struct arena *arena = upgrade->session->arena;
	struct rollback_point *point = ARENA_NEW(arena, struct rollback_point);
	char at[JOURNAL_TIME_SIZE];
	journal_time(at, sizeof(at));
	*point = (struct rollback_point){.directory = upgrade->place->directory,
		.project = upgrade->place->project,
		.compose = upgrade->old->compose,
		.from = {upgrade->old->version, upgrade->old->root, upgrade->old->installer},
		.made_at = arena_strdup(arena, at),
		.first_installed_at = upgrade->old->first_installed_at};
	fill_to(upgrade, point);
	list_files(upgrade, point);
	if (list_loaded(upgrade, preflight, point, err) < 0 ||
		rollback_point_create(point, arena, err) < 0)
		return -1;
	upgrade->point = point;
	return 0;
}

/* A run before this one was killed when it had changed something. What it saved stays what it was;
 * a newer file than its may go on with it. Data that the new containers have not seen is saved
 * again: the old ones may have run meanwhile. */
static int go_on(struct upgrade *upgrade, const struct preflight *preflight, struct err *err)
{
	struct rollback_point *point = upgrade->point;
	size_t before = point->file_count;
	/* As the receipt of this run will have it, also when that of before was lost. */
	point->first_installed_at = upgrade->old->first_installed_at;
	fill_to(upgrade, point);
	list_files(upgrade, point);
	if (list_loaded(upgrade, preflight, point, err) < 0 ||
		rollback_point_save(point, before, err) < 0)
		return -1;
	return rollback_point_write(point, err);
}

static int save_data(struct upgrade *upgrade, const struct preflight *preflight, struct err *err)
{
	struct docker_cli docker = preflight->docker;
	struct backup_request request = {.session = upgrade->session,
		.place = upgrade->place,
		.docker = &docker,
		.engine = &preflight->engine,
		.path = rollback_point_backup(upgrade->place->directory, upgrade->session->arena),
		.replace = true,
		.without_hook = true};
	if (docker_project_stop(&docker, upgrade->place->project, err) < 0)
		return -1;
	return backup_write(&request, err);
}

static bool has_changed_nothing(const struct rollback_point *point)
{
	return point->phase == ROLLBACK_SAVING || point->phase == ROLLBACK_SAVED;
}

/* The new version is there, and what remains is no point: the next run tidies up. */
static void remove_point(const struct upgrade *upgrade)
{
	struct err problem = ERR_INIT;
	if (rollback_point_remove(upgrade->place->directory, &problem) < 0)
		ui_warning(upgrade->session->ui, problem.hint, "%s", problem.text);
}

/* Of an upgrade that was killed after its receipt: only this was missing. Of an installation that
 * is gone: what it had saved is kept. */
static int tidy(const struct upgrade *upgrade, struct err *err)
{
	const char *directory = upgrade->place->directory;
	struct arena *arena = upgrade->session->arena;
	struct rollback_point *left, *unfinished;
	struct err ignored = ERR_INIT;
	if (upgrade->left)
		return backup_keep_rollback(upgrade->session, upgrade->place, err);
	/* --erase-data does not judge: it ends an unfinished one once its data is saved. */
	if (upgrade->point || rollback_point_read(directory, arena, &left, &ignored) < 0 || !left ||
		rollback_find_unfinished(directory, arena, &unfinished, &ignored) < 0 || unfinished)
		return 0;
	keep_backup(upgrade);
	remove_point(upgrade);
	return 0;
}

int upgrade_save(struct upgrade *upgrade, const struct preflight *preflight, struct err *err)
{
	struct ui *ui = upgrade->session->ui;
	struct docker_cli docker = preflight->docker;
	if (tidy(upgrade, err) < 0)
		return -1;
	if (!upgrade->wanted)
		return 0;
	ui_step_begin(ui, "save", "%s", T("Making a rollback point"));
	if (docker_helper_sweep(&docker, upgrade->place->project, err) < 0 ||
		(!upgrade->point || has_changed_nothing(upgrade->point)
				? make_point(upgrade, preflight, err)
				: go_on(upgrade, preflight, err)) < 0)
		return -1;
	upgrade->saved = true;
	upgrade->touched_before = upgrade->point->touched;
	ui_step_end(ui, UI_DONE, T("A rollback point is in %s/%s"), upgrade->place->directory,
		ROLLBACK_FOLDER);
	if (upgrade->point->touched)
		return docker_project_stop(&docker, upgrade->place->project, err);
	if (save_data(upgrade, preflight, err) < 0)
		return -1;
	/* Files that were already replaced stay so. */
	return upgrade->point->phase == ROLLBACK_SAVING
		       ? rollback_point_mark(upgrade->point, ROLLBACK_SAVED, err)
		       : 0;
}

int upgrade_change(struct upgrade *upgrade, struct err *err)
{
	if (!upgrade->saved || upgrade->point->touched)
		return 0;
	return rollback_point_mark(upgrade->point, ROLLBACK_CHANGING, err);
}

int upgrade_touch(struct upgrade *upgrade, struct err *err)
{
	return upgrade->saved ? rollback_point_mark(upgrade->point, ROLLBACK_STARTED, err) : 0;
}

/* ---- the good end ---- */

static bool has_service(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->service_count; i++)
		if (strcmp(manifest->services[i].name, name) == 0)
			return true;
	return false;
}

/* Services that the new version does not have any more. */
static int remove_old_services(
	const struct upgrade *upgrade, struct docker_cli *docker, struct err *err)
{
	struct docker_container *containers;
	size_t count;
	if (docker_project_containers(docker, upgrade->place->project, &containers, &count, err) <
		0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!has_service(upgrade->session->manifest, containers[i].service) &&
			docker_container_remove(docker, containers[i].id, err) < 0)
			return -1;
	return 0;
}

static int remove_images(struct upgrade *upgrade, struct docker_cli *docker,
	const char *const *tags, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		bool stays;
		if (docker_image_remove(docker, tags[i], &stays, err) < 0)
			return -1;
		if (stays)
			ui_note(upgrade->session->ui, T("%s stays: something else uses it"),
				tags[i]);
	}
	return 0;
}

/* Only tags that are ours alone, and only when somebody says so: --yes agrees to the upgrade. */
static int offer_superseded(struct upgrade *upgrade, struct docker_cli *docker, struct err *err)
{
	const struct session *session = upgrade->session;
	const struct receipt *old = upgrade->old;
	struct ui *ui = session->ui;
	const char **tags = arena_alloc(session->arena, old->image_count * sizeof(*tags) + 1);
	size_t count = 0;
	bool yes = false;
	for (size_t i = 0; i < old->image_count; i++)
		if (!keeps_tag(session->manifest, old->images[i].tag))
			tags[count++] = old->images[i].tag;
	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct ui_field fields[] = {UI_TEXT("image", tags[i])};
		UI_RECORD(
			ui, "superseded", fields, T("no longer used: docker image rm %s"), tags[i]);
	}
	if (session->options->yes || !ui_can_ask(ui))
		return 0;
	AUTO_FREE char *question =
		xprintf(T("Remove these images of the earlier version (%zu)?"), count);
	if (ui_confirm(ui, question, false, &yes, err) < 0)
		return -1;
	return yes ? remove_images(upgrade, docker, tags, count, err) : 0;
}

int upgrade_finish(struct upgrade *upgrade, struct docker_cli *docker, struct err *err)
{
	if (!upgrade->saved)
		return 0;
	/* The receipt says that the new version is there: nothing goes back any more. */
	upgrade->saved = false;
	keep_backup(upgrade);
	remove_point(upgrade);
	if (remove_old_services(upgrade, docker, err) < 0)
		return -1;
	return offer_superseded(upgrade, docker, err);
}

/* ---- the other end ---- */

int upgrade_go_back(struct upgrade *upgrade, struct preflight *preflight, struct err *err)
{
	struct rollback_point *point = upgrade->point;
	struct rollback rollback = {.session = upgrade->session,
		.place = upgrade->place,
		.docker = &preflight->docker,
		.engine = &preflight->engine,
		.point = point};
	int code = point->phase == ROLLBACK_RETURNING ? point->code : 0;
	if (rollback_run(&rollback, 0, NULL, err) < 0)
		return err_wrap(err, "go back to version %s",
			rollback_version_name(&point->from, upgrade->session->arena));
	/* The same file again, or an upgrade whose failure was on its way to being told. */
	if (code == 0 || upgrade->change == VERSION_SAME)
		return 0;
	return err_set(err, code, "upgrade to version %s failed: %s",
		rollback_version_name(&point->to, upgrade->session->arena),
		point->cause ? point->cause : "");
}

static int go_back_after(struct upgrade *upgrade, struct journal *journal,
	struct preflight *preflight, const struct err *why, struct err *err)
{
	struct rollback rollback = {.session = upgrade->session,
		.place = upgrade->place,
		.docker = &preflight->docker,
		.engine = upgrade->touched_before ? &preflight->engine : NULL,
		.point = upgrade->point};
	int status = journal_begin(journal, "rollback", err);
	if (status == 0)
		status = rollback_run(&rollback, why->code,
			arena_strdup(upgrade->session->arena, why->text), err);
	journal_end(journal, status, err);
	return status;
}

void upgrade_give_up(struct upgrade *upgrade, struct journal *journal, struct preflight *preflight,
	struct err *err)
{
	struct err why = *err, problem = ERR_INIT;
	if (!upgrade->saved) /* perhaps not even judged */
		return;
	struct arena *arena = upgrade->session->arena;
	const char *from = rollback_version_name(&upgrade->point->from, arena);
	const char *to = rollback_version_name(&upgrade->point->to, arena);
	if (interrupt_pending()) { /* main says no more than that */
		ui_warning(upgrade->session->ui, rollback_ways_out(upgrade->point, arena), "%s",
			rollback_describe(upgrade->point, arena));
		return;
	}
	ui_warning(upgrade->session->ui, NULL, T("The upgrade to version %s failed: %s"), to,
		why.text);
	if (go_back_after(upgrade, journal, preflight, &why, &problem) == 0) {
		err_wrap(err, "the upgrade to version %s failed, and version %s is back", to, from);
		return;
	}
	ui_warning(upgrade->session->ui, problem.hint, "%s", problem.text);
	err_wrap(err, "the upgrade to version %s failed, and version %s is not back yet", to, from);
	err->hint[0] = '\0';
	err_hint(err, "%s", rollback_ways_out(upgrade->point, arena));
}
