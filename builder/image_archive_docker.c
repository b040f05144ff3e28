/*
 * docker's own archive: manifest.json names configs, tags and layers (moby image spec v1.2).
 *
 *     [{"Config": "<hex>.json", "RepoTags": ["postgres:17"], "Layers": ["<id>/layer.tar", …]}]
 *
 * Alone it has no image manifest, so one is made: deterministic, over the layers as they are.
 */
#include <string.h>

#include "file_io.h"
#include "image_archive_parts.h"
#include "json.h"
#include "message.h"
#include "text.h"

static int find_part(
	struct image_archive *archive, const char *path, struct blob_source *out, struct err *err)
{
	bool found;
	if (archive_input_find(archive->input, path, &found, out, err) < 0)
		return -1;
	return found ? 0 : image_archive_fail_missing(archive, path, err);
}

/* ---- config ---- */

/* The digest that a config's path promises ("<hex>.json", "sha256:<hex>", "blobs/sha256/<hex>"),
 * or NULL for other names. */
static const char *promised_digest(const char *path, struct arena *arena)
{
	const char *base = file_base_name(path);
	if (text_starts_with(base, "sha256:"))
		base += strlen("sha256:");
	size_t length = strlen(base);
	if (text_ends_with(base, ".json"))
		length -= strlen(".json");
	const char *digest = arena_printf(arena, "sha256:%.*s", (int)length, base);
	return oci_digest_is_valid(digest) ? digest : NULL;
}

static int read_config(
	struct image_archive *archive, struct image *image, const char *path, struct err *err)
{
	struct blob_source *blob = &image->config_blob;
	if (find_part(archive, path, blob, err) < 0)
		return -1;
	blob->digest = promised_digest(path, archive->arena);
	if (image_archive_read_document(archive, blob, err) < 0)
		return -1;
	if (!blob->digest) {
		char *digest = arena_alloc(archive->arena, SHA256_DIGEST_LENGTH + 1);
		struct sha256 sum = digest_sha256_of(blob->bytes, (size_t)blob->size_bytes);
		sha256_to_digest(&sum, digest);
		blob->digest = digest;
	}
	return 0;
}

/* ---- layers ---- */

static int read_magic(
	const struct blob_source *blob, unsigned char magic[static 4], struct err *err)
{
	AUTO_BLOB_READER reader = {0};
	const void *bytes = NULL;
	size_t length = 0;
	memset(magic, 0, 4);
	if (blob_source_open(blob, &reader, err) < 0 ||
		stream_next(&reader.source, &bytes, &length, err) < 0)
		return -1;
	memcpy(magic, bytes ? bytes : "", length < 4 ? length : 4);
	return 0;
}

static int take_layer(struct image_archive *archive, const char *path, const char *diff_id,
	struct image_layer *layer, struct err *err)
{
	static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	unsigned char magic[4];
	*layer = (struct image_layer){.diff_id = diff_id};
	if (find_part(archive, path, &layer->blob, err) < 0 ||
		read_magic(&layer->blob, magic, err) < 0)
		return -1;
	if (memcmp(magic, zstd, sizeof(zstd)) == 0) {
		err_set(err, CODE_INPUT, "%s: the layer is compressed with zstd", layer->blob.name);
		return err_hint(err,
			"Docker 20.10 cannot read it. Save the image with plain or gzip "
			"layers.");
	}
	if (memcmp(magic, gzip, sizeof(gzip)) == 0) {
		char *digest = arena_alloc(archive->arena, SHA256_DIGEST_LENGTH + 1);
		layer->media_type = OCI_MEDIA_LAYER_GZIP;
		if (blob_source_digest(&layer->blob, digest, err) < 0)
			return -1;
		layer->blob.digest = digest;
		return 0;
	}
	/* A plain layer must be what its diff_id says: proven whenever it is read. */
	layer->media_type = OCI_MEDIA_LAYER;
	layer->blob.digest = diff_id;
	layer->unpacked_bytes = layer->blob.size_bytes;
	return 0;
}

