/* Handing over the bundle's files. */
#include "project_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_extract.h"
#include "digest_file.h"
#include "file_io.h"
#include "message.h"

static bool is_template(const struct manifest *manifest, const char *path)
{
	for (size_t i = 0; i < manifest->template_count; i++)
		if (strcmp(manifest->templates[i].path, path) == 0)
			return true;
	return false;
}

/* The digest of a file that is there; *regular false: it is something else. */
static int digest_of(const char *path, struct sha256 *digest, bool *regular, struct err *err)
{
	struct stat st;
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_IO, "open %s", path);
	*regular = S_ISREG(st.st_mode);
	return *regular ? digest_file_range(fd, path, 0, (uint64_t)st.st_size, digest, err) : 0;
}

static bool is_as_handed_over(
	const struct receipt *old, const char *relative, const struct sha256 *digest)
{
	for (size_t i = 0; old && i < old->file_count; i++)
		if (strcmp(old->files[i].path, relative) == 0)
			return sha256_equal(&old->files[i].sha256, digest);
	return false;
}

static bool is_same(const char *a, const char *b)
{
	struct sha256 first, second;
	struct err ignored = ERR_INIT;
	bool regular;
	return digest_of(a, &first, &regular, &ignored) == 0 && regular &&
	       digest_of(b, &second, &regular, &ignored) == 0 && regular &&
	       sha256_equal(&first, &second);
}

/* NAME.old is always the last one, which a rollback knows; the one before it goes on as NAME.old.2,
 * .3 …, unless it is one of them, or the same. */
static int make_way(const char *path, const char *old, struct err *err)
{
	struct stat st;
	if (lstat(old, &st) < 0 || is_same(path, old))
		return 0;
	for (int i = 2;; i++) {
		AUTO_FREE char *next = xprintf("%s.%d", old, i);
		if (is_same(old, next))
			return 0;
		err_clear(err);
		if (file_rename_new(old, next, err) == 0)
			return 0;
		if (err->sys_errno != EEXIST)
			return -1;
	}
}

/* What the person changed makes way, and stays beside the new file. */
static int keep_old(const struct session *session, const char *path, struct err *err)
{
	AUTO_FREE char *old = xprintf("%s.old", path);
	if (make_way(path, old, err) < 0)
		return -1;
	if (rename(path, old) < 0)
		return err_set_errno(err, CODE_IO, "rename %s to %s", path, old);
	ui_warning(session->ui, NULL, T("%s had been changed; it is kept as %s"), path, old);
	return 0;
}

static int write_file(const struct session *session, const struct manifest_entry *entry,
	const char *path, const struct receipt *receipt, struct err *err)
{
	AUTO_FREE char *directory = xprintf("%.*s", (int)(file_base_name(path) - path - 1), path);
	struct stat st;
	if (file_make_directories(directory, 0755, err) < 0)
		return -1;
	if (lstat(path, &st) == 0) {
		struct sha256 digest;
		bool regular;
		if (digest_of(path, &digest, &regular, err) < 0)
			return -1;
		if (regular && sha256_equal(&digest, &entry->sha256))
			return 0;
		if ((!regular || !is_as_handed_over(receipt,
					 entry->path + strlen(MANIFEST_FILES_PREFIX), &digest)) &&
			keep_old(session, path, err) < 0)
			return -1;
	}
	return bundle_extract_file(session->bundle, entry->path, path, entry->mode, err);
}

int project_files_write(const struct session *session, const struct place *place,
	const struct receipt *old, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	struct receipt *retired;
	struct err ignored = ERR_INIT;
	if (!old) { /* an uninstall leaves files with the data */
		receipt_read_retired(place->directory, session->arena, &retired, &ignored);
		old = retired;
	}
	for (size_t i = 0; i < manifest->directory_count; i++) {
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, manifest->directories[i]);
		if (file_make_directories(path, 0755, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (!text_starts_with(entry->path, MANIFEST_FILES_PREFIX))
			continue;
		const char *relative = entry->path + strlen(MANIFEST_FILES_PREFIX);
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, relative);
		if (!is_template(manifest, relative) &&
			write_file(session, entry, path, old, err) < 0)
			return -1;
	}
	return 0;
}

