/* Documents of an image -> an entry of the lock. */
#include "image_pin.h"

#include <string.h>

#include "image_platform.h"
#include "layer_kind.h"

enum { LISTED_PLATFORMS = 20, MOST_UNLABELLED = 10 };

static bool is_index_type(const char *media_type)
{
	return strcmp(media_type, OCI_MEDIA_INDEX) == 0 ||
	       strcmp(media_type, DOCKER_MEDIA_LIST) == 0;
}

/* "linux/amd64, linux/arm64": each once. */
static void list_platforms(const struct oci_index *index, struct text *out, struct arena *arena)
{
	size_t listed = 0;
	const char **seen = arena_alloc(arena, LISTED_PLATFORMS * sizeof(*seen));
	for (size_t i = 0; i < index->count && listed < LISTED_PLATFORMS; i++) {
		const struct oci_descriptor *entry = &index->manifests[i];
		if (entry->is_attestation || !entry->platform.architecture)
			continue;
		const char *text = oci_platform_text(&entry->platform, arena);
		bool known = false;
		for (size_t j = 0; j < listed && !known; j++)
			known = strcmp(seen[j], text) == 0;
		if (known)
			continue;
		text_addf(out, "%s%s", listed ? ", " : "", text);
		seen[listed++] = text;
	}
}

static int fail_platform(const struct oci_index *index, const struct oci_platform *wanted,
	const char *name, struct arena *arena, struct err *err)
{
	AUTO_TEXT list = TEXT_INIT;
	list_platforms(index, &list, arena);
	err_set(err, CODE_NOT_FOUND, "the image %s is there, but not for %s", name,
		oci_platform_text(wanted, arena));
	return err_hint(err, "There is: %s. Choose one with --platform, or another tag.",
		list.length ? list.bytes : "-");
}

int image_pin_choose(const struct oci_index *index, const struct oci_platform *wanted,
	const char *name, struct arena *arena, const struct oci_descriptor ***out, size_t *count,
	struct err *err)
{
	int most = 0;
	*out = arena_alloc(arena, (index->count + 1) * sizeof(**out));
	*count = 0;
	for (size_t i = 0; i < index->count; i++) {
		int fit = image_platform_match(wanted, &index->manifests[i].platform);
		most = fit > most && !index->manifests[i].is_attestation ? fit : most;
	}
	for (int fit = most; fit > 0; fit--)
		for (size_t i = 0; i < index->count; i++) {
			const struct oci_descriptor *entry = &index->manifests[i];
			if (!entry->is_attestation && !is_index_type(entry->media_type) &&
				image_platform_match(wanted, &entry->platform) == fit)
				(*out)[(*count)++] = entry;
		}
	for (size_t i = 0; i < index->count && most == 0 && *count < MOST_UNLABELLED; i++) {
		const struct oci_descriptor *entry = &index->manifests[i];
		if (!entry->is_attestation && !is_index_type(entry->media_type) &&
			!entry->platform.architecture)
			(*out)[(*count)++] = entry;
	}
	if (*count)
		return 0;
	if (most > 0)
		return err_set(err, CODE_INPUT,
			"%s: an index inside an index is not followed; name the inner one by its "
			"digest",
			name);
	return fail_platform(index, wanted, name, arena, err);
}

static int check_platform(const struct oci_config *config, const struct oci_platform *wanted,
	bool labelled, const char *name, struct arena *arena, struct err *err)
{
	if (image_platform_match(wanted, &config->platform))
		return 0;
	const char *is = oci_platform_text(&config->platform, arena);
	const char *should = oci_platform_text(wanted, arena);
	if (labelled)
		return err_set(err, CODE_INTEGRITY,
			"the image %s is labelled %s, but its config says %s", name, should, is);
	err_set(err, CODE_NOT_FOUND, "the image %s is there, but not for %s", name, should);
	return err_hint(err, "There is: %s. Choose one with --platform, or another tag.", is);
}

int image_pin_fill(struct lock_image *out, const struct oci_manifest *manifest,
	const struct oci_config *config, const struct oci_platform *wanted, bool labelled,
	const char *name, struct arena *arena, struct err *err)
{
	if (!manifest->is_image)
		return err_set(err, CODE_INPUT, "%s: is an artifact, not a container image", name);
	if (check_platform(config, wanted, labelled, name, arena, err) < 0)
		return -1;
	if (config->diff_id_count != manifest->layer_count)
		return err_set(err, CODE_INPUT, "%s: names %zu layers, the image has %zu", name,
			config->diff_id_count, manifest->layer_count);
	out->layers = arena_alloc(arena, (manifest->layer_count + 1) * sizeof(*out->layers));
	out->layer_count = manifest->layer_count;
	for (size_t i = 0; i < manifest->layer_count; i++) {
		const struct oci_descriptor *layer = &manifest->layers[i];
		if (layer_kind_check(name, layer, config->diff_ids[i], err) < 0)
			return -1;
		if (layer->size_bytes == 0 || layer->size_bytes > INT64_MAX / OCI_LAYER_LIMIT)
			return err_set(err, CODE_INPUT, "%s: layer %s cannot have %llu bytes", name,
				layer->digest, (unsigned long long)layer->size_bytes);
		out->layers[i] = (struct lock_layer){
			layer->digest, config->diff_ids[i], layer->media_type, layer->size_bytes};
	}
	out->manifest_media_type = manifest->media_type;
	out->config = manifest->config.digest;
	out->config_media_type = manifest->config.media_type;
	out->config_size = manifest->config.size_bytes;
	return 0;
}

bool image_pin_equivalent(const struct lock_image *a, const struct lock_image *b)
{
	if (strcmp(a->config, b->config) != 0 || a->layer_count != b->layer_count)
		return false;
	for (size_t i = 0; i < a->layer_count; i++)
		if (strcmp(a->layers[i].diff_id, b->layers[i].diff_id) != 0)
			return false;
	return true;
}
