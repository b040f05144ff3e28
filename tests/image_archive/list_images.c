/*
 * Lists what an --image-archive argument holds, for comparison with other programs' findings:
 *     list_images ARGUMENT REFERENCE PLATFORM
 * proves the layers of that image and prints one line each: reference, platform, manifest, index,
 * config, then "layer DIGEST SIZE MEDIA-TYPE DIFF-ID". Exits with the error's code.
 */
#include <stdio.h>

#include "image_archive.h"
#include "image_platform.h"

static int list_image(const char *const *arguments, struct err *err)
{
	AUTO(blob_cache) cache = NULL;
	AUTO(image_set) set = image_set_new();
	struct image_reference reference;
	struct oci_platform platform;
	struct image *image = NULL;
	if (blob_cache_open(&cache, NULL, err) < 0 ||
		image_archive_add(set, arguments[0], cache, err) < 0 ||
		image_reference_parse(arguments[1], set->arena, &reference, err) < 0 ||
		image_platform_parse(arguments[2], set->arena, &platform, err) < 0 ||
		image_set_find(set, &reference, &platform, &image, err) < 0 ||
		image_layers_verify(image, err) < 0)
		return -1;
	printf("reference %s\n", image_reference_text(&reference, set->arena));
	printf("platform %s\n", oci_platform_text(&image->platform, set->arena));
	printf("manifest %s%s\n", image->manifest.digest, image->manifest_is_made ? " made" : "");
	printf("index %s\n", image->index_digest ? image->index_digest : "-");
	printf("config %s\n", image->config_blob.digest);
	for (size_t i = 0; i < image->layer_count; i++) {
		const struct image_layer *layer = &image->layers[i];
		printf("layer %s %llu %s %s\n", layer->blob.digest,
			(unsigned long long)layer->blob.size_bytes, layer->media_type,
			layer->diff_id);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	if (argc != 4) {
		fprintf(stderr, "usage: list_images ARGUMENT REFERENCE PLATFORM\n");
		return CODE_USAGE;
	}
	if (list_image((const char *const *)argv + 1, &err) < 0) {
		fprintf(stderr, "%s\n%s\n", err.text, err.hint);
		return err.code;
	}
	return CODE_OK;
}
