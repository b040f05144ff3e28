/* OCI image layouts (image-spec 1.1, image-layout.md), and `docker save` since Docker 25. */
#include <string.h>

#include "image_archive_parts.h"
#include "json.h"
#include "layer_kind.h"
#include "message.h"
#include "text.h"

enum { DEPTH_LIMIT = 4, VISIT_LIMIT = 20000 };

/* Which top-level entry of index.json this is about. */
struct context {
	const struct oci_descriptor *top; /* names the image */
	const char *index_digest;         /* of the index around, or NULL */
	int depth;
};

static const char *blob_path(const char *digest, struct arena *arena)
{
	return arena_printf(arena, "blobs/sha256/%s", digest + strlen("sha256:"));
}

/* The blob of a descriptor, in its place; a wrong size is told at once. */
static int find_blob(struct image_archive *archive, const struct oci_descriptor *descriptor,
	struct blob_source *out, struct err *err)
{
	bool found;
	const char *path = blob_path(descriptor->digest, archive->arena);
	if (archive_input_find(archive->input, path, &found, out, err) < 0)
		return -1;
	if (!found)
		return image_archive_fail_missing(archive, path, err);
	if (out->size_bytes != descriptor->size_bytes)
		return err_set(err, CODE_INTEGRITY, "%s: has %llu bytes instead of %llu", out->name,
			(unsigned long long)out->size_bytes,
			(unsigned long long)descriptor->size_bytes);
	out->digest = descriptor->digest;
	return 0;
}

/* A document, proven, kept in memory. */
static int read_blob(struct image_archive *archive, const struct oci_descriptor *descriptor,
	struct blob_source *out, struct err *err)
{
	if (find_blob(archive, descriptor, out, err) < 0)
		return -1;
	return image_archive_read_document(archive, out, err);
}

static int take_layer(struct image_archive *archive, const struct oci_descriptor *descriptor,
	const char *diff_id, struct image_layer *layer, struct err *err)
{
	const char *name = archive_input_name(archive->input);
	if (layer_kind_check(name, descriptor, diff_id, err) < 0)
		return -1;
	*layer = (struct image_layer){.media_type = descriptor->media_type, .diff_id = diff_id};
	return find_blob(archive, descriptor, &layer->blob, err);
}

