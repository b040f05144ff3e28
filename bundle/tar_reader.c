/*
 * Tar archives through libarchive's reader, with the checks that it leaves to its caller.
 *
 * Paths: the program never calls setlocale(), so libarchive cannot translate a path that is not
 * ASCII, warns, and hands out the archive's own bytes. That is what we want on every system, and
 * why just this warning is no fault.
 */
#include "tar_reader.h"

#include <errno.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "digest.h"
#include "file_io.h"
#include "message.h"
#include "number.h"
#include "tar_writer.h"
#include "text.h"

enum { READ_SIZE = 64 * 1024, KEY_SIZE = 16 };

/* Seen paths, as truncated digests: an attacker cannot make two differ-but-equal. */
struct path_set {
	unsigned char (*keys)[KEY_SIZE]; /* open addressing; all-zero is free */
	size_t slots;                    /* power of two */
	size_t count;
};

struct tar_reader {
	enum tar_mode mode;
	char *name;
	struct archive *archive;
	bool in_place;                /* a range of a file, not a stream */
	struct stream_source *source; /* a stream */
	int fd;
	uint64_t start;    /* of the range in the file */
	uint64_t length;   /* of the range */
	uint64_t position; /* in the range, of the next read */
	unsigned char *buffer;
	struct err input_err; /* what the input said when libarchive only knows "it failed" */
	struct tar_entry entry;
	struct text path;
	struct text link;
	uint64_t entries_end; /* position behind the last entry's padding */
	size_t entry_count;
	struct path_set seen;
	bool at_end;
	struct stream_source data;
	uint64_t data_left;
};

/* ---- input ---- */

static la_ssize_t read_input(struct archive *archive, void *self, const void **bytes)
{
	struct tar_reader *reader = self;
	size_t length = 0;
	(void)archive;
	if (!reader->in_place) {
		if (stream_next(reader->source, bytes, &length, &reader->input_err) < 0)
			return -1;
		reader->position += length;
		return (la_ssize_t)length;
	}
	uint64_t left = reader->length - reader->position;
	length = left < READ_SIZE ? (size_t)left : READ_SIZE;
	*bytes = reader->buffer;
	if (length > 0 && file_pread(reader->fd, reader->name, reader->buffer, length,
				  reader->start + reader->position, &reader->input_err) < 0)
		return -1;
	reader->position += length;
	return (la_ssize_t)length;
}

static la_int64_t skip_input(struct archive *archive, void *self, la_int64_t request)
{
	struct tar_reader *reader = self;
	(void)archive;
	if (!reader->in_place || request < 0)
		return 0;
	uint64_t left = reader->length - reader->position;
	uint64_t skipped = (uint64_t)request < left ? (uint64_t)request : left;
	reader->position += skipped;
	return (la_int64_t)skipped;
}

/* ---- faults ---- */

static int fault_code(const struct tar_reader *reader)
{
	return reader->mode == TAR_BUNDLE ? CODE_INTEGRITY : CODE_INPUT;
}

static int fail_archive(struct tar_reader *reader, struct err *err)
{
	if (reader->input_err.code) {
		*err = reader->input_err;
		return -1;
	}
	const char *why = archive_error_string(reader->archive);
	return err_set(err, fault_code(reader), "%s is not a sound tar archive: %s", reader->name,
		why ? why : "?");
}

/* "what" comes translated. */
#define fail_entry(reader, err, what) fail_entry_at((reader), (err), __FILE__, __LINE__, (what))
static int fail_entry_at(
	struct tar_reader *reader, struct err *err, const char *file, int line, const char *what)
{
	AUTO_TEXT shown = TEXT_INIT;
	text_add_printable(&shown, reader->path.bytes, reader->path.length);
	return err_set_at(err, file, line, fault_code(reader), "%s: entry %s: %s", reader->name,
		shown.bytes, what);
}

/* ---- opening ---- */

