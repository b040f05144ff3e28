/* Bundles: what the builder writes is read, and every deviation is found. */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_extract.h"
#include "bundle_reader.h"
#include "file_io.h"
#include "load_archive.h"
#include "tar_writer.h"

enum { LAYER_SIZE = STREAM_CHUNK + 1000 }; /* more than one chunk */

struct fixture {
	struct arena *arena;
	char *layer, digest[3][SHA256_DIGEST_LENGTH + 1];
	struct manifest manifest;
	struct manifest_layer layers[1];
	struct manifest_image image[1];
	struct manifest_entry entries[8];
	const void *bytes[8];
};

struct fd_sink {
	struct stream_sink sink;
	int fd;
};

static int fd_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	return file_write(((struct fd_sink *)sink)->fd, "out", bytes, length, err);
}

static void add_entry(struct fixture *f, const char *path, const void *bytes, size_t length)
{
	size_t i = f->manifest.entry_count++;
	f->entries[i] =
		(struct manifest_entry){path, length, digest_sha256_of(bytes, length), 0644, NULL};
	f->bytes[i] = bytes;
}

static void fixture_init(struct fixture *f)
{
	static const char config[] = "{\"config\":1}", manifest[] = "{\"manifest\":1}";
	*f = (struct fixture){.arena = arena_new()};
	f->layer = arena_alloc(f->arena, LAYER_SIZE);
	for (int i = 0; i < LAYER_SIZE; i++)
		f->layer[i] = (char)(i * 7);
	const void *blobs[] = {manifest, config, f->layer};
	size_t sizes[] = {strlen(manifest), strlen(config), LAYER_SIZE};
	for (int i = 0; i < 3; i++) {
		struct sha256 sha256 = digest_sha256_of(blobs[i], sizes[i]);
		sha256_to_digest(&sha256, f->digest[i]);
	}
	f->layers[0] = (struct manifest_layer){f->digest[2], f->digest[2], "tar", LAYER_SIZE};
	f->image[0] = (struct manifest_image){.reference = "docker.io/a/b:1",
		.tag = "docker.io/a/b:1-000000000000",
		.pin = f->digest[0],
		.manifest_size = sizes[0],
		.config = f->digest[1],
		.config_size = sizes[1],
		.manifest_media_type = "m",
		.os = "linux",
		.architecture = "arm64",
		.layers = f->layers,
		.layer_count = 1};
	f->manifest = (struct manifest){.name = "n",
		.builder = "b",
		.compose = "compose.yaml",
		.images = f->image,
		.image_count = 1,
		.entries = f->entries};
	add_entry(f, "hardtack/files/compose.yaml", "services: {}\n", 13);
	struct text index = TEXT_INIT, archive = TEXT_INIT;
	load_archive_index(&f->manifest, NULL, &index);
	load_archive_manifest(&f->manifest, NULL, &archive);
	add_entry(f, "oci-layout", load_archive_layout, strlen(load_archive_layout));
	add_entry(f, "index.json", arena_strdup(f->arena, index.bytes), index.length);
	add_entry(f, "manifest.json", arena_strdup(f->arena, archive.bytes), archive.length);
	text_clear(&index);
	text_clear(&archive);
	for (int i = 0; i < 3; i++)
		add_entry(f, manifest_blob_path(f->digest[i], f->arena), blobs[i], sizes[i]);
}

/* Writes the tar with `skip` left out and `extra` put in; returns an open descriptor. */
static int write_bundle(struct fixture *f, int skip, const char *extra, uint64_t *length)
{
	struct err err = ERR_INIT;
	struct tar_writer tar;
	AUTO_TEXT json = TEXT_INIT;
	manifest_write(&f->manifest, &json);
	struct fd_sink sink = {{fd_write}, open("bundle", O_RDWR | O_CREAT | O_TRUNC, 0600)};
	CHECK_OK(file_write(sink.fd, "out", "junk", 4, &err)); /* the payload begins at 4 */
	tar_writer_init(&tar, &sink.sink, 0);
	CHECK_OK(tar_writer_entry(&tar, MANIFEST_PATH, json.length, 0644, &err));
	CHECK_OK(tar_writer_data(&tar, json.bytes, json.length, &err));
	for (int i = 0; i < (int)f->manifest.entry_count; i++) {
		if (i == skip)
			continue;
		CHECK_OK(tar_writer_entry(
			&tar, f->entries[i].path, f->entries[i].size_bytes, 0644, &err));
		CHECK_OK(tar_writer_data(&tar, f->bytes[i], f->entries[i].size_bytes, &err));
	}
	if (extra)
		CHECK_OK(tar_writer_entry(&tar, extra, 0, 0644, &err));
	CHECK_OK(tar_writer_finish(&tar, &err));
	*length = tar.written;
	return sink.fd;
}

