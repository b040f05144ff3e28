/* hardtack.lock -> struct, believing nothing. */
#include "lock_file.h"

#include <string.h>

#include "digest.h"
#include "image_platform.h"
#include "image_reference.h"
#include "number.h"
#include "project_schema.h"

struct parser {
	struct arena *arena;
	const struct yaml_document *document;
	struct lock_file *lock;
	struct err *err;
};

struct descriptor {
	const char *digest, *media_type;
	uint64_t size_bytes;
};

/* ---- scalars ---- */

/* A mapping with these keys and no others. */
static int expect_keys(const struct parser *parser, const struct yaml_node *node, const char *name,
	const char *const *keys)
{
	if (node->kind != YAML_MAPPING)
		return project_schema_fail(parser->document, node, parser->err,
			"%s must be a mapping (name: value)", name);
	for (size_t i = 0; i < node->count; i++) {
		size_t k = 0;
		while (keys[k] && strcmp(keys[k], node->pairs[i].key->text) != 0)
			k++;
		if (!keys[k])
			return project_schema_fail(parser->document, node->pairs[i].key,
				parser->err, "%s: unknown key \"%s\"", name,
				node->pairs[i].key->text);
	}
	return 0;
}

/* The value of a key that must be there. NULL on failure. */
static struct yaml_node *get(const struct parser *parser, const struct yaml_node *node,
	const char *name, const char *key)
{
	const struct yaml_pair *pair = yaml_node_pair(node, key);
	if (pair)
		return yaml_node_resolve(pair->value);
	project_schema_fail(
		parser->document, node, parser->err, "%s: the key \"%s\" is missing", name, key);
	return NULL;
}

/* Printable ASCII without spaces: what digests, types, names and addresses are made of. */
static bool is_word(const char *text)
{
	const char *c = text;
	while (*c > ' ' && *c <= '~')
		c++;
	return c > text && !*c;
}

static int get_word(const struct parser *parser, const struct yaml_node *node, const char *name,
	const char *key, const char **out)
{
	const struct yaml_node *value = get(parser, node, name, key);
	if (!value)
		return -1;
	if (value->kind != YAML_SCALAR || yaml_node_is_null(value) || !is_word(value->text))
		return project_schema_fail(parser->document, value, parser->err,
			"%s must be a word without spaces", key);
	*out = value->text;
	return 0;
}

static int get_digest(const struct parser *parser, const struct yaml_node *node, const char *name,
	const char *key, const char **out)
{
	if (get_word(parser, node, name, key, out) < 0)
		return -1;
	if (oci_digest_is_valid(*out))
		return 0;
	return project_schema_fail(parser->document, get(parser, node, name, key), parser->err,
		"%s must be sha256: and 64 lower-case hex digits", key);
}

static int get_size(const struct parser *parser, const struct yaml_node *node, const char *name,
	uint64_t limit, uint64_t *out)
{
	const char *text;
	if (get_word(parser, node, name, "size", &text) < 0)
		return -1;
	if (number_parse_u64(text, out) && *out > 0 && *out <= limit)
		return 0;
	return project_schema_fail(parser->document, get(parser, node, name, "size"), parser->err,
		"size must be a number from 1 to %llu", (unsigned long long)limit);
}

static int get_media_type(const struct parser *parser, const struct yaml_node *node,
	const char *name, const char *const *types, const char **out)
{
	if (get_word(parser, node, name, "media_type", out) < 0)
		return -1;
	for (size_t i = 0; types[i]; i++)
		if (strcmp(types[i], *out) == 0)
			return 0;
	return project_schema_fail(parser->document, get(parser, node, name, "media_type"),
		parser->err, "%s: the media type \"%s\" is none that this hardtack packs", name,
		*out);
}

/* ---- images ---- */

static int parse_blob(const struct parser *parser, const struct yaml_node *node, const char *name,
	const char *const *types, struct descriptor *out)
{
	static const char *const keys[] = {"digest", "media_type", "size", NULL};
	if (expect_keys(parser, node, name, keys) < 0 ||
		get_digest(parser, node, name, "digest", &out->digest) < 0 ||
		get_media_type(parser, node, name, types, &out->media_type) < 0)
		return -1;
	return get_size(parser, node, name, OCI_DOCUMENT_LIMIT, &out->size_bytes);
}

