/* Reading a bundle: the tar's entries held against the manifest, every byte hashed as it is lent.
 */
#include "bundle_reader.h"

#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "load_archive.h"
#include "signature.h"
#include "tar_reader.h"
#include "tar_writer.h"

/* Where an entry of the manifest lies in the file. */
struct place {
	const struct manifest_entry *entry;
	uint64_t offset;
};

struct bundle {
	struct arena *arena;
	int fd;
	const char *name;
	uint64_t offset;
	uint64_t length;
	struct manifest *manifest;
	struct manifest_entry self;      /* manifest.json, which no entry names */
	struct manifest_entry signature; /* manifest.sig, neither; its path is NULL without one */
	struct public_key signer;
	struct place *places; /* sorted by path */
	size_t place_count;
};

void bundle_free(struct bundle *bundle)
{
	if (!bundle)
		return;
	arena_free(bundle->arena);
	free(bundle);
}

const struct manifest *bundle_manifest(const struct bundle *bundle)
{
	return bundle->manifest;
}

const struct public_key *bundle_signer(const struct bundle *bundle)
{
	return bundle->signature.path ? &bundle->signer : NULL;
}

uint64_t bundle_offset(const struct bundle *bundle)
{
	return bundle->offset;
}

uint64_t bundle_length(const struct bundle *bundle)
{
	return bundle->length;
}

static int by_path(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return strcmp(x->entry->path, y->entry->path);
}

static const struct place *find_place(const struct bundle *bundle, const char *path)
{
	struct manifest_entry entry = {.path = path};
	struct place key = {.entry = &entry};
	return bsearch(&key, bundle->places, bundle->place_count, sizeof(key), by_path);
}

/* The first entry is the manifest; its own digest is what the executable's root vouches for. */
static int read_manifest(struct bundle *bundle, struct tar_reader *tar, struct err *err)
{
	const struct tar_entry *entry;
	if (tar_reader_next(tar, &entry, err) < 0)
		return -1;
	if (!entry || strcmp(entry->path, MANIFEST_PATH) != 0)
		return err_set(
			err, CODE_INTEGRITY, "the payload does not begin with %s", MANIFEST_PATH);
	if (entry->size_bytes > MANIFEST_LIMIT)
		return err_set(err, CODE_INTEGRITY, "%s is larger than the limit of %d bytes",
			MANIFEST_PATH, MANIFEST_LIMIT);
	size_t size = (size_t)entry->size_bytes;
	AUTO_FREE char *json = xmalloc(size + 1);
	if (file_pread(bundle->fd, bundle->name, json, size, entry->data_offset, err) < 0 ||
		manifest_parse(json, size, bundle->arena, &bundle->manifest, err) < 0)
		return -1;
	bundle->self = (struct manifest_entry){
		MANIFEST_PATH, size, digest_sha256_of(json, size), 0644, NULL};
	bundle->places = arena_alloc(
		bundle->arena, (bundle->manifest->entry_count + 2) * sizeof(*bundle->places));
	bundle->places[bundle->place_count++] = (struct place){&bundle->self, entry->data_offset};
	return 0;
}

/* The key that travels with the signature must be the one that made it. */
static int read_signature(struct bundle *bundle, const struct tar_entry *entry, struct err *err)
{
	unsigned char bytes[SIGNATURE_DOCUMENT_MOST_BYTES];
	size_t size = (size_t)entry->size_bytes;
	if (entry->size_bytes > sizeof(bytes) || entry->mode != 0644)
		return err_set(err, CODE_INTEGRITY,
			"%s has another size or mode than the manifest says", entry->path);
	if (file_pread(bundle->fd, bundle->name, bytes, size, entry->data_offset, err) < 0 ||
		signature_document_verify(&bundle->signer, bytes, size, &bundle->self.sha256, err) <
			0)
		return -1;
	bundle->signature = (struct manifest_entry){
		SIGNATURE_MANIFEST_PATH, size, digest_sha256_of(bytes, size), 0644, NULL};
	bundle->places[bundle->place_count++] =
		(struct place){&bundle->signature, entry->data_offset};
	return 0;
}

static int match_entries(struct bundle *bundle, struct tar_reader *tar, struct err *err)
{
	const struct manifest *manifest = bundle->manifest;
	const struct tar_entry *entry;
	size_t next = 0;
	for (;;) {
		if (tar_reader_next(tar, &entry, err) < 0)
			return -1;
		if (!entry)
			break;
		if (next == 0 && !bundle->signature.path &&
			strcmp(entry->path, SIGNATURE_MANIFEST_PATH) == 0) {
			if (read_signature(bundle, entry, err) < 0)
				return -1;
			continue;
		}
		if (next == manifest->entry_count ||
			strcmp(manifest->entries[next].path, entry->path) != 0)
			return err_set(err, CODE_INTEGRITY,
				"the payload holds %s, which the manifest does not name there",
				entry->path);
		const struct manifest_entry *expected = &manifest->entries[next++];
		if (entry->size_bytes != expected->size_bytes || entry->mode != expected->mode)
			return err_set(err, CODE_INTEGRITY,
				"%s has another size or mode than the manifest says", entry->path);
		bundle->places[bundle->place_count++] =
			(struct place){expected, entry->data_offset};
	}
	if (next < manifest->entry_count)
		return err_set(
			err, CODE_INTEGRITY, "the payload lacks %s", manifest->entries[next].path);
	qsort(bundle->places, bundle->place_count, sizeof(*bundle->places), by_path);
	return 0;
}