TEST(a_bundle_is_read_and_its_files_come_back)
{
	struct err err = ERR_INIT;
	struct fixture f;
	fixture_init(&f);
	uint64_t length;
	AUTO_FD fd = write_bundle(&f, -1, NULL, &length);
	AUTO(bundle) bundle = NULL;
	CHECK_OK(bundle_open(&bundle, fd, "bundle", 4, length, &err));
	char *bytes = NULL;
	size_t size = 0;
	CHECK_OK(bundle_read(
		bundle, "hardtack/files/compose.yaml", 100, f.arena, &bytes, &size, &err));
	CHECK_STR(bytes, "services: {}\n");
	CHECK_FAILS(bundle_read(bundle, f.entries[6].path, 100, f.arena, &bytes, &size, &err),
		CODE_INPUT);
	CHECK_FAILS(
		bundle_read(bundle, "nothing", 100, f.arena, &bytes, &size, &err), CODE_INTEGRITY);
	CHECK_OK(bundle_extract(bundle, "out", &err));
	CHECK_OK(file_read_all("out/oci-layout", 1000, f.arena, &bytes, &size, &err));
	CHECK_STR(bytes, load_archive_layout);
	CHECK_FAILS(bundle_extract(bundle, "out", &err), CODE_USAGE);
	arena_free(f.arena);
}

TEST(the_load_stream_has_the_size_that_was_said)
{
	struct err err = ERR_INIT;
	struct fixture f;
	fixture_init(&f);
	uint64_t length;
	AUTO_FD fd = write_bundle(&f, -1, NULL, &length);
	AUTO(bundle) bundle = NULL;
	CHECK_OK(bundle_open(&bundle, fd, "bundle", 4, length, &err));
	struct fd_sink sink = {{fd_write}, open("load", O_RDWR | O_CREAT, 0600)};
	CHECK_OK(bundle_stream_images(bundle, NULL, &sink.sink, &err));
	struct stat st;
	CHECK(fstat(sink.fd, &st) == 0);
	CHECK_INT(st.st_size, bundle_images_size(bundle, NULL));
	close(sink.fd);
	CHECK_INT(system("tar -tf load | tr '\\n' ' ' | grep -q '^oci-layout index.json "
			 "manifest.json "
			 "blobs/sha256/[0-9a-f]* blobs/sha256/[0-9a-f]* blobs/sha256/[0-9a-f]* $'"),
		0);
	arena_free(f.arena);
}

TEST(entries_that_the_manifest_does_not_name_are_refused)
{
	struct err err = ERR_INIT;
	struct fixture f;
	fixture_init(&f);
	uint64_t length;
	struct bundle *bundle = NULL;
	int fd = write_bundle(&f, -1, "hardtack/files/more", &length);
	CHECK_FAILS(bundle_open(&bundle, fd, "bundle", 4, length, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "does not name");
	close(fd);
	for (int skip = 0; skip < (int)f.manifest.entry_count; skip++) {
		fd = write_bundle(&f, skip, NULL, &length);
		CHECK_FAILS(bundle_open(&bundle, fd, "bundle", 4, length, &err), CODE_INTEGRITY);
		close(fd);
	}
	f.layers[0].size_bytes++;
	fd = write_bundle(&f, -1, NULL, &length);
	CHECK_FAILS(bundle_open(&bundle, fd, "bundle", 4, length, &err), CODE_INTEGRITY);
	close(fd);
	arena_free(f.arena);
}

static size_t pushed;

static int count_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	(void)sink, (void)bytes, (void)err;
	pushed += length;
	return 0;
}

TEST(a_changed_blob_never_goes_out_whole)
{
	struct err err = ERR_INIT;
	struct fixture f;
	fixture_init(&f);
	uint64_t length;
	AUTO_FD fd = write_bundle(&f, -1, NULL, &length);
	AUTO(bundle) bundle = NULL;
	CHECK_OK(bundle_open(&bundle, fd, "bundle", 4, length, &err));
	/* The last entry is the layer: change its first byte. */
	uint64_t at = 4 + length - TAR_END_SIZE - (LAYER_SIZE + 511) / 512 * 512;
	CHECK_OK(file_pwrite(fd, "bundle", "x", 1, at, &err));
	struct stream_sink sink = {count_write};
	pushed = 0;
	CHECK_FAILS(bundle_stream(bundle, f.entries[6].path, &sink, &err), CODE_INTEGRITY);
	CHECK(pushed < LAYER_SIZE);
	CHECK_CONTAINS(err.text, "does not match its digest");
	pushed = 0;
	CHECK_FAILS(bundle_stream_images(bundle, NULL, &sink, &err), CODE_INTEGRITY);
	CHECK(pushed < bundle_images_size(bundle, NULL));
	arena_free(f.arena);
}