static int parse_layer(
	const struct parser *parser, const struct yaml_node *node, struct lock_layer *layer)
{
	static const char *const keys[] = {"digest", "diff_id", "media_type", "size", NULL};
	if (expect_keys(parser, node, "layers", keys) < 0 ||
		get_digest(parser, node, "layers", "digest", &layer->digest) < 0 ||
		get_digest(parser, node, "layers", "diff_id", &layer->diff_id) < 0 ||
		get_word(parser, node, "layers", "media_type", &layer->media_type) < 0 ||
		get_size(parser, node, "layers", INT64_MAX / OCI_LAYER_LIMIT, &layer->size_bytes) <
			0)
		return -1;
	enum oci_layer_kind kind = oci_layer_kind(layer->media_type);
	if (kind != OCI_LAYER_TAR && kind != OCI_LAYER_TAR_GZIP)
		return project_schema_fail(parser->document, node, parser->err,
			"%s: the media type \"%s\" is none that this hardtack packs", "layers",
			layer->media_type);
	if (kind == OCI_LAYER_TAR && strcmp(layer->digest, layer->diff_id) != 0)
		return project_schema_fail(parser->document, node, parser->err,
			"a layer without compression has its diff_id as digest");
	return 0;
}

static int parse_layers(
	const struct parser *parser, const struct yaml_node *image_node, struct lock_image *image)
{
	const struct yaml_node *node = get(parser, image_node, "images", "layers");
	if (!node)
		return -1;
	if (node->kind != YAML_SEQUENCE)
		return project_schema_fail(
			parser->document, node, parser->err, "%s must be a list", "layers");
	if (node->count > OCI_LAYER_LIMIT)
		return project_schema_fail(parser->document, node, parser->err,
			"an image has at most %d layers", (int)OCI_LAYER_LIMIT);
	image->layers = arena_alloc(parser->arena, (node->count + 1) * sizeof(*image->layers));
	for (size_t i = 0; i < node->count; i++)
		if (parse_layer(parser, yaml_node_resolve(node->items[i]),
			    &image->layers[image->layer_count++]) < 0)
			return -1;
	return 0;
}

static int parse_documents(
	const struct parser *parser, const struct yaml_node *node, struct lock_image *image)
{
	static const char *const indexes[] = {OCI_MEDIA_INDEX, DOCKER_MEDIA_LIST, NULL};
	static const char *const manifests[] = {OCI_MEDIA_MANIFEST, DOCKER_MEDIA_MANIFEST, NULL};
	static const char *const configs[] = {OCI_MEDIA_CONFIG, DOCKER_MEDIA_CONFIG, NULL};
	struct descriptor index = {0}, manifest, config;
	const struct yaml_node *manifest_node = get(parser, node, "images", "manifest");
	const struct yaml_node *config_node =
		manifest_node ? get(parser, node, "images", "config") : NULL;
	const struct yaml_pair *index_pair = yaml_node_pair(node, "index");
	if (!config_node ||
		(index_pair && parse_blob(parser, yaml_node_resolve(index_pair->value), "index",
				       indexes, &index) < 0) ||
		parse_blob(parser, manifest_node, "manifest", manifests, &manifest) < 0 ||
		parse_blob(parser, config_node, "config", configs, &config) < 0)
		return -1;
	image->index = index.digest;
	image->index_media_type = index.media_type;
	image->index_size = index.size_bytes;
	image->manifest = manifest.digest;
	image->manifest_media_type = manifest.media_type;
	image->manifest_size = manifest.size_bytes;
	image->config = config.digest;
	image->config_media_type = config.media_type;
	image->config_size = config.size_bytes;
	return 0;
}

/* Reference and platform are keys: only their normal forms are. */
static int parse_keys(const struct parser *parser, const struct yaml_node *node,
	const char **reference_text, const char **platform_text)
{
	struct err why = ERR_INIT;
	struct image_reference reference;
	struct oci_platform platform;
	if (get_word(parser, node, "images", "reference", reference_text) < 0 ||
		get_word(parser, node, "images", "platform", platform_text) < 0)
		return -1;
	if (image_reference_parse(*reference_text, parser->arena, &reference, &why) < 0 ||
		strcmp(image_reference_text(&reference, parser->arena), *reference_text) != 0)
		return project_schema_fail(parser->document,
			get(parser, node, "images", "reference"), parser->err,
			"%s is no reference in its full form, such as "
			"docker.io/library/postgres:17",
			*reference_text);
	if (image_platform_parse(*platform_text, parser->arena, &platform, &why) < 0 ||
		strcmp(image_platform_text(&platform, parser->arena), *platform_text) != 0)
		return project_schema_fail(parser->document,
			get(parser, node, "images", "platform"), parser->err,
			"%s is no platform in its normal form, such as linux/arm64",
			*platform_text);
	return 0;
}