static struct tar_reader *reader_new(enum tar_mode mode, const char *name)
{
	struct tar_reader *reader = xmalloc(sizeof(*reader));
	memset(reader, 0, sizeof(*reader));
	reader->mode = mode;
	reader->name = xstrdup(name);
	reader->path = TEXT_INIT;
	reader->link = TEXT_INIT;
	text_clear(&reader->path);
	text_clear(&reader->link);
	reader->fd = -1;
	reader->archive = archive_read_new();
	BUG_ON(!reader->archive);
	archive_read_support_format_tar(reader->archive);
	archive_read_support_filter_none(reader->archive);
	return reader;
}

static int reader_open(struct tar_reader **out, struct tar_reader *reader, struct err *err)
{
	AUTO(tar_reader) owned = reader;
	/* Else, on macOS, entries named "._…" would vanish into the entry behind them. */
	archive_read_set_options(reader->archive, "!mac-ext");
	archive_read_set_callback_data(reader->archive, reader);
	archive_read_set_read_callback(reader->archive, read_input);
	archive_read_set_skip_callback(reader->archive, skip_input);
	if (archive_read_open1(reader->archive) != ARCHIVE_OK)
		return fail_archive(reader, err);
	*out = TAKE(owned);
	return 0;
}

int tar_reader_open_file(struct tar_reader **out, enum tar_mode mode, int fd, const char *name,
	uint64_t offset, uint64_t length, struct err *err)
{
	struct tar_reader *reader = reader_new(mode, name);
	reader->in_place = true;
	reader->fd = fd;
	reader->start = offset;
	reader->length = length;
	reader->buffer = xmalloc(READ_SIZE);
	return reader_open(out, reader, err);
}

int tar_reader_open_source(struct tar_reader **out, enum tar_mode mode,
	struct stream_source *source, const char *name, struct err *err)
{
	struct tar_reader *reader = reader_new(mode, name);
	reader->source = source;
	return reader_open(out, reader, err);
}

int tar_reader_open_compressed(struct tar_reader **out, struct stream_source *source,
	const char *name, struct err *err)
{
	struct tar_reader *reader = reader_new(TAR_FOREIGN, name);
	reader->source = source;
	archive_read_support_filter_gzip(reader->archive);
	archive_read_support_filter_zstd(reader->archive);
	return reader_open(out, reader, err);
}

void tar_reader_free(struct tar_reader *reader)
{
	if (!reader)
		return;
	archive_read_free(reader->archive);
	text_clear(&reader->path);
	text_clear(&reader->link);
	free(reader->seen.keys);
	free(reader->buffer);
	free(reader->name);
	free(reader);
}

/* ---- doubles ---- */

static bool insert_key(struct path_set *set, const unsigned char key[static KEY_SIZE])
{
	static const unsigned char free_key[KEY_SIZE];
	size_t slot = (size_t)load_le64(key) & (set->slots - 1);
	while (memcmp(set->keys[slot], free_key, KEY_SIZE) != 0) {
		if (memcmp(set->keys[slot], key, KEY_SIZE) == 0)
			return false;
		slot = (slot + 1) & (set->slots - 1);
	}
	memcpy(set->keys[slot], key, KEY_SIZE);
	set->count++;
	return true;
}

static void grow_set(struct path_set *set)
{
	struct path_set larger = {.slots = set->slots ? set->slots * 2 : 64};
	static const unsigned char free_key[KEY_SIZE];
	larger.keys = xmalloc(larger.slots * KEY_SIZE);
	memset(larger.keys, 0, larger.slots * KEY_SIZE);
	for (size_t i = 0; i < set->slots; i++)
		if (memcmp(set->keys[i], free_key, KEY_SIZE) != 0)
			insert_key(&larger, set->keys[i]);
	free(set->keys);
	*set = larger;
}

