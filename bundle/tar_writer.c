/* Deterministic tar headers (POSIX.1-2017, pax, "ustar Interchange Format"). */
#include "tar_writer.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "text.h"

#define LARGEST_OCTAL_SIZE 077777777777ULL /* eleven octal digits: 8 GiB - 1 */

struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char padding[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is one block");

static const unsigned char zeros[TAR_END_SIZE];

static bool is_ascii(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path < 0x20 || (unsigned char)*path > 0x7e)
			return false;
	return true;
}

/* Where the path divides into prefix and name: 0 for a name alone, SIZE_MAX when neither way
 * holds it. The last slash that the prefix can reach leaves the shortest name. */
static size_t split_point(const char *path)
{
	size_t length = strlen(path), split = SIZE_MAX;
	if (length <= sizeof(((struct ustar *)0)->name))
		return 0;
	for (size_t i = 1; i < length && i <= sizeof(((struct ustar *)0)->prefix); i++)
		if (path[i] == '/')
			split = i;
	if (split == SIZE_MAX || length - split - 1 > sizeof(((struct ustar *)0)->name))
		return SIZE_MAX;
	return split;
}

static bool path_needs_pax(const char *path)
{
	return !is_ascii(path) || split_point(path) == SIZE_MAX;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself (pax Header Block). */
static void add_pax_record(struct text *records, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, length = rest + 1;
	char digits[24];
	while ((size_t)snprintf(digits, sizeof(digits), "%zu", length) + rest != length)
		length++;
	text_addf(records, "%s %s=%s\n", digits, key, value);
}

static void add_pax_records(struct text *records, const char *path, uint64_t size_bytes)
{
	if (path_needs_pax(path))
		add_pax_record(records, "path", path);
	if (size_bytes > LARGEST_OCTAL_SIZE) {
		char size[24];
		snprintf(size, sizeof(size), "%llu", (unsigned long long)size_bytes);
		add_pax_record(records, "size", size);
	}
}

static void octal(char *field, size_t field_size, uint64_t value)
{
	char digits[24];
	snprintf(digits, sizeof(digits), "%0*llo", (int)field_size - 1, (unsigned long long)value);
	memcpy(field, digits, field_size);
}

/* For readers without pax, which must not see half a character. */
static void fill_fallback_name(struct ustar *header, const char *path)
{
	for (size_t i = 0; i < sizeof(header->name) && path[i]; i++) {
		unsigned char c = (unsigned char)path[i];
		header->name[i] = (char)(c < 0x20 || c > 0x7e ? '_' : c);
	}
}

static void fill_name(struct ustar *header, const char *path)
{
	size_t split = split_point(path);
	if (path_needs_pax(path)) {
		fill_fallback_name(header, path);
	} else if (split == 0) {
		memcpy(header->name, path, strlen(path));
	} else {
		memcpy(header->prefix, path, split);
		memcpy(header->name, path + split + 1, strlen(path) - split - 1);
	}
}

static void fill_header(struct ustar *header, const char *path, char type, uint64_t size_bytes,
	unsigned mode, uint64_t mtime)
{
	unsigned sum = 0;
	memset(header, 0, sizeof(*header));
	fill_name(header, path);
	octal(header->mode, sizeof(header->mode), mode & 07777);
	octal(header->uid, sizeof(header->uid), 0);
	octal(header->gid, sizeof(header->gid), 0);
	octal(header->size, sizeof(header->size), size_bytes > LARGEST_OCTAL_SIZE ? 0 : size_bytes);
	octal(header->mtime, sizeof(header->mtime), mtime);
	header->type = type;
	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
	octal(header->major, sizeof(header->major), 0);
	octal(header->minor, sizeof(header->minor), 0);
	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += ((unsigned char *)header)[i];
	octal(header->checksum, sizeof(header->checksum) - 1, sum);
}

static size_t padding_of(uint64_t size_bytes)
{
	return (size_t)(-size_bytes & (TAR_BLOCK - 1));
}

static int push(struct tar_writer *writer, const void *bytes, size_t length, struct err *err)
{
	if (length > 0 && stream_write(writer->sink, bytes, length, err) < 0)
		return -1;
	writer->written += length;
	return 0;
}

static int write_pax_header(
	struct tar_writer *writer, const char *path, uint64_t size_bytes, struct err *err)
{
	AUTO_TEXT records = TEXT_INIT;
	struct ustar header;
	add_pax_records(&records, path, size_bytes);
	if (records.length == 0)
		return 0;
	fill_header(&header, "PaxHeaders/entry", 'x', records.length, 0644, writer->mtime);
	if (push(writer, &header, sizeof(header), err) < 0 ||
		push(writer, records.bytes, records.length, err) < 0)
		return -1;
	return push(writer, zeros, padding_of(records.length), err);
}

/* Components that mean another place on extraction, or that two readers see differently. */
static bool is_clean_path(const char *path)
{
	if (!*path)
		return false;
	for (const char *at = path;; at++) {
		size_t length = strcspn(at, "/");
		if (length == 0 || (length == 1 && at[0] == '.') ||
			(length == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += length;
		if (!*at)
			return true;
	}
}

static int check_entry(const char *path, uint64_t size_bytes, struct err *err)
{
	if (!is_clean_path(path) || strlen(path) > TAR_WRITER_PATH_LIMIT ||
		!text_is_utf8(path, strlen(path)) || size_bytes > INT64_MAX / 2)
		return err_set(err, CODE_INPUT, "%s cannot be a path in an archive", path);
	return 0;
}

int tar_writer_late_header(const char *path, uint64_t size_bytes, unsigned mode, uint64_t mtime,
	struct text *out, struct err *err)
{
	AUTO_TEXT records = TEXT_INIT;
	struct ustar header;
	char size[24];
	if (check_entry(path, size_bytes, err) < 0)
		return -1;
	snprintf(size, sizeof(size), "%020llu", (unsigned long long)size_bytes);
	if (path_needs_pax(path))
		add_pax_record(&records, "path", path);
	add_pax_record(&records, "size", size);
	fill_header(&header, "PaxHeaders/entry", 'x', records.length, 0644, mtime);
	text_add_bytes(out, &header, sizeof(header));
	text_add_bytes(out, records.bytes, records.length);
	text_add_bytes(out, zeros, padding_of(records.length));
	fill_header(&header, path, '0', size_bytes, mode, mtime);
	text_add_bytes(out, &header, sizeof(header));
	return 0;
}

int tar_writer_entry(struct tar_writer *writer, const char *path, uint64_t size_bytes,
	unsigned mode, struct err *err)
{
	struct ustar header;
	BUG_ON(writer->left > 0);
	if (check_entry(path, size_bytes, err) < 0)
		return -1;
	if (write_pax_header(writer, path, size_bytes, err) < 0)
		return -1;
	fill_header(&header, path, '0', size_bytes, mode, writer->mtime);
	writer->left = size_bytes;
	writer->padding = padding_of(size_bytes);
	return push(writer, &header, sizeof(header), err);
}

int tar_writer_data(struct tar_writer *writer, const void *bytes, size_t length, struct err *err)
{
	BUG_ON(length > writer->left);
	if (push(writer, bytes, length, err) < 0)
		return -1;
	writer->left -= length;
	if (writer->left > 0 || length == 0)
		return 0;
	return push(writer, zeros, writer->padding, err);
}

int tar_writer_copy(struct tar_writer *writer, struct stream_source *source, struct err *err)
{
	const void *bytes;
	size_t length;
	for (;;) {
		if (stream_next(source, &bytes, &length, err) < 0)
			return -1;
		if (length == 0 || length > writer->left)
			break;
		if (tar_writer_data(writer, bytes, length, err) < 0)
			return -1;
	}
	if (length > 0)
		return err_set(err, CODE_INTEGRITY, "the data is longer than announced");
	if (writer->left > 0)
		return err_set(err, CODE_INTEGRITY,
			"the data ends %llu bytes earlier than announced",
			(unsigned long long)writer->left);
	return 0;
}

int tar_writer_finish(struct tar_writer *writer, struct err *err)
{
	BUG_ON(writer->left > 0);
	return push(writer, zeros, TAR_END_SIZE, err);
}

static int data_sink_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	char *at = (char *)sink - offsetof(struct tar_writer, data);
	return tar_writer_data((struct tar_writer *)(void *)at, bytes, length, err);
}

void tar_writer_init(struct tar_writer *writer, struct stream_sink *sink, uint64_t mtime)
{
	BUG_ON(mtime > LARGEST_OCTAL_SIZE);
	*writer = (struct tar_writer){
		.sink = sink,
		.data = {.write = data_sink_write},
		.mtime = mtime,
	};
}

uint64_t tar_writer_header_size(const char *path, uint64_t size_bytes)
{
	AUTO_TEXT records = TEXT_INIT;
	add_pax_records(&records, path, size_bytes);
	uint64_t pax = records.length ? TAR_BLOCK + round_up(records.length, TAR_BLOCK) : 0;
	return pax + TAR_BLOCK;
}

uint64_t tar_writer_entry_size(const char *path, uint64_t size_bytes)
{
	return tar_writer_header_size(path, size_bytes) + round_up(size_bytes, TAR_BLOCK);
}
