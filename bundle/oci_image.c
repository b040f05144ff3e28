/* Image documents: strict parsing of config, manifest and index; writing of a manifest. */
#include "oci_image.h"

#include <string.h>

#include "digest.h"
#include "json.h"
#include "message.h"

bool oci_digest_is_valid(const char *digest)
{
	struct sha256 ignored;
	return sha256_from_digest(&ignored, digest);
}

const char *oci_platform_text(const struct oci_platform *platform, struct arena *arena)
{
	const char *os = platform->os ? platform->os : "?";
	const char *architecture = platform->architecture ? platform->architecture : "?";
	if (!platform->variant)
		return arena_printf(arena, "%s/%s", os, architecture);
	return arena_printf(arena, "%s/%s/%s", os, architecture, platform->variant);
}

enum oci_layer_kind oci_layer_kind(const char *media_type)
{
	static const struct {
		const char *media_type;
		enum oci_layer_kind kind;
	} kinds[] = {
		{OCI_MEDIA_LAYER, OCI_LAYER_TAR},
		{OCI_MEDIA_LAYER_GZIP, OCI_LAYER_TAR_GZIP},
		{OCI_MEDIA_LAYER "+zstd", OCI_LAYER_TAR_ZSTD},
		{DOCKER_MEDIA_LAYER, OCI_LAYER_TAR},
		{DOCKER_MEDIA_LAYER ".tar", OCI_LAYER_TAR}, /* buildkit and others write both */
		{DOCKER_MEDIA_LAYER_GZIP, OCI_LAYER_TAR_GZIP},
		{DOCKER_MEDIA_LAYER ".zstd", OCI_LAYER_TAR_ZSTD},
	};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(media_type, kinds[i].media_type) == 0)
			return kinds[i].kind;
	if (strstr(media_type, ".nondistributable.") || strstr(media_type, ".rootfs.foreign."))
		return OCI_LAYER_FOREIGN;
	return OCI_LAYER_UNKNOWN;
}

/* ---- descriptors ---- */

static bool is_platform_word(const char *word)
{
	size_t length =
		strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return length > 0 && length <= 64 && word[length] == '\0';
}

static void keep_word(const char **word)
{
	if (*word && !is_platform_word(*word))
		*word = NULL;
}

static int parse_platform(struct json object, struct oci_platform *out, struct err *err)
{
	struct json platform;
	if (json_get_object_or_none(object, "platform", &platform, err) < 0)
		return -1;
	if (json_is_absent(platform))
		return 0;
	if (json_get_string_or(platform, "os", NULL, &out->os, err) < 0 ||
		json_get_string_or(platform, "architecture", NULL, &out->architecture, err) < 0)
		return -1;
	if (json_get_string_or(platform, "variant", NULL, &out->variant, err) < 0)
		return -1;
	/* A label is shown to people and decides nothing: what is no word is as good as none. */
	keep_word(&out->os);
	keep_word(&out->architecture);
	keep_word(&out->variant);
	return 0;
}

static bool is_unknown(const char *text)
{
	return text && strcmp(text, "unknown") == 0;
}

static int parse_annotations(struct json object, struct oci_descriptor *out, struct err *err)
{
	struct json notes;
	const char *kind = NULL;
	if (json_get_object_or_none(object, "annotations", &notes, err) < 0)
		return -1;
	if (!json_is_absent(notes) &&
		(json_get_string_or(notes, "org.opencontainers.image.ref.name", NULL,
			 &out->ref_name, err) < 0 ||
			json_get_string_or(notes, "io.containerd.image.name", NULL,
				&out->image_name, err) < 0 ||
			json_get_string_or(notes, "vnd.docker.reference.type", NULL, &kind, err) <
				0))
		return -1;
	out->is_attestation =
		(kind && strcmp(kind, "attestation-manifest") == 0) ||
		(is_unknown(out->platform.os) && is_unknown(out->platform.architecture));
	return 0;
}

static int parse_descriptor(struct json object, struct oci_descriptor *out, struct err *err)
{
	*out = (struct oci_descriptor){0};
	if (json_get_string_or(object, "mediaType", "", &out->media_type, err) < 0 ||
		json_get_string(object, "digest", &out->digest, err) < 0 ||
		json_get_u64(object, "size", &out->size_bytes, err) < 0)
		return -1;
	if (!oci_digest_is_valid(out->digest))
		return json_fail(json_member(object, "digest"), err,
			"must be sha256: and 64 lower-case hex digits");
	if (out->size_bytes > INT64_MAX / 2)
		return json_fail(json_member(object, "size"), err, "the size is out of range");
	if (parse_platform(object, &out->platform, err) < 0)
		return -1;
	return parse_annotations(object, out, err);
}

static int parse_descriptors(struct json object, const char *key, size_t limit, struct arena *arena,
	struct oci_descriptor **out, size_t *count, struct err *err)
{
	struct json array, item;
	if (json_get_array(object, key, &array, err) < 0)
		return -1;
	if (json_count(array) > limit)
		return json_fail(array, err, "has more than %zu items", limit);
	*out = arena_alloc(arena, json_count(array) * sizeof(**out));
	*count = 0;
	for (struct json_iterator it = json_items(array); json_next(&it, &item);)
		if (parse_descriptor(item, &(*out)[(*count)++], err) < 0)
			return -1;
	return 0;
}