/* False when the path was there already. */
static bool remember_path(struct path_set *set, const struct text *path)
{
	struct sha256 digest = digest_sha256_of(path->bytes, path->length);
	if (set->count * 2 >= set->slots)
		grow_set(set);
	return insert_key(set, digest.bytes);
}

/* ---- paths ---- */

static bool is_dots(const char *component, size_t length)
{
	return length == 2 && component[0] == '.' && component[1] == '.';
}

/* Other people's "./a//b/" as "a/b". False for a path that leads out. */
static bool add_normalised(struct text *out, const char *path)
{
	if (path[0] == '/')
		return false;
	while (*path) {
		size_t length = strcspn(path, "/");
		if (is_dots(path, length))
			return false;
		if (length > 0 && !(length == 1 && path[0] == '.')) {
			if (out->length > 0)
				text_add(out, "/");
			text_add_bytes(out, path, length);
		}
		path += length;
		path += *path == '/';
	}
	return true;
}

static int take_path(struct tar_reader *reader, struct archive_entry *entry, struct err *err)
{
	AUTO_TEXT normal = TEXT_INIT;
	const char *path = archive_entry_pathname(entry);
	text_clear(&reader->path);
	if (!path)
		return fail_entry(reader, err, T("has no path"));
	text_add(&reader->path, path);
	bool inside = add_normalised(&normal, path);
	if (!inside)
		return fail_entry(reader, err, T("the path leads out of the archive"));
	if (reader->path.length > TAR_PATH_LIMIT)
		return fail_entry(reader, err, T("the path is too long"));
	if (reader->mode == TAR_BUNDLE) {
		if (strcmp(path, normal.bytes) != 0 || !text_is_utf8(path, strlen(path)))
			return fail_entry(reader, err, T("the path is not in its plain form"));
		return 0;
	}
	text_clear(&reader->path);
	text_add_bytes(&reader->path, normal.bytes, normal.length);
	return 0;
}

/* ---- entries ---- */

static int take_type(struct tar_reader *reader, struct archive_entry *entry, struct err *err)
{
	const char *path = archive_entry_pathname(entry);
	const char *target = archive_entry_hardlink(entry);
	reader->entry.type = TAR_FILE;
	text_clear(&reader->link);
	if (target) {
		reader->entry.type = TAR_HARDLINK;
	} else if (archive_entry_filetype(entry) == AE_IFLNK) {
		reader->entry.type = TAR_SYMLINK;
		target = archive_entry_symlink(entry);
		if (!target)
			return fail_entry(reader, err, T("is a link without a target"));
	} else if (archive_entry_filetype(entry) == AE_IFDIR || text_ends_with(path, "/")) {
		reader->entry.type = TAR_DIRECTORY;
	} else if (archive_entry_filetype(entry) != AE_IFREG) {
		return fail_entry(reader, err, T("is a device, a pipe or the like"));
	}
	if (target && strlen(target) > TAR_PATH_LIMIT)
		return fail_entry(reader, err, T("the path is too long"));
	if (target)
		text_add(&reader->link, target);
	reader->entry.link_target = target ? reader->link.bytes : NULL;
	if (reader->mode == TAR_BUNDLE && reader->entry.type != TAR_FILE)
		return fail_entry(reader, err, T("is not a regular file"));
	return 0;
}

static int take_size(struct tar_reader *reader, struct archive_entry *entry, struct err *err)
{
	la_int64_t size = archive_entry_size(entry);
	uint64_t position = (uint64_t)archive_filter_bytes(reader->archive, 0);
	reader->entry.size_bytes = 0;
	reader->entry.data_offset = UINT64_MAX;
	reader->data_left = 0;
	reader->entries_end = position;
	if (archive_entry_sparse_count(entry) > 0)
		return fail_entry(reader, err, T("is a sparse file"));
	if (reader->entry.type != TAR_FILE)
		return 0;
	if (size < 0 || size > INT64_MAX / 2)
		return fail_entry(reader, err, T("the size is out of range"));
	if (reader->in_place) {
		if (position > reader->length || (uint64_t)size > reader->length - position)
			return fail_entry(reader, err, T("ends behind the end of the archive"));
		reader->entry.data_offset = reader->start + position;
	}
	reader->entry.size_bytes = reader->data_left = (uint64_t)size;
	reader->entries_end = position + round_up((uint64_t)size, TAR_BLOCK);
	return 0;
}