/* Every blob that an image names is there under its digest; a control program has none. */
static int check_blobs(const struct bundle *bundle, struct err *err)
{
	if (bundle->manifest->installer)
		return 0;
	AUTO(arena) arena = arena_new();
	struct load_archive_blob *blobs;
	size_t count = load_archive_blobs(bundle->manifest, NULL, arena, &blobs);
	for (size_t i = 0; i < count; i++) {
		struct sha256 digest;
		const struct place *place =
			find_place(bundle, manifest_blob_path(blobs[i].digest, arena));
		if (!place)
			return err_set(
				err, CODE_INTEGRITY, "the payload lacks %s", blobs[i].digest);
		if (place->entry->size_bytes != blobs[i].size_bytes ||
			!sha256_from_digest(&digest, blobs[i].digest) ||
			!sha256_equal(&digest, &place->entry->sha256))
			return err_set(err, CODE_INTEGRITY,
				"%s has another size or mode than the manifest says",
				blobs[i].digest);
	}
	return 0;
}

static int open_tar(struct bundle *bundle, struct err *err)
{
	AUTO(tar_reader) tar = NULL;
	if (tar_reader_open_file(&tar, TAR_BUNDLE, bundle->fd, bundle->name, bundle->offset,
		    bundle->length, err) < 0 ||
		read_manifest(bundle, tar, err) < 0 || match_entries(bundle, tar, err) < 0)
		return -1;
	return check_blobs(bundle, err);
}

int bundle_open(struct bundle **out, int fd, const char *name, uint64_t offset, uint64_t length,
	struct err *err)
{
	AUTO(bundle) bundle = xmalloc(sizeof(*bundle));
	*bundle =
		(struct bundle){.arena = arena_new(), .fd = fd, .offset = offset, .length = length};
	bundle->name = arena_strdup(bundle->arena, name);
	if (open_tar(bundle, err) < 0)
		return err_wrap(err, "read the bundle in %s", name);
	*out = TAKE(bundle);
	return 0;
}

/* It could be read when it was opened: the stick was pulled out, the share is gone, or the file was
 * cut. What it held was right, so that a copy is not the first remedy. */
static int unreadable(const struct bundle *bundle, struct err *err)
{
	AUTO_FREE char *cause = xstrdup(err->text);
	int code = err->code;
	err_clear(err);
	err_set(err, code == CODE_INTEGRITY ? CODE_IO : code, "%s can no longer be read: %s",
		bundle->name, cause);
	return err_hint(err,
		"plug the stick in again (or bring the disk or the share back), then run "
		"this again; it goes on where it stopped");
}

/* Pushes an entry's bytes; the last chunk only after the digest has proven right. */
static int push(const struct bundle *bundle, const struct place *place, struct stream_sink *sink,
	struct err *err)
{
	struct stream_file file;
	struct digest_sha256 hash;
	const void *bytes;
	size_t length;
	int status = 0;
	digest_sha256_init(&hash);
	stream_file_init(&file, bundle->fd, bundle->name, place->offset, place->entry->size_bytes);
	for (uint64_t left = place->entry->size_bytes; status == 0;) {
		status = stream_next(&file.source, &bytes, &length, err);
		if (status < 0) {
			unreadable(bundle, err);
			break;
		}
		digest_sha256_update(&hash, bytes, length);
		left -= length;
		if (left == 0) {
			struct sha256 actual = digest_sha256_final(&hash);
			if (!sha256_equal(&actual, &place->entry->sha256)) {
				err_set(err, CODE_INTEGRITY, "%s in %s does not match its digest",
					place->entry->path, bundle->name);
				status = err_hint(
					err, "copy the file again from where it came from");
				break;
			}
		}
		if (length)
			status = stream_write(sink, bytes, length, err);
		if (left == 0)
			break;
	}
	stream_file_clear(&file);
	return status;
}

static int require_place(
	const struct bundle *bundle, const char *path, const struct place **out, struct err *err)
{
	*out = find_place(bundle, path);
	return *out ? 0 : err_set(err, CODE_INTEGRITY, "the payload lacks %s", path);
}

