/* What fits what. */
#include "restore_rules.h"

#include <stdlib.h>
#include <string.h>

#include "backup_plan.h"
#include "database_major.h"
#include "file_io.h"
#include "message.h"
#include "version_order.h"

static int refuse_newer(const struct backup *backup, const struct session *session, struct err *err)
{
	err_set(err, CODE_INPUT,
		"the backup was made by version %s, and this is the older %s: what the newer one "
		"has "
		"made of the data, the older one may not understand",
		backup->version, session->manifest->version);
	return err_hint(err, "restore it with the installer %s %s", backup->name, backup->version);
}

int restore_rules_check(const struct backup *backup, const struct session *session,
	const struct place *place, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	char own[SHA256_HEX_LENGTH + 1];
	(void)place;
	if (strcmp(backup->name, manifest->name) != 0) {
		err_set(err, CODE_INPUT, "the backup %s is of %s, and this file is for %s",
			backup->path, backup->name, manifest->name);
		return err_hint(err, "restore it with the installer of %s", backup->name);
	}
	sha256_to_hex(&session->layout.locator.root, own);
	enum version_change change =
		version_change(backup->version, backup->root, manifest->version, own);
	if (change == VERSION_OLDER)
		return refuse_newer(backup, session, err);
	if (change == VERSION_UNKNOWN && !restore_rules_same(backup, session))
		ui_warning(session->ui, NULL, "%s",
			T("the backup is of other images than this file's, and without versions "
			  "nobody can tell which are newer"));
	return 0;
}

bool restore_rules_same(const struct backup *backup, const struct session *session)
{
	const struct manifest *manifest = session->manifest;
	if (backup->image_count != manifest->image_count)
		return false;
	if (!!backup->version != !!manifest->version ||
		(backup->version && strcmp(backup->version, manifest->version) != 0))
		return false;
	for (size_t i = 0; i < backup->image_count; i++)
		if (strcmp(backup->images[i].pin, manifest->images[i].pin) != 0)
			return false;
	return true;
}

/* Does an image of this file read that data? *brings: the first other major; 0: no PostgreSQL. */
static int find_major(
	const struct session *session, unsigned major, unsigned *brings, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	*brings = 0;
	for (size_t i = 0; i < manifest->image_count; i++) {
		unsigned found;
		if (!manifest_uses_image(manifest, i, true))
			continue;
		if (database_major_of_image(session, &manifest->images[i], &found, err) < 0)
			return -1;
		if (found == major) {
			*brings = 0;
			return 0;
		}
		*brings = *brings ? *brings : found;
	}
	return 0;
}

int restore_rules_check_postgres(
	const struct backup *backup, const struct session *session, struct err *err)
{
	for (size_t i = 0; i < backup->volume_count; i++) {
		const struct backup_volume *volume = &backup->volumes[i];
		unsigned major, brings;
		if (!volume->data || !volume->postgres_major)
			continue;
		major = (unsigned)strtoul(volume->postgres_major, NULL, 10);
		if (find_major(session, major, &brings, err) < 0)
			return -1;
		if (brings == 0)
			continue;
		err_set(err, CODE_INPUT,
			"the backup's data is of PostgreSQL %u, and this file brings PostgreSQL "
			"%u, "
			"which cannot read it",
			major, brings);
		return err_hint(err,
			"restore it with the installer that made it (%s %s), dump it there "
			"(pg_dumpall), and load the dump into the new one",
			backup->name, backup->version ? backup->version : "");
	}
	return 0;
}

static bool is_template_or_control(const struct manifest *manifest, const char *path)
{
	for (size_t i = 0; i < manifest->template_count; i++)
		if (strcmp(manifest->templates[i].path, path) == 0)
			return true;
	return manifest->control && strcmp(manifest->control, path) == 0;
}

int restore_rules_files(const struct backup *backup, const struct session *session,
	const struct place *place, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (!text_starts_with(entry->path, MANIFEST_FILES_PREFIX))
			continue;
		const char *relative = entry->path + strlen(MANIFEST_FILES_PREFIX);
		const struct backup_entry *saved = backup_find_file(backup, relative);
		if (!saved || is_template_or_control(manifest, relative) ||
			sha256_equal(&saved->sha256, &entry->sha256))
			continue;
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, relative);
		if (backup_extract_file(backup, saved, path, err) < 0)
			return -1;
	}
	return 0;
}

int restore_rules_check_data(
	const struct backup *backup, const struct place *place, bool has_data, struct err *err)
{
	if (!has_data || backup->volume_count > 0 || backup->directory_count > 0 ||
		backup->has_hook)
		return 0;
	err_set(err, CODE_PREFLIGHT,
		"this backup holds settings alone, for it was made when there was no data; the "
		"data of %s would not go with them",
		place->project);
	return err_hint(err, "choose another backup; or `uninstall --purge-data` first, which saves "
			     "the data; or restore beside it with --project-name");
}

void restore_rules_warn(const struct backup *backup, struct ui *ui)
{
	backup_plan_warn(backup->not_in, backup->not_in_count, ui);
}
