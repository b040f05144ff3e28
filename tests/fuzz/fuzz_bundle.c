/*
 * Payloads: a tar that came from anywhere (the first byte is even), or an intact one whose manifest
 * says something else (odd: the rest is the manifest; the entries behind it stay as they are).
 * What opens can be read in all its parts, and no wrong byte comes out whole.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bundle_reader.h"
#include "digest.h"
#include "tar_reader.h"
#include "tar_writer.h"

enum { SMALL = 1 << 20 };

struct descriptor_sink {
	struct stream_sink sink;
	int fd;
	uint64_t total;
};

static int descriptor_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct descriptor_sink *to = (struct descriptor_sink *)sink;
	(void)err;
	if (to->fd >= 0 && write(to->fd, bytes, length) != (ssize_t)length)
		abort();
	to->total += length;
	return 0;
}

static void read_entries(const struct bundle *bundle, const struct manifest *manifest)
{
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		struct err err = ERR_INIT;
		char *bytes;
		size_t length;
		if (bundle_read(bundle, entry->path, SMALL, arena, &bytes, &length, &err) < 0) {
			FUZZ_PROMISE(err.code == CODE_INTEGRITY || err.code == CODE_INPUT);
			continue;
		}
		struct sha256 digest = digest_sha256_of(bytes, length);
		FUZZ_PROMISE(length == entry->size_bytes && sha256_equal(&digest, &entry->sha256));
	}
}

static void read_images(const struct bundle *bundle, const struct manifest *manifest)
{
	struct err err = ERR_INIT;
	struct descriptor_sink sink = {{descriptor_write}, -1, 0};
	bool *wanted = calloc(manifest->image_count + 1, sizeof(*wanted));
	for (size_t i = 0; i < manifest->image_count; i++)
		wanted[i] = true;
	uint64_t size = bundle_images_size(bundle, wanted);
	if (!manifest->installer &&
		bundle_stream_images(bundle, wanted, &sink.sink, &err) == 0)
		FUZZ_PROMISE(sink.total == size);
	else
		FUZZ_PROMISE(manifest->installer || err.code == CODE_INTEGRITY);
	free(wanted);
}

static int open_and_read(int fd, uint64_t length)
{
	struct err err = ERR_INIT;
	AUTO(bundle) bundle = NULL;
	if (bundle_open(&bundle, fd, "fuzz", 0, length, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INTEGRITY && err.text[0]);
		return -1;
	}
	read_entries(bundle, bundle_manifest(bundle));
	read_images(bundle, bundle_manifest(bundle));
	return 0;
}

/* The manifest's own words about each entry, followed by zeros of that size: everything but the
 * digests is as it says. */
static void build_by_manifest(struct tar_writer *tar, const char *json, size_t length)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct manifest *manifest;
	static const char zeros[4096];
	if (tar_writer_entry(tar, MANIFEST_PATH, length, 0644, &err) < 0 ||
		tar_writer_data(tar, json, length, &err) < 0)
		abort();
	if (manifest_parse(json, length, arena, &manifest, &err) < 0)
		return;
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (entry->size_bytes > sizeof(zeros))
			return;
		if (tar_writer_entry(tar, entry->path, entry->size_bytes, entry->mode, &err) < 0)
			return;
		if (tar_writer_data(tar, zeros, (size_t)entry->size_bytes, &err) < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct tar_writer tar;
	if (size == 0)
		return 0;
	struct descriptor_sink sink = {{descriptor_write}, memfd_create("fuzz", 0), 0};
	if (sink.fd < 0)
		abort();
	if (data[0] % 2 == 0) {
		descriptor_write(&sink.sink, data + 1, size - 1, &err);
	} else {
		tar_writer_init(&tar, &sink.sink, 0);
		build_by_manifest(&tar, (const char *)data + 1, size - 1);
		tar_writer_finish(&tar, &err);
	}
	open_and_read(sink.fd, sink.total);
	close(sink.fd);
	return 0;
}
