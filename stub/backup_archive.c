/* The backup file's own bytes. */
#include "backup_archive.h"

#include <string.h>

#include "file_io.h"
#include "interrupt.h"
#include "json_writer.h"
#include "tar_writer.h"

static const unsigned char zeros[TAR_END_SIZE];

static int push(struct backup_archive *archive, const void *bytes, size_t length, struct err *err)
{
	if (length > 0 && file_write(archive->fd, archive->name, bytes, length, err) < 0)
		return -1;
	archive->position += length;
	return 0;
}

static int sink_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct backup_archive *archive = (struct backup_archive *)sink;
	struct backup_entry *entry = &archive->entries[archive->entry_count - 1];
	if (interrupt_check(err) < 0 || push(archive, bytes, length, err) < 0)
		return -1;
	digest_sha256_update(&archive->hash, bytes, length);
	entry->size_bytes += length;
	if (archive->progress)
		archive->progress(archive->progress_context, archive->position);
	return 0;
}

void backup_archive_init(struct backup_archive *archive, int fd, const char *name, uint64_t time,
	struct arena *arena)
{
	*archive = (struct backup_archive){
		.sink.write = sink_write, .arena = arena, .fd = fd, .name = name, .time = time};
}

/* The header for the size that is known by now; it is written twice. */
static int header_of(const struct backup_archive *archive, const struct backup_entry *entry,
	struct text *header, struct err *err)
{
	return tar_writer_late_header(
		entry->path, entry->size_bytes, entry->mode, archive->time, header, err);
}

int backup_archive_begin(
	struct backup_archive *archive, const char *path, unsigned mode, struct err *err)
{
	AUTO_TEXT header = TEXT_INIT;
	struct backup_entry *entry = ARENA_PUSH(
		archive->arena, archive->entries, archive->entry_count, archive->entry_capacity);
	entry->path = arena_strdup(archive->arena, path);
	entry->mode = mode;
	digest_sha256_init(&archive->hash);
	if (archive->entry_count >= BACKUP_ENTRY_LIMIT)
		return err_set(
			err, CODE_INPUT, "a backup has at most %d files", BACKUP_ENTRY_LIMIT);
	if (header_of(archive, entry, &header, err) < 0)
		return -1;
	entry->data_offset = archive->position + header.length;
	return push(archive, header.bytes, header.length, err);
}

int backup_archive_end(struct backup_archive *archive, struct err *err)
{
	AUTO_TEXT header = TEXT_INIT;
	struct backup_entry *entry = &archive->entries[archive->entry_count - 1];
	entry->sha256 = digest_sha256_final(&archive->hash);
	if (header_of(archive, entry, &header, err) < 0 ||
		file_pwrite(archive->fd, archive->name, header.bytes, header.length,
			entry->data_offset - header.length, err) < 0)
		return -1;
	return push(archive, zeros, (size_t)(-entry->size_bytes & (TAR_BLOCK - 1)), err);
}

int backup_archive_add(struct backup_archive *archive, const char *path, unsigned mode,
	const void *bytes, size_t length, struct err *err)
{
	if (backup_archive_begin(archive, path, mode, err) < 0 ||
		stream_write(&archive->sink, bytes, length, err) < 0)
		return -1;
	return backup_archive_end(archive, err);
}

void backup_archive_index(
	const struct backup_entry *entries, size_t count, uint64_t time, struct text *out)
{
	char hex[SHA256_HEX_LENGTH + 1];
	struct json_writer writer = json_writer_begin(out, false), *w = &writer;
	json_object(w, NULL);
	json_number(w, "hardtack_backup_index", BACKUP_FORMAT);
	json_number(w, "time", time);
	json_array(w, "entries");
	for (size_t i = 0; i < count; i++) {
		sha256_to_hex(&entries[i].sha256, hex);
		json_object(w, NULL);
		json_string(w, "path", entries[i].path);
		json_number(w, "size", entries[i].size_bytes);
		json_number(w, "mode", entries[i].mode);
		json_string(w, "sha256", hex);
		json_end(w);
	}
	json_end(w);
	json_end(w);
}

int backup_archive_finish(struct backup_archive *archive, struct err *err)
{
	AUTO_TEXT index = TEXT_INIT;
	backup_archive_index(archive->entries, archive->entry_count, archive->time, &index);
	if (backup_archive_add(archive, BACKUP_INDEX, 0600, index.bytes, index.length, err) < 0)
		return -1;
	return push(archive, zeros, TAR_END_SIZE, err);
}