int bundle_stream(
	const struct bundle *bundle, const char *path, struct stream_sink *sink, struct err *err)
{
	const struct place *place;
	return require_place(bundle, path, &place, err) < 0 ? -1 : push(bundle, place, sink, err);
}

int bundle_stream_all(const struct bundle *bundle, struct stream_sink *sink, struct err *err)
{
	for (size_t i = 0; i < bundle->manifest->entry_count; i++)
		if (bundle_stream(bundle, bundle->manifest->entries[i].path, sink, err) < 0)
			return -1;
	return 0;
}

struct memory_sink {
	struct stream_sink sink;
	char *bytes;
	size_t used;
};

static int memory_sink_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct memory_sink *memory = (struct memory_sink *)sink;
	(void)err;
	memcpy(memory->bytes + memory->used, bytes, length);
	memory->used += length;
	return 0;
}

int bundle_read(const struct bundle *bundle, const char *path, size_t limit_bytes,
	struct arena *arena, char **bytes, size_t *length, struct err *err)
{
	const struct place *place;
	if (require_place(bundle, path, &place, err) < 0)
		return -1;
	if (place->entry->size_bytes > limit_bytes)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes", path,
			limit_bytes);
	struct memory_sink sink = {
		{memory_sink_write}, arena_alloc(arena, (size_t)place->entry->size_bytes + 1), 0};
	if (push(bundle, place, &sink.sink, err) < 0)
		return -1;
	*bytes = sink.bytes;
	if (length)
		*length = sink.used;
	return 0;
}

/* ---- the docker load archive ---- */

/* What stands before the blobs. */
struct load_documents {
	struct text layout, index, manifest;
};

static void documents_make(
	struct load_documents *documents, const struct manifest *manifest, const bool *wanted)
{
	*documents = (struct load_documents){TEXT_INIT, TEXT_INIT, TEXT_INIT};
	text_add(&documents->layout, load_archive_layout);
	load_archive_index(manifest, wanted, &documents->index);
	load_archive_manifest(manifest, wanted, &documents->manifest);
}

static void documents_clear(struct load_documents *documents)
{
	text_clear(&documents->layout);
	text_clear(&documents->index);
	text_clear(&documents->manifest);
}

static int write_document(
	struct tar_writer *tar, const char *path, const struct text *text, struct err *err)
{
	if (tar_writer_entry(tar, path, text->length, 0644, err) < 0)
		return -1;
	return tar_writer_data(tar, text->bytes, text->length, err);
}

static int write_blobs(
	const struct bundle *bundle, const bool *wanted, struct tar_writer *tar, struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct load_archive_blob *blobs;
	size_t count = load_archive_blobs(bundle->manifest, wanted, arena, &blobs);
	for (size_t i = 0; i < count; i++) {
		const char *path = manifest_blob_path(blobs[i].digest, arena);
		if (tar_writer_entry(tar, path, blobs[i].size_bytes, 0644, err) < 0 ||
			bundle_stream(bundle, path, &tar->data, err) < 0)
			return -1;
	}
	return 0;
}

int bundle_stream_images(
	const struct bundle *bundle, const bool *wanted, struct stream_sink *sink, struct err *err)
{
	struct tar_writer tar;
	struct load_documents documents;
	documents_make(&documents, bundle->manifest, wanted);
	tar_writer_init(&tar, sink, 0);
	int status = 0;
	if (write_document(&tar, LOAD_ARCHIVE_LAYOUT_PATH, &documents.layout, err) < 0 ||
		write_document(&tar, LOAD_ARCHIVE_INDEX_PATH, &documents.index, err) < 0 ||
		write_document(&tar, LOAD_ARCHIVE_MANIFEST_PATH, &documents.manifest, err) < 0 ||
		write_blobs(bundle, wanted, &tar, err) < 0 || tar_writer_finish(&tar, err) < 0)
		status = -1;
	documents_clear(&documents);
	return status;
}

uint64_t bundle_images_size(const struct bundle *bundle, const bool *wanted)
{
	AUTO(arena) arena = arena_new();
	struct load_documents documents;
	struct load_archive_blob *blobs;
	documents_make(&documents, bundle->manifest, wanted);
	uint64_t size =
		TAR_END_SIZE +
		tar_writer_entry_size(LOAD_ARCHIVE_LAYOUT_PATH, documents.layout.length) +
		tar_writer_entry_size(LOAD_ARCHIVE_INDEX_PATH, documents.index.length) +
		tar_writer_entry_size(LOAD_ARCHIVE_MANIFEST_PATH, documents.manifest.length);
	documents_clear(&documents);
	size_t count = load_archive_blobs(bundle->manifest, wanted, arena, &blobs);
	for (size_t i = 0; i < count; i++)
		size += tar_writer_entry_size(
			manifest_blob_path(blobs[i].digest, arena), blobs[i].size_bytes);
	return size;
}