/* ---- index and manifest ---- */

static int parse_document(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct json *root, struct err *err)
{
	uint64_t schema;
	if (json_parse(bytes, length, name, OCI_DOCUMENT_LIMIT, arena, root, err) < 0 ||
		json_get_u64(*root, "schemaVersion", &schema, err) < 0)
		return -1;
	if (schema == 1) {
		err_set(err, CODE_INPUT, "%s is an image manifest of schema 1", name);
		return err_hint(err,
			"Docker no longer loads this form (withdrawn in 2020): push or "
			"save the image again with a newer tool.");
	}
	if (schema != 2)
		return json_fail(json_member(*root, "schemaVersion"), err, "must be 2");
	return 0;
}

/* The members decide and not the label: a document that is both would be read differently by
 * different programs (CVE-2021-41190), so it is refused. */
static int kind_of(struct json root, enum oci_document *kind, struct err *err)
{
	bool has_manifests = !json_is_absent(json_member(root, "manifests"));
	bool has_layers = !json_is_absent(json_member(root, "layers")) ||
			  !json_is_absent(json_member(root, "config"));
	if (has_manifests == has_layers)
		return json_fail(root, err,
			has_manifests ? "is a manifest and an index at once"
				      : "is neither a manifest nor an index");
	*kind = has_manifests ? OCI_DOCUMENT_INDEX : OCI_DOCUMENT_MANIFEST;
	return 0;
}

int oci_document_kind(const char *bytes, size_t length, const char *name, enum oci_document *kind,
	struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct json root;
	if (parse_document(bytes, length, name, arena, &root, err) < 0)
		return -1;
	return kind_of(root, kind, err);
}

static int expect_kind(struct json root, enum oci_document expected, struct err *err)
{
	enum oci_document kind;
	if (kind_of(root, &kind, err) < 0)
		return -1;
	if (kind != expected)
		return json_fail(root, err,
			expected == OCI_DOCUMENT_INDEX ? "is a manifest where an index belongs"
						       : "is an index where a manifest belongs");
	return 0;
}

int oci_index_parse(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct oci_index *out, struct err *err)
{
	struct json root;
	*out = (struct oci_index){0};
	if (parse_document(bytes, length, name, arena, &root, err) < 0 ||
		expect_kind(root, OCI_DOCUMENT_INDEX, err) < 0 ||
		json_get_string_or(root, "mediaType", "", &out->media_type, err) < 0)
		return -1;
	if (*out->media_type && strcmp(out->media_type, OCI_MEDIA_INDEX) != 0 &&
		strcmp(out->media_type, DOCKER_MEDIA_LIST) != 0)
		return json_fail(
			json_member(root, "mediaType"), err, "is no media type of an index");
	return parse_descriptors(
		root, "manifests", OCI_INDEX_LIMIT, arena, &out->manifests, &out->count, err);
}

static bool is_image_config(const char *media_type)
{
	return strcmp(media_type, OCI_MEDIA_CONFIG) == 0 ||
	       strcmp(media_type, DOCKER_MEDIA_CONFIG) == 0;
}

int oci_manifest_parse(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct oci_manifest *out, struct err *err)
{
	struct json root, config;
	const char *artifact;
	*out = (struct oci_manifest){0};
	if (parse_document(bytes, length, name, arena, &root, err) < 0 ||
		expect_kind(root, OCI_DOCUMENT_MANIFEST, err) < 0 ||
		json_get_string_or(root, "mediaType", "", &out->media_type, err) < 0 ||
		json_get_string_or(root, "artifactType", NULL, &artifact, err) < 0 ||
		json_get_object(root, "config", &config, err) < 0 ||
		parse_descriptor(config, &out->config, err) < 0 ||
		parse_descriptors(root, "layers", OCI_LAYER_LIMIT, arena, &out->layers,
			&out->layer_count, err) < 0)
		return -1;
	if (!*out->media_type)
		out->media_type = strcmp(out->config.media_type, DOCKER_MEDIA_CONFIG) == 0
					  ? DOCKER_MEDIA_MANIFEST
					  : OCI_MEDIA_MANIFEST;
	else if (strcmp(out->media_type, OCI_MEDIA_MANIFEST) != 0 &&
		 strcmp(out->media_type, DOCKER_MEDIA_MANIFEST) != 0)
		return json_fail(
			json_member(root, "mediaType"), err, "is no media type of a manifest");
	out->is_image = !artifact && is_image_config(out->config.media_type);
	return 0;
}

/* ---- config ---- */

static int parse_strings(
	struct json array, struct arena *arena, const char ***out, size_t *count, struct err *err)
{
	struct json item;
	*out = arena_alloc(arena, json_count(array) * sizeof(**out));
	*count = 0;
	for (struct json_iterator it = json_items(array); json_next(&it, &item);)
		if (json_as_string(item, &(*out)[(*count)++], err) < 0)
			return -1;
	return 0;
}