static int take_entry(struct tar_reader *reader, struct archive_entry *entry, struct err *err)
{
	if (take_path(reader, entry, err) < 0 || take_type(reader, entry, err) < 0 ||
		take_size(reader, entry, err) < 0)
		return -1;
	if (++reader->entry_count > TAR_ENTRY_LIMIT)
		return err_set(err, fault_code(reader), "%s has more than %d entries", reader->name,
			TAR_ENTRY_LIMIT);
	if (reader->entry.type == TAR_DIRECTORY)
		return 0;
	if (reader->path.length == 0)
		return fail_entry(reader, err, T("has no path"));
	if (!remember_path(&reader->seen, &reader->path))
		return fail_entry(reader, err, T("is there twice"));
	return 0;
}

/* Our own archives end where the format says, so that nothing can hide behind the end marker. */
static int check_end(struct tar_reader *reader, struct err *err)
{
	const void *bytes;
	size_t length = 1;
	uint64_t expected = reader->entries_end + TAR_END_SIZE;
	if (reader->mode != TAR_BUNDLE)
		return 0;
	while (!reader->in_place && length > 0) {
		if (stream_next(reader->source, &bytes, &length, err) < 0)
			return -1;
		reader->position += length;
	}
	uint64_t total = reader->in_place ? reader->length : reader->position;
	if ((uint64_t)archive_filter_bytes(reader->archive, 0) != expected || total != expected)
		return err_set(err, CODE_INTEGRITY,
			"%s does not end with two zero blocks and nothing behind them",
			reader->name);
	return 0;
}

/* Only the path's charset may be a reason to warn: see the top of this file. */
static bool is_charset_warning(struct archive *archive)
{
	const char *text = archive_error_string(archive);
	return text && strstr(text, "can't be converted from UTF-8");
}

int tar_reader_next(struct tar_reader *reader, const struct tar_entry **entry, struct err *err)
{
	struct archive_entry *raw = NULL;
	*entry = NULL;
	if (reader->at_end)
		return 0;
	archive_clear_error(reader->archive);
	int result = archive_read_next_header(reader->archive, &raw);
	if (result == ARCHIVE_EOF) {
		reader->at_end = true;
		return check_end(reader, err);
	}
	if (result != ARCHIVE_OK &&
		(result != ARCHIVE_WARN || !is_charset_warning(reader->archive)))
		return fail_archive(reader, err);
	if (take_entry(reader, raw, err) < 0)
		return -1;
	reader->entry.path = reader->path.bytes;
	reader->entry.mode = (unsigned)archive_entry_perm(raw) & 07777;
	*entry = &reader->entry;
	return 0;
}

/* ---- data ---- */

static int next_data(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct tar_reader *reader =
		(struct tar_reader *)(void *)((char *)source - offsetof(struct tar_reader, data));
	la_int64_t offset = 0;
	*length = 0;
	if (reader->data_left == 0)
		return 0;
	int result = archive_read_data_block(reader->archive, bytes, length, &offset);
	if (result != ARCHIVE_OK && result != ARCHIVE_EOF)
		return fail_archive(reader, err);
	if (result == ARCHIVE_EOF || *length == 0 || *length > reader->data_left ||
		(uint64_t)offset != reader->entry.size_bytes - reader->data_left)
		return fail_entry(reader, err, T("has not as much data as it says"));
	reader->data_left -= *length;
	return 0;
}

struct stream_source *tar_reader_data(struct tar_reader *reader)
{
	reader->data.next = next_data;
	return &reader->data;
}