static int take_layers(
	struct image_archive *archive, struct image *image, struct json layers, struct err *err)
{
	struct json item;
	size_t i = 0;
	image->layer_count = json_count(layers);
	image->layers = arena_alloc(archive->arena, image->layer_count * sizeof(*image->layers));
	for (struct json_iterator it = json_items(layers); json_next(&it, &item); i++) {
		const char *path;
		if (json_as_string(item, &path, err) < 0 ||
			take_layer(archive, path, image->config.diff_ids[i], &image->layers[i],
				err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the manifest that is not there ---- */

static void make_manifest(struct image_archive *archive, struct image *image)
{
	AUTO_TEXT text = TEXT_INIT;
	struct oci_descriptor config = {
		.media_type = OCI_MEDIA_CONFIG,
		.digest = image->config_blob.digest,
		.size_bytes = image->config_blob.size_bytes,
	};
	struct oci_descriptor *layers =
		arena_alloc(archive->arena, image->layer_count * sizeof(*layers));
	for (size_t i = 0; i < image->layer_count; i++)
		layers[i] = (struct oci_descriptor){
			.media_type = image->layers[i].media_type,
			.digest = image->layers[i].blob.digest,
			.size_bytes = image->layers[i].blob.size_bytes,
		};
	oci_manifest_write(&config, layers, image->layer_count, &text);
	char *digest = arena_alloc(archive->arena, SHA256_DIGEST_LENGTH + 1);
	struct sha256 sum = digest_sha256_of(text.bytes, text.length);
	sha256_to_digest(&sum, digest);
	image->manifest = (struct blob_source){
		.digest = digest,
		.size_bytes = text.length,
		.name = arena_printf(
			archive->arena, "%s: %s", archive_input_name(archive->input), digest),
		.bytes = arena_strndup(archive->arena, text.bytes, text.length),
		.fd = -1,
	};
	image->manifest_media_type = OCI_MEDIA_MANIFEST;
	image->manifest_is_made = true;
}

/* ---- manifest.json ---- */

static int add_tags(
	struct image_archive *archive, struct image *image, struct json entry, struct err *err)
{
	struct json tags, item;
	const char *tag;
	if (json_get_array_or_none(entry, "RepoTags", &tags, err) < 0)
		return -1;
	if (json_count(tags) > OCI_INDEX_LIMIT)
		return json_fail(tags, err, "has more than %zu items", (size_t)OCI_INDEX_LIMIT);
	for (struct json_iterator it = json_items(tags); json_next(&it, &item);) {
		if (json_as_string(item, &tag, err) < 0)
			return -1;
		if (image_archive_add_name(archive, image, tag, err) < 0)
			return -1;
	}
	return 0;
}

static int fill_image(
	struct image_archive *archive, struct image *image, struct json entry, struct err *err)
{
	struct json layers;
	const char *config;
	if (json_get_string(entry, "Config", &config, err) < 0 ||
		json_get_array(entry, "Layers", &layers, err) < 0)
		return -1;
	if (json_count(layers) > OCI_LAYER_LIMIT)
		return json_fail(layers, err, "has more than %zu items", (size_t)OCI_LAYER_LIMIT);
	if (read_config(archive, image, config, err) < 0 ||
		image_archive_take_config(archive, image, json_count(layers), err) < 0 ||
		take_layers(archive, image, layers, err) < 0)
		return -1;
	make_manifest(archive, image);
	return 0;
}

static int add_image(struct image_archive *archive, struct json entry, struct err *err)
{
	struct image *image = image_archive_new_image(archive);
	if (add_tags(archive, image, entry, err) < 0)
		return -1;
	if (fill_image(archive, image, entry, err) < 0)
		image_archive_set_problem(archive, image, err);
	return 0;
}

/* The names of an OCI layout's images: manifest.json knows them by their config. */
static int name_images(struct image_archive *archive, struct json entry, struct err *err)
{
	const char *config;
	if (json_get_string(entry, "Config", &config, err) < 0)
		return -1;
	const char *digest = promised_digest(config, archive->arena);
	for (size_t i = 0; digest && i < archive->count; i++) {
		const char *known = archive->images[i]->config_blob.digest;
		if (known && strcmp(known, digest) == 0 &&
			add_tags(archive, archive->images[i], entry, err) < 0)
			return -1;
	}
	return 0;
}

int image_archive_read_docker(
	struct image_archive *archive, bool names_only, bool *found, struct err *err)
{
	struct blob_source blob;
	struct json root, entry;
	char *bytes;
	if (archive_input_find(archive->input, "manifest.json", found, &blob, err) < 0)
		return -1;
	if (!*found)
		return 0;
	if (blob_source_read(&blob, OCI_DOCUMENT_LIMIT, archive->arena, &bytes, err) < 0 ||
		json_parse(bytes, (size_t)blob.size_bytes, blob.name, OCI_DOCUMENT_LIMIT,
			archive->arena, &root, err) < 0)
		return -1;
	if (!json_is_array(root))
		return json_fail(root, err, "must be an array");
	if (json_count(root) > OCI_INDEX_LIMIT)
		return json_fail(root, err, "has more than %zu items", (size_t)OCI_INDEX_LIMIT);
	for (struct json_iterator it = json_items(root); json_next(&it, &entry);)
		if ((names_only ? name_images(archive, entry, err)
				: add_image(archive, entry, err)) < 0)
			return -1;
	return 0;
}
