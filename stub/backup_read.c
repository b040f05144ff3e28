/* Opening a backup: every byte of it is accounted for before anybody believes one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_archive.h"
#include "file_io.h"
#include "file_owner.h"
#include "interrupt.h"
#include "json.h"
#include "message.h"
#include "tar_reader.h"
#include "tar_writer.h"

enum { NAME_OFFSET = 2 * TAR_BLOCK }; /* of the first entry's name: behind its pax records */

/* The check in progress. */
struct check {
	struct backup *backup;
	struct arena *arena;
	struct ui *ui;
	int fd;
	const char *path;
	uint64_t size, time;
	uint64_t position; /* everything before it is as it must be */
	struct backup_entry index;
};

static int damaged(const struct check *check, struct err *err)
{
	err_set(err, CODE_INTEGRITY, "the backup %s is damaged, near byte %llu", check->path,
		(unsigned long long)check->position);
	return err_hint(err, "get another copy of it; what is installed was not touched");
}

/* ---- what it is ---- */

static int not_ours(const struct check *check, struct err *err)
{
	err_set(err, CODE_INPUT, "%s is no backup of hardtack", check->path);
	return err_hint(err, "name the file that `backup FILE` has made");
}

static int check_kind(struct check *check, struct err *err)
{
	char name[sizeof(BACKUP_MAIN)];
	struct stat st;
	if (fstat(check->fd, &st) < 0)
		return err_set_errno(err, CODE_IO, "read %s", check->path);
	if (!S_ISREG(st.st_mode))
		return not_ours(check, err);
	check->size = (uint64_t)st.st_size;
	if (check->size < NAME_OFFSET + sizeof(name))
		return not_ours(check, err);
	if (file_pread(check->fd, check->path, name, sizeof(name), NAME_OFFSET, err) < 0)
		return -1;
	return memcmp(name, BACKUP_MAIN, sizeof(name)) == 0 ? 0 : not_ours(check, err);
}

/* ---- the index ---- */

/* The last entry; the walk jumps over data. */
static int find_index(struct check *check, struct err *err)
{
	AUTO(tar_reader) reader = NULL;
	const struct tar_entry *entry;
	size_t count = 0;
	struct err walk_err = ERR_INIT;
	int status = tar_reader_open_file(
		&reader, TAR_BUNDLE, check->fd, check->path, 0, check->size, &walk_err);
	while (status == 0 && (status = tar_reader_next(reader, &entry, &walk_err)) == 0 && entry) {
		check->index =
			(struct backup_entry){.path = arena_strdup(check->arena, entry->path),
				.size_bytes = entry->size_bytes,
				.mode = entry->mode,
				.data_offset = entry->data_offset};
		if (++count > BACKUP_ENTRY_LIMIT)
			return damaged(check, err);
	}
	if (status == 0 && count > 1 && strcmp(check->index.path, BACKUP_INDEX) == 0)
		return 0;
	err_set(err, CODE_INTEGRITY, "the backup %s is damaged or cut: %s", check->path,
		status < 0 ? walk_err.text : T("its index is missing"));
	return err_hint(err, "get another copy of it; what is installed was not touched");
}

static int parse_entry(struct check *check, struct json item, struct err *err)
{
	struct backup *backup = check->backup;
	struct backup_entry *entry = &backup->entries[backup->entry_count];
	const char *hex;
	uint64_t mode;
	if (json_get_string(item, "path", &entry->path, err) < 0 ||
		json_get_u64(item, "size", &entry->size_bytes, err) < 0 ||
		json_get_u64(item, "mode", &mode, err) < 0 ||
		json_get_string(item, "sha256", &hex, err) < 0)
		return -1;
	if (!text_starts_with(entry->path, BACKUP_PREFIX) || !manifest_is_safe_path(entry->path) ||
		mode > 0777 || entry->size_bytes > check->size ||
		!sha256_from_hex(&entry->sha256, hex))
		return json_fail(item, err, "is no entry of a backup");
	entry->mode = (unsigned)mode;
	backup->entry_count++;
	return 0;
}