static int fill_image(struct image_archive *archive, struct image *image, struct err *err)
{
	struct oci_manifest manifest;
	const struct blob_source *blob = &image->manifest;
	if (oci_manifest_parse(blob->bytes, (size_t)blob->size_bytes, blob->name, archive->arena,
		    &manifest, err) < 0)
		return -1;
	image->manifest_media_type = manifest.media_type;
	if (!manifest.is_image)
		return err_set(
			err, CODE_INPUT, "%s: is an artifact, not a container image", blob->name);
	if (read_blob(archive, &manifest.config, &image->config_blob, err) < 0 ||
		image_archive_take_config(archive, image, manifest.layer_count, err) < 0)
		return -1;
	image->layers = arena_alloc(archive->arena, manifest.layer_count * sizeof(*image->layers));
	image->layer_count = manifest.layer_count;
	for (size_t i = 0; i < image->layer_count; i++)
		if (take_layer(archive, &manifest.layers[i], image->config.diff_ids[i],
			    &image->layers[i], err) < 0)
			return -1;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The image of this manifest when another name has led to it before. */
static struct image *known_image(const struct image_archive *archive,
	const struct oci_descriptor *descriptor, const struct context *context)
{
	for (size_t i = 0; i < archive->count; i++)
		if (same_text(archive->images[i]->manifest.digest, descriptor->digest) &&
			same_text(archive->images[i]->index_digest, context->index_digest))
			return archive->images[i];
	return NULL;
}

static int add_names(struct image_archive *archive, struct image *image,
	const struct oci_descriptor *top, struct err *err)
{
	/* io.containerd.image.name is the whole name; ref.name may be just the tag of it. */
	const char *name = top->image_name ? top->image_name : top->ref_name;
	return name ? image_archive_add_name(archive, image, name, err) : 0;
}

static struct image *add_image(struct image_archive *archive,
	const struct oci_descriptor *descriptor, const struct context *context)
{
	struct image *image = image_archive_new_image(archive);
	image->manifest.digest = descriptor->digest;
	image->manifest.name = archive_input_name(archive->input);
	image->index_digest = context->index_digest;
	image->platform = descriptor->platform; /* until the config is read */
	return image;
}

static int visit_index(struct image_archive *archive, const struct blob_source *blob,
	const struct oci_descriptor *descriptor, struct context context, struct err *err);

static int visit(struct image_archive *archive, const struct oci_descriptor *descriptor,
	struct context context, struct err *err)
{
	struct blob_source blob;
	enum oci_document kind;
	if (descriptor->is_attestation)
		return 0;
	if (++archive->visits > VISIT_LIMIT || context.depth > DEPTH_LIMIT)
		return err_set(err, CODE_INPUT, "%s: the indexes are nested too deep or too wide",
			archive_input_name(archive->input));
	struct image *image = known_image(archive, descriptor, &context);
	if (image)
		return add_names(archive, image, context.top, err);
	if (read_blob(archive, descriptor, &blob, err) < 0 ||
		oci_document_kind(blob.bytes, (size_t)blob.size_bytes, blob.name, &kind, err) < 0) {
		/* Other platforms of an index are often not there; asking for them says so. */
		image = add_image(archive, descriptor, &context);
		image_archive_set_problem(archive, image, err);
		return add_names(archive, image, context.top, err);
	}
	if (kind == OCI_DOCUMENT_INDEX)
		return visit_index(archive, &blob, descriptor, context, err);
	image = add_image(archive, descriptor, &context);
	image->manifest = blob;
	if (fill_image(archive, image, err) < 0)
		image_archive_set_problem(archive, image, err);
	return add_names(archive, image, context.top, err);
}

static int visit_index(struct image_archive *archive, const struct blob_source *blob,
	const struct oci_descriptor *descriptor, struct context context, struct err *err)
{
	struct oci_index index;
	if (oci_index_parse(blob->bytes, (size_t)blob->size_bytes, blob->name, archive->arena,
		    &index, err) < 0)
		return -1;
	context.index_digest = descriptor->digest;
	context.depth++;
	for (size_t i = 0; i < index.count; i++)
		if (visit(archive, &index.manifests[i], context, err) < 0)
			return -1;
	return 0;
}

/* "oci-layout" tells the version of the layout; a missing one is forgiven, another not. */
static int check_layout(struct image_archive *archive, struct err *err)
{
	struct blob_source blob;
	struct json root;
	const char *version;
	char *bytes;
	bool found;
	if (archive_input_find(archive->input, "oci-layout", &found, &blob, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (blob_source_read(&blob, 4096, archive->arena, &bytes, err) < 0 ||
		json_parse(bytes, (size_t)blob.size_bytes, blob.name, 4096, archive->arena, &root,
			err) < 0 ||
		json_get_string(root, "imageLayoutVersion", &version, err) < 0)
		return -1;
	if (strcmp(version, "1.0.0") != 0)
		return json_fail(json_member(root, "imageLayoutVersion"), err, "must be 1.0.0");
	return 0;
}

int image_archive_read_oci(struct image_archive *archive, bool *found, struct err *err)
{
	struct blob_source blob;
	struct oci_index index;
	char *bytes;
	if (archive_input_find(archive->input, "index.json", found, &blob, err) < 0)
		return -1;
	if (!*found)
		return 0;
	if (check_layout(archive, err) < 0 ||
		blob_source_read(&blob, OCI_DOCUMENT_LIMIT, archive->arena, &bytes, err) < 0 ||
		oci_index_parse(
			bytes, (size_t)blob.size_bytes, blob.name, archive->arena, &index, err) < 0)
		return -1;
	for (size_t i = 0; i < index.count; i++) {
		struct context context = {.top = &index.manifests[i]};
		if (visit(archive, &index.manifests[i], context, err) < 0)
			return -1;
	}
	return 0;
}

int image_archive_read_image(struct image_archive *archive,
	const struct oci_descriptor *manifest, struct image **out, struct err *err)
{
	struct context context = {0};
	struct image *image = add_image(archive, manifest, &context);
	*out = image;
	return read_blob(archive, manifest, &image->manifest, err) < 0 ||
			       fill_image(archive, image, err) < 0
		       ? -1
		       : 0;
}