/* {"/data": {}, …}: only the keys mean something. */
static int parse_keys(struct json object, const char *key, struct arena *arena, const char ***out,
	size_t *count, struct err *err)
{
	struct json set, ignored;
	if (json_get_object_or_none(object, key, &set, err) < 0)
		return -1;
	*out = arena_alloc(arena, json_count(set) * sizeof(**out));
	*count = 0;
	struct json_iterator it = json_items(set);
	while (json_next_member(&it, &(*out)[*count], &ignored))
		++*count;
	return 0;
}

static int parse_healthcheck(struct json settings, bool *out, struct err *err)
{
	struct json check, test;
	const char *first = "NONE";
	if (json_get_object_or_none(settings, "Healthcheck", &check, err) < 0)
		return -1;
	if (json_is_absent(check))
		return 0;
	if (json_get_array_or_none(check, "Test", &test, err) < 0)
		return -1;
	struct json_iterator it = json_items(test);
	struct json item;
	if (json_next(&it, &item) && json_as_string(item, &first, err) < 0)
		return -1;
	*out = strcmp(first, "NONE") != 0;
	return 0;
}

static int parse_settings(
	struct json root, struct arena *arena, struct oci_config *out, struct err *err)
{
	struct json settings, env;
	if (json_get_object_or_none(root, "config", &settings, err) < 0)
		return -1;
	if (json_is_absent(settings))
		return 0;
	if (json_get_array_or_none(settings, "Env", &env, err) < 0 ||
		parse_strings(env, arena, &out->env, &out->env_count, err) < 0 ||
		parse_keys(settings, "Volumes", arena, &out->volumes, &out->volume_count, err) <
			0 ||
		parse_keys(settings, "ExposedPorts", arena, &out->exposed_ports,
			&out->exposed_port_count, err) < 0)
		return -1;
	return parse_healthcheck(settings, &out->has_healthcheck, err);
}

static int parse_rootfs(
	struct json root, struct arena *arena, struct oci_config *out, struct err *err)
{
	struct json rootfs, diff_ids, item;
	if (json_get_object(root, "rootfs", &rootfs, err) < 0 ||
		json_get_array_or_none(rootfs, "diff_ids", &diff_ids, err) < 0)
		return -1;
	if (json_count(diff_ids) > OCI_LAYER_LIMIT)
		return json_fail(diff_ids, err, "has more than %zu items", (size_t)OCI_LAYER_LIMIT);
	if (parse_strings(diff_ids, arena, &out->diff_ids, &out->diff_id_count, err) < 0)
		return -1;
	struct json_iterator it = json_items(diff_ids);
	for (size_t i = 0; json_next(&it, &item); i++)
		if (!oci_digest_is_valid(out->diff_ids[i]))
			return json_fail(item, err, "must be sha256: and 64 lower-case hex digits");
	return 0;
}

int oci_config_parse(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct oci_config *out, struct err *err)
{
	struct json root;
	*out = (struct oci_config){0};
	if (json_parse(bytes, length, name, OCI_DOCUMENT_LIMIT, arena, &root, err) < 0 ||
		json_get_string(root, "os", &out->platform.os, err) < 0 ||
		json_get_string(root, "architecture", &out->platform.architecture, err) < 0 ||
		json_get_string_or(root, "variant", NULL, &out->platform.variant, err) < 0)
		return -1;
	if (out->platform.variant && !*out->platform.variant)
		out->platform.variant = NULL;
	if (!is_platform_word(out->platform.os) || !is_platform_word(out->platform.architecture) ||
		(out->platform.variant && !is_platform_word(out->platform.variant)))
		return json_fail(root, err, "os, architecture or variant is malformed");
	if (parse_rootfs(root, arena, out, err) < 0)
		return -1;
	return parse_settings(root, arena, out, err);
}

const char *oci_config_env(const struct oci_config *config, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < config->env_count; i++)
		if (strncmp(config->env[i], name, length) == 0 && config->env[i][length] == '=')
			return config->env[i] + length + 1;
	return NULL;
}

/* ---- writing ---- */

static void add_descriptor(struct text *out, const struct oci_descriptor *descriptor)
{
	text_add(out, "{\"mediaType\":");
	text_add_json(out, descriptor->media_type);
	text_add(out, ",\"digest\":");
	text_add_json(out, descriptor->digest);
	text_addf(out, ",\"size\":%llu}", (unsigned long long)descriptor->size_bytes);
}

void oci_manifest_write(const struct oci_descriptor *config, const struct oci_descriptor *layers,
	size_t layer_count, struct text *out)
{
	text_add(out, "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MEDIA_MANIFEST "\",\"config\":");
	add_descriptor(out, config);
	text_add(out, ",\"layers\":[");
	for (size_t i = 0; i < layer_count; i++) {
		if (i > 0)
			text_add(out, ",");
		add_descriptor(out, &layers[i]);
	}
	text_add(out, "]}");
}
