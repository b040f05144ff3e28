/*
 * Writing a backup file (backup.h): entries whose sizes are known only at their ends, and the index
 * behind them. One format for header bytes, so that reading can compare them.
 */
#pragma once

#include "backup.h"
#include "stream.h"

#define BACKUP_MAIN BACKUP_PREFIX "backup.json"
#define BACKUP_INDEX BACKUP_PREFIX "index.json"
#define BACKUP_RECEIPT BACKUP_PREFIX "receipt.json"
#define BACKUP_FILES BACKUP_PREFIX "files/"
#define BACKUP_VOLUMES BACKUP_PREFIX "volumes/"
#define BACKUP_DIRECTORIES BACKUP_PREFIX "directories/"
#define BACKUP_HOOK BACKUP_PREFIX "hook/output"

enum { BACKUP_MAIN_LIMIT = 8 << 20, BACKUP_ENTRY_LIMIT = 20000 };

struct backup_archive {
	struct stream_sink sink; /* data of the current entry: first, for the cast */
	struct arena *arena;
	int fd;
	const char *name; /* for errors */
	uint64_t time;    /* of all entries, seconds since 1970 */
	uint64_t position;
	struct backup_entry *entries;
	size_t entry_count, entry_capacity;
	struct digest_sha256 hash;
	void (*progress)(void *context, uint64_t written); /* or NULL */
	void *progress_context;
};

void backup_archive_init(struct backup_archive *archive, int fd, const char *name, uint64_t time,
	struct arena *arena);

/* An entry: begin, push into archive->sink, end. path below BACKUP_PREFIX, with it. */
int backup_archive_begin(
	struct backup_archive *archive, const char *path, unsigned mode, struct err *err);
int backup_archive_end(struct backup_archive *archive, struct err *err);

/* Small ones at once. */
int backup_archive_add(struct backup_archive *archive, const char *path, unsigned mode,
	const void *bytes, size_t length, struct err *err);

/* The index and the archive's end. */
int backup_archive_finish(struct backup_archive *archive, struct err *err);

/* The index's text: a function of entries and time alone. */
void backup_archive_index(
	const struct backup_entry *entries, size_t count, uint64_t time, struct text *out);

/* What backup.json says, written and read. Reading refuses what would be put somewhere else than it
 * should: paths and names that are none. Entries are looked up in backup->entries. */
void backup_main_write(const struct backup *backup, struct text *out);
int backup_main_parse(struct backup *backup, const char *bytes, size_t length, struct arena *arena,
	struct err *err);

/* backup_open() of a file that is open: takes no descriptor, backup->fd stays as it is. */
int backup_check(struct backup *backup, int fd, const char *path, struct arena *arena,
	struct ui *ui, struct err *err);