/* Its text must be the very one that its entries make: no flip in it goes unseen. */
static int parse_index(struct check *check, struct err *err)
{
	struct backup *backup = check->backup;
	struct json root, list, item;
	uint64_t format;
	AUTO_TEXT again = TEXT_INIT;
	size_t length = (size_t)check->index.size_bytes;
	if (check->index.size_bytes > BACKUP_MAIN_LIMIT)
		return damaged(check, err);
	char *bytes = arena_alloc(check->arena, length + 1);
	if (file_pread(check->fd, check->path, bytes, length, check->index.data_offset, err) < 0)
		return -1;
	backup->identity = digest_sha256_of(bytes, length);
	if (json_parse(bytes, length, check->path, BACKUP_MAIN_LIMIT, check->arena, &root, err) <
			0 ||
		json_get_u64(root, "hardtack_backup_index", &format, err) < 0 ||
		json_get_u64(root, "time", &check->time, err) < 0 ||
		json_get_array(root, "entries", &list, err) < 0)
		return -1;
	if (json_count(list) > BACKUP_ENTRY_LIMIT || json_count(list) == 0 ||
		format != BACKUP_FORMAT || check->time > UINT32_MAX)
		return damaged(check, err);
	backup->entries = arena_alloc(check->arena, json_count(list) * sizeof(*backup->entries));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);)
		if (parse_entry(check, item, err) < 0)
			return -1;
	backup_archive_index(backup->entries, backup->entry_count, check->time, &again);
	return again.length == length && memcmp(again.bytes, bytes, length) == 0
		       ? 0
		       : damaged(check, err);
}

/* ---- every byte ---- */

static int compare(struct check *check, const void *expected, size_t length, struct err *err)
{
	AUTO_FREE unsigned char *bytes = xmalloc(length + 1);
	if (length > check->size - check->position)
		return damaged(check, err);
	if (file_pread(check->fd, check->path, bytes, length, check->position, err) < 0)
		return -1;
	if (memcmp(bytes, expected, length) != 0)
		return damaged(check, err);
	check->position += length;
	return 0;
}

static int compare_zeros(struct check *check, uint64_t size_bytes, struct err *err)
{
	static const unsigned char zeros[TAR_END_SIZE];
	return compare(check, zeros, (size_t)(-size_bytes & (TAR_BLOCK - 1)), err);
}

static int compare_data(struct check *check, const struct backup_entry *entry, struct err *err)
{
	struct stream_file file;
	struct digest_sha256 hash;
	const void *bytes;
	size_t length;
	int status;
	digest_sha256_init(&hash);
	stream_file_init(&file, check->fd, check->path, check->position, entry->size_bytes);
	while ((status = interrupt_check(err)) == 0 &&
		(status = stream_next(&file.source, &bytes, &length, err)) == 0 && length > 0) {
		digest_sha256_update(&hash, bytes, length);
		check->position += length;
		if (check->ui)
			ui_progress(check->ui, check->position, check->size);
	}
	stream_file_clear(&file);
	struct sha256 found = digest_sha256_final(&hash);
	if (status < 0)
		return -1;
	return sha256_equal(&found, &entry->sha256) ? 0 : damaged(check, err);
}

static int check_entry(struct check *check, struct backup_entry *entry, struct err *err)
{
	AUTO_TEXT header = TEXT_INIT;
	if (tar_writer_late_header(
		    entry->path, entry->size_bytes, entry->mode, check->time, &header, err) < 0 ||
		compare(check, header.bytes, header.length, err) < 0)
		return -1;
	entry->data_offset = check->position;
	if (entry->size_bytes > check->size - check->position)
		return damaged(check, err);
	if (compare_data(check, entry, err) < 0)
		return -1;
	return compare_zeros(check, entry->size_bytes, err);
}

static int check_end(struct check *check, struct err *err)
{
	static const unsigned char end[TAR_END_SIZE];
	check->index.sha256 = check->backup->identity;
	if (check_entry(check, &check->index, err) < 0 || compare(check, end, sizeof(end), err) < 0)
		return -1;
	return check->position == check->size ? 0 : damaged(check, err);
}

static int check_all(struct check *check, struct err *err)
{
	struct backup *backup = check->backup;
	char *bytes;
	size_t length;
	if (find_index(check, err) < 0)
		return -1;
	if (parse_index(check, err) < 0) {
		if (err->code == CODE_INPUT)
			err->code = CODE_INTEGRITY; /* we wrote it, or something like it */
		return -1;
	}
	for (size_t i = 0; i < backup->entry_count; i++)
		if (check_entry(check, &backup->entries[i], err) < 0)
			return -1;
	if (check_end(check, err) < 0)
		return -1;
	if (strcmp(backup->entries[0].path, BACKUP_MAIN) != 0)
		return damaged(check, err);
	if (backup_read_entry(backup, &backup->entries[0], BACKUP_MAIN_LIMIT, check->arena, &bytes,
		    &length, err) < 0)
		return -1;
	return backup_main_parse(backup, bytes, length, check->arena, err);
}

