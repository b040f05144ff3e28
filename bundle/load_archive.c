/* index.json, manifest.json and the blob order of the image part. */
#include "load_archive.h"

#include <stdlib.h>
#include <string.h>

const char load_archive_layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}\n";

static bool is_wanted(const bool *wanted, size_t i)
{
	return !wanted || wanted[i];
}

static const char *tag_of(const char *reference)
{
	const char *colon = strrchr(reference, ':');
	BUG_ON(!colon);
	return colon + 1;
}

static void add_field(struct text *out, const char *separator, const char *key, const char *value)
{
	text_addf(out, "%s\"%s\":", separator, key);
	text_add_json(out, value);
}

static void add_descriptor(const struct manifest_image *image, struct text *out)
{
	add_field(out, "{", "mediaType", image->manifest_media_type);
	add_field(out, ",", "digest", image->pin);
	text_addf(out, ",\"size\":%llu", (unsigned long long)image->manifest_size);
	add_field(out, ",\"annotations\":{", "io.containerd.image.name", image->tag);
	add_field(out, ",", "org.opencontainers.image.ref.name", tag_of(image->tag));
	add_field(out, "},\"platform\":{", "architecture", image->architecture);
	add_field(out, ",", "os", image->os);
	if (image->variant)
		add_field(out, ",", "variant", image->variant);
	text_add(out, "}}");
}

void load_archive_index(const struct manifest *manifest, const bool *wanted, struct text *out)
{
	const char *separator = "";
	text_add(out, "{\"schemaVersion\":2,\"mediaType\":"
		      "\"application/vnd.oci.image.index.v1+json\",\"manifests\":[");
	for (size_t i = 0; i < manifest->image_count; i++) {
		if (!is_wanted(wanted, i))
			continue;
		text_add(out, separator);
		add_descriptor(&manifest->images[i], out);
		separator = ",";
	}
	text_add(out, "]}\n");
}

static void add_blob_path(struct text *out, const char *separator, const char *digest)
{
	text_addf(out, "%s\"blobs/sha256/%s\"", separator, digest + strlen("sha256:"));
}

static void add_archive_image(
	const struct manifest *manifest, const bool *wanted, size_t first, struct text *out)
{
	const struct manifest_image *image = &manifest->images[first];
	const char *separator = "";
	add_blob_path(out, "{\"Config\":", image->config);
	text_add(out, ",\"RepoTags\":[");
	for (size_t i = first; i < manifest->image_count; i++) {
		if (!is_wanted(wanted, i) || strcmp(manifest->images[i].pin, image->pin) != 0)
			continue;
		text_add(out, separator);
		text_add_json(out, manifest->images[i].tag);
		separator = ",";
	}
	text_add(out, "],\"Layers\":[");
	for (size_t l = 0; l < image->layer_count; l++)
		add_blob_path(out, l ? "," : "", image->layers[l].digest);
	text_add(out, "]}");
}

static bool is_first_of_its_pin(const struct manifest *manifest, const bool *wanted, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_wanted(wanted, j) &&
			strcmp(manifest->images[j].pin, manifest->images[i].pin) == 0)
			return false;
	return true;
}

void load_archive_manifest(const struct manifest *manifest, const bool *wanted, struct text *out)
{
	const char *separator = "[";
	for (size_t i = 0; i < manifest->image_count; i++) {
		if (!is_wanted(wanted, i) || !is_first_of_its_pin(manifest, wanted, i))
			continue;
		text_add(out, separator);
		add_archive_image(manifest, wanted, i, out);
		separator = ",";
	}
	text_add(out, *separator == '[' ? "[]\n" : "]\n");
}

/* ---- every blob once ---- */

struct candidate {
	struct load_archive_blob blob;
	size_t order;
};

static int by_digest(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int difference = strcmp(x->blob.digest, y->blob.digest);
	return difference ? difference : x->order < y->order ? -1 : 1;
}

static int by_order(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return x->order < y->order ? -1 : 1;
}

size_t load_archive_blobs(const struct manifest *manifest, const bool *wanted, struct arena *arena,
	struct load_archive_blob **out)
{
	struct candidate *all = NULL;
	size_t count = 0, capacity = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < manifest->image_count; i++) {
			const struct manifest_image *image = &manifest->images[i];
			if (!is_wanted(wanted, i))
				continue;
			if (pass == 0) {
				ARENA_PUSH(arena, all, count, capacity)->blob =
					(struct load_archive_blob){
						image->pin, image->manifest_size};
				ARENA_PUSH(arena, all, count, capacity)->blob =
					(struct load_archive_blob){
						image->config, image->config_size};
				continue;
			}
			for (size_t l = 0; l < image->layer_count; l++)
				ARENA_PUSH(arena, all, count, capacity)->blob =
					(struct load_archive_blob){image->layers[l].digest,
						image->layers[l].size_bytes};
		}
	}
	/* Sort, drop the doubles, sort back: 10,000 blobs must not cost 10,000 squared. */
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		all[i].order = i;
	if (count)
		qsort(all, count, sizeof(*all), by_digest);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(all[i].blob.digest, all[kept - 1].blob.digest) != 0)
			all[kept++] = all[i];
	if (kept)
		qsort(all, kept, sizeof(*all), by_order);
	*out = arena_alloc(arena, kept * sizeof(**out));
	for (size_t i = 0; i < kept; i++)
		(*out)[i] = all[i].blob;
	return kept;
}
