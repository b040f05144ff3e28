/* Blobs in memory and in files, as streams that prove themselves. */
#include "blob_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int prove(struct blob_reader *reader, struct err *err)
{
	char digest[SHA256_DIGEST_LENGTH + 1];
	struct sha256 sum = digest_sha256_final(&reader->hash);
	reader->proven = true;
	if (!reader->blob->digest)
		return 0;
	sha256_to_digest(&sum, digest);
	if (strcmp(digest, reader->blob->digest) == 0)
		return 0;
	err_set(err, CODE_INTEGRITY, "%s: the bytes do not have the digest %s", reader->blob->name,
		reader->blob->digest);
	return err_hint(err, "The file was damaged or changed: copy or save it again.");
}

static int next_bytes(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct blob_reader *reader = (struct blob_reader *)source;
	*length = 0;
	if (reader->left > 0 && reader->blob->bytes) {
		*bytes = reader->blob->bytes;
		*length = (size_t)reader->left;
	} else if (reader->left > 0) {
		if (stream_next(&reader->file.source, bytes, length, err) < 0)
			return -1;
	}
	digest_sha256_update(&reader->hash, *bytes, *length);
	reader->left -= *length;
	if (reader->left == 0 && !reader->proven)
		return prove(reader, err);
	return 0;
}

static int open_path(const struct blob_source *blob, struct blob_reader *reader, struct err *err)
{
	struct stat st;
	/* Without O_NONBLOCK a pipe in the place of a blob would hang us. */
	reader->own_fd = open(blob->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (reader->own_fd < 0)
		return err_set_errno(
			err, errno == ENOENT ? CODE_NOT_FOUND : CODE_IO, "open %s", blob->path);
	if (fstat(reader->own_fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", blob->path);
	if (blob->offset == 0 && (uint64_t)st.st_size != blob->size_bytes) {
		err_set(err, CODE_INTEGRITY, "%s: has %llu bytes instead of %llu", blob->name,
			(unsigned long long)st.st_size, (unsigned long long)blob->size_bytes);
		return err_hint(err, "The file was damaged or changed: copy or save it again.");
	}
	return 0;
}

int blob_source_open(const struct blob_source *blob, struct blob_reader *reader, struct err *err)
{
	*reader = (struct blob_reader){
		.source = {.next = next_bytes},
		.blob = blob,
		.own_fd = -1,
		.left = blob->size_bytes,
	};
	digest_sha256_init(&reader->hash);
	if (blob->bytes)
		return 0;
	if (blob->fd < 0 && open_path(blob, reader, err) < 0)
		return -1;
	stream_file_init(&reader->file, blob->fd < 0 ? reader->own_fd : blob->fd, blob->name,
		blob->offset, blob->size_bytes);
	return 0;
}

void blob_reader_clear(struct blob_reader *reader)
{
	if (!reader->blob)
		return;
	stream_file_clear(&reader->file);
	if (reader->own_fd >= 0)
		close(reader->own_fd);
	reader->own_fd = -1;
	reader->blob = NULL;
}

int blob_source_read(const struct blob_source *blob, size_t limit_bytes, struct arena *arena,
	char **bytes, struct err *err)
{
	AUTO_BLOB_READER reader = {0};
	const void *chunk = NULL;
	size_t length = 0, at = 0;
	if (blob->size_bytes > limit_bytes)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes",
			blob->name, limit_bytes);
	if (blob_source_open(blob, &reader, err) < 0)
		return -1;
	char *all = arena_alloc(arena, (size_t)blob->size_bytes + 1);
	do {
		if (stream_next(&reader.source, &chunk, &length, err) < 0)
			return -1;
		if (length > 0)
			memcpy(all + at, chunk, length);
		at += length;
	} while (length > 0);
	*bytes = all;
	return 0;
}

int blob_source_digest(const struct blob_source *blob, char *out, struct err *err)
{
	struct blob_source unproven = *blob;
	AUTO_BLOB_READER reader = {0};
	struct digest_sha256 hash;
	const void *chunk = NULL;
	size_t length = 0;
	unproven.digest = NULL;
	digest_sha256_init(&hash);
	if (blob_source_open(&unproven, &reader, err) < 0)
		return -1;
	do {
		if (stream_next(&reader.source, &chunk, &length, err) < 0)
			return -1;
		digest_sha256_update(&hash, chunk, length);
	} while (length > 0);
	struct sha256 sum = digest_sha256_final(&hash);
	sha256_to_digest(&sum, out);
	return 0;
}