int backup_check(struct backup *backup, int fd, const char *path, struct arena *arena,
	struct ui *ui, struct err *err)
{
	struct check check = {.backup = backup, .arena = arena, .ui = ui, .fd = fd, .path = path};
	int own = backup->fd;
	backup->path = path;
	backup->fd = fd;
	int status = check_kind(&check, err);
	if (status == 0)
		status = check_all(&check, err);
	backup->fd = own;
	return status;
}

int backup_open(struct backup *backup, const char *path, struct arena *arena, struct ui *ui,
	struct err *err)
{
	*backup = (struct backup)BACKUP_INIT;
	backup->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (backup->fd < 0 && errno == EACCES) {
		err_set_errno(err, CODE_IO, "open %s", path);
		return file_owner_hint(err, path);
	}
	if (backup->fd < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	ui_step_begin(ui, "backup-verify", T("Checking every byte of %s"), path);
	if (backup_check(backup, backup->fd, path, arena, ui, err) < 0)
		return -1;
	ui_step_end(ui, UI_DONE, T("The backup is sound: %s %s, made %s"), backup->name,
		backup->version ? backup->version : "", backup->created_at);
	return 0;
}

void backup_close(struct backup *backup)
{
	if (backup->fd >= 0)
		close(backup->fd);
	backup->fd = -1;
}

/* ---- reading ---- */

const struct backup_entry *backup_find_file(const struct backup *backup, const char *path)
{
	for (size_t i = 0; i < backup->entry_count; i++)
		if (text_starts_with(backup->entries[i].path, BACKUP_FILES) &&
			strcmp(backup->entries[i].path + strlen(BACKUP_FILES), path) == 0)
			return &backup->entries[i];
	return NULL;
}

static int changed(const struct backup *backup, struct err *err)
{
	return err_set(
		err, CODE_INTEGRITY, "the backup %s changed while it was read", backup->path);
}

int backup_read_entry(const struct backup *backup, const struct backup_entry *entry,
	size_t limit_bytes, struct arena *arena, char **bytes, size_t *length, struct err *err)
{
	if (entry->size_bytes > limit_bytes)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes",
			entry->path, limit_bytes);
	*length = (size_t)entry->size_bytes;
	*bytes = arena_alloc(arena, *length + 1);
	if (file_pread(backup->fd, backup->path, *bytes, *length, entry->data_offset, err) < 0)
		return -1;
	struct sha256 found = digest_sha256_of(*bytes, *length);
	return sha256_equal(&found, &entry->sha256) ? 0 : changed(backup, err);
}

int backup_stream_entry(const struct backup *backup, const struct backup_entry *entry,
	struct stream_sink *sink, void (*progress)(void *context, uint64_t done), void *context,
	struct err *err)
{
	struct stream_file file;
	struct digest_sha256 hash;
	const void *bytes;
	size_t length;
	int status = 0;
	digest_sha256_init(&hash);
	stream_file_init(&file, backup->fd, backup->path, entry->data_offset, entry->size_bytes);
	while ((status = stream_next(&file.source, &bytes, &length, err)) == 0 && length > 0) {
		digest_sha256_update(&hash, bytes, length);
		/* The last chunk only when all of it is right. */
		if (file.left == 0) {
			struct sha256 found = digest_sha256_final(&hash);
			if (!sha256_equal(&found, &entry->sha256)) {
				status = changed(backup, err);
				break;
			}
		}
		if ((status = stream_write(sink, bytes, length, err)) < 0)
			break;
		if (progress)
			progress(context, length);
	}
	stream_file_clear(&file);
	return status;
}

struct file_sink {
	struct stream_sink sink;
	int fd;
	const char *path;
};

static int file_sink_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;
	return file_write(file->fd, file->path, bytes, length, err);
}

int backup_extract_file(const struct backup *backup, const struct backup_entry *entry,
	const char *path, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	if (file_output_open(&output, path, entry->mode, err) < 0)
		return -1;
	struct file_sink file = {.sink.write = file_sink_write, .fd = output.fd, .path = path};
	if (backup_stream_entry(backup, entry, &file.sink, NULL, NULL, err) < 0)
		return -1;
	return file_output_commit(&output, err);
}