static int parse_image(const struct parser *parser, const struct yaml_node *node)
{
	static const char *const keys[] = {
		"reference", "platform", "seen_at", "index", "manifest", "config", "layers", NULL};
	const char *reference, *platform;
	if (expect_keys(parser, node, "images", keys) < 0 ||
		parse_keys(parser, node, &reference, &platform) < 0)
		return -1;
	if (lock_file_image(parser->lock, reference, platform))
		return project_schema_fail(parser->document, node, parser->err,
			"%s for %s is there twice", reference, platform);
	struct lock_image *image = lock_file_put(parser->lock, parser->arena, reference, platform);
	if (yaml_node_pair(node, "seen_at") &&
		get_word(parser, node, "images", "seen_at", &image->seen_at) < 0)
		return -1;
	if (parse_documents(parser, node, image) < 0)
		return -1;
	return parse_layers(parser, node, image);
}

/* ---- downloads ---- */

static int parse_download(const struct parser *parser, const struct yaml_node *node)
{
	static const char *const keys[] = {"url", "sha256", "size", NULL};
	struct sha256 ignored;
	const char *url, *sha256;
	if (expect_keys(parser, node, "downloads", keys) < 0 ||
		get_word(parser, node, "downloads", "url", &url) < 0 ||
		get_word(parser, node, "downloads", "sha256", &sha256) < 0)
		return -1;
	if (!text_starts_with(url, "https://") && !text_starts_with(url, "http://"))
		return project_schema_fail(
			parser->document, node, parser->err, "%s is not an http address", url);
	if (!sha256_from_hex(&ignored, sha256))
		return project_schema_fail(parser->document, node, parser->err,
			"sha256 must be 64 lower-case hex digits");
	if (lock_file_download(parser->lock, url))
		return project_schema_fail(
			parser->document, node, parser->err, "%s is there twice", url);
	struct lock_download *download = lock_file_put_download(parser->lock, parser->arena, url);
	download->sha256 = sha256;
	return yaml_node_pair(node, "size")
		       ? get_size(parser, node, "downloads", INT64_MAX / 2, &download->size_bytes)
		       : 0;
}

/* ---- the file ---- */

static int parse_list(const struct parser *parser, const struct yaml_node *root, const char *key,
	int (*parse)(const struct parser *parser, const struct yaml_node *node))
{
	const struct yaml_pair *pair = yaml_node_pair(root, key);
	if (!pair)
		return 0;
	const struct yaml_node *node = yaml_node_resolve(pair->value);
	if (node->kind != YAML_SEQUENCE)
		return project_schema_fail(
			parser->document, node, parser->err, "%s must be a list", key);
	for (size_t i = 0; i < node->count; i++)
		if (parse(parser, yaml_node_resolve(node->items[i])) < 0)
			return -1;
	return 0;
}

int lock_file_parse(struct arena *arena, const char *path, const char *bytes, size_t length,
	struct lock_file *out, struct err *err)
{
	static const char *const keys[] = {"lock", "images", "downloads", NULL};
	const char *schema;
	*out = (struct lock_file){0};
	const struct yaml_document *document = yaml_document_parse(arena, path, bytes, length, err);
	if (!document)
		return -1;
	const struct parser parser = {arena, document, out, err};
	const struct yaml_node *root = yaml_node_resolve(document->root);
	if (!root || root->kind != YAML_MAPPING || !yaml_node_pair(root, "lock"))
		return err_set(err, CODE_INPUT, "%s:1: the key \"%s\" is missing", path, "lock");
	if (get_word(&parser, root, LOCK_FILE_NAME, "lock", &schema) < 0)
		return -1;
	if (strcmp(schema, "1") != 0) {
		project_schema_fail(document, get(&parser, root, LOCK_FILE_NAME, "lock"), err,
			"this hardtack reads \"lock: 1\" only");
		return err_hint(err, "a newer lock file needs a newer hardtack");
	}
	if (expect_keys(&parser, root, LOCK_FILE_NAME, keys) < 0 ||
		parse_list(&parser, root, "images", parse_image) < 0)
		return -1;
	return parse_list(&parser, root, "downloads", parse_download);
}