static const struct manifest_entry *find_entry(const struct session *session, const char *relative)
{
	AUTO_FREE char *path = xprintf(MANIFEST_FILES_PREFIX "%s", relative);
	return manifest_find_entry(session->manifest, path);
}

int project_files_write_one(const struct session *session, const struct place *place,
	const char *relative, struct err *err)
{
	AUTO_FREE char *path = xprintf("%s/%s", place->directory, relative);
	const struct manifest_entry *entry = find_entry(session, relative);
	return entry ? write_file(session, entry, path, NULL, err) : 0;
}

void project_files_remove_compose(const struct session *session, const struct place *place)
{
	const char *path = place->compose_file, *relative = session->manifest->compose;
	const struct manifest_entry *entry = find_entry(session, relative);
	struct receipt *receipt;
	struct err ignored = ERR_INIT;
	struct sha256 digest;
	struct stat st;
	bool regular;
	receipt_read(place->directory, session->arena, &receipt, &ignored);
	if (lstat(path, &st) < 0)
		return;
	err_clear(&ignored);
	bool known = digest_of(path, &digest, &regular, &ignored) == 0 && regular &&
		     ((entry && sha256_equal(&digest, &entry->sha256)) ||
			     is_as_handed_over(receipt, relative, &digest));
	err_clear(&ignored);
	if (known)
		unlink(path);
	else
		keep_old(session, path, &ignored);
}

/* Is a folder on the way a link? What it leads to is not the installation's to remove. */
static bool leads_away(const struct place *place, const char *relative)
{
	struct stat st;
	for (const char *slash = relative; (slash = strchr(slash, '/')); slash++) {
		AUTO_FREE char *folder =
			xprintf("%s/%.*s", place->directory, (int)(slash - relative), relative);
		if (lstat(folder, &st) == 0 && S_ISLNK(st.st_mode))
			return true;
	}
	return false;
}

/* rmdir from relative's own directory up to, not including, the place's; stops at one in use. */
static void remove_empty_directories(const struct place *place, const char *relative)
{
	AUTO_FREE char *path = xprintf("%s/%s", place->directory, relative);
	char *start = path + strlen(place->directory);
	while (path + strlen(path) > start && rmdir(path) == 0)
		*strrchr(path, '/') = '\0';
}

/* What is as it was handed over, and the folders that are empty without it. */
static void remove_file(
	const struct place *place, const char *relative, const struct sha256 *handed_over)
{
	struct err ignored = ERR_INIT;
	struct sha256 digest;
	bool regular;
	const char *slash = strrchr(relative, '/');
	if (leads_away(place, relative))
		return;
	AUTO_FREE char *path = xprintf("%s/%s", place->directory, relative);
	if (digest_of(path, &digest, &regular, &ignored) == 0 && regular &&
		sha256_equal(&digest, handed_over))
		unlink(path);
	if (slash) {
		AUTO_FREE char *directory = xprintf("%.*s", (int)(slash - relative), relative);
		remove_empty_directories(place, directory);
	}
}

void project_files_remove(const struct session *session, const struct place *place)
{
	const struct manifest *manifest = session->manifest;
	struct receipt *receipt;
	struct err ignored = ERR_INIT;
	for (size_t i = 0; i < manifest->template_count; i++) {
		const char *relative = manifest->templates[i].target;
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, relative);
		if (!leads_away(place, relative))
			unlink(path);
	}
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (text_starts_with(entry->path, MANIFEST_FILES_PREFIX))
			remove_file(place, entry->path + strlen(MANIFEST_FILES_PREFIX),
				&entry->sha256);
	}
	if (manifest->installer) { /* it has few of its installer's files, and is none of them */
		AUTO_FREE char *control = xprintf("%s/" MANIFEST_CONTROL_NAME, place->directory);
		unlink(control);
	}
	if (receipt_read(place->directory, session->arena, &receipt, &ignored) == 0 && receipt)
		for (size_t i = 0; i < receipt->file_count; i++)
			remove_file(place, receipt->files[i].path, &receipt->files[i].sha256);
	for (size_t i = manifest->directory_count; i-- > 0;)
		remove_empty_directories(place, manifest->directories[i]);
}
