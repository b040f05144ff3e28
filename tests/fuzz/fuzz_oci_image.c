/* Image documents: digests, counts and words of what is accepted are what the header says. */
#include "fuzz.h"

#include <string.h>

#include "oci_image.h"

static void check_descriptor(const struct oci_descriptor *descriptor)
{
	FUZZ_PROMISE(oci_digest_is_valid(descriptor->digest));
	FUZZ_PROMISE(descriptor->media_type && descriptor->size_bytes <= INT64_MAX / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	const char *bytes = (const char *)data;
	struct oci_index index;
	struct oci_manifest manifest;
	struct oci_config config;
	bool is_index = oci_index_parse(bytes, size, "fuzz", arena, &index, &err) == 0;
	bool is_manifest = oci_manifest_parse(bytes, size, "fuzz", arena, &manifest, &err) == 0;
	FUZZ_PROMISE(!is_index || !is_manifest);
	for (size_t i = 0; is_index && i < index.count; i++)
		check_descriptor(&index.manifests[i]);
	for (size_t i = 0; is_manifest && i < manifest.layer_count; i++)
		check_descriptor(&manifest.layers[i]);
	if (is_manifest) {
		check_descriptor(&manifest.config);
		FUZZ_PROMISE(*manifest.media_type);
	}
	if (oci_config_parse(bytes, size, "fuzz", arena, &config, &err) == 0) {
		FUZZ_PROMISE(config.platform.os && config.platform.architecture);
		for (size_t i = 0; i < config.diff_id_count; i++)
			FUZZ_PROMISE(oci_digest_is_valid(config.diff_ids[i]));
		oci_config_env(&config, "PATH");
	}
	return 0;
}
