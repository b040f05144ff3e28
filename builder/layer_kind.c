/* Layers by media type. */
#include "layer_kind.h"

#include <string.h>

int layer_kind_check(
	const char *name, const struct oci_descriptor *layer, const char *diff_id, struct err *err)
{
	enum oci_layer_kind kind = oci_layer_kind(layer->media_type);
	if (kind == OCI_LAYER_TAR_ZSTD) {
		err_set(err, CODE_INPUT, "%s: layer %s is compressed with zstd", name,
			layer->digest);
		return err_hint(err,
			"Docker 20.10 cannot read it. Save the image with gzip layers, for "
			"example: "
			"skopeo copy --dest-compress-format gzip --dest-force-compress-format.");
	}
	if (kind == OCI_LAYER_FOREIGN) {
		err_set(err, CODE_INPUT, "%s: layer %s may not be passed on (a foreign layer)",
			name, layer->digest);
		return err_hint(err, "Windows base images have such layers; use a Linux image.");
	}
	if (kind == OCI_LAYER_UNKNOWN) {
		AUTO_TEXT shown = TEXT_INIT;
		text_add_printable(&shown, layer->media_type, strlen(layer->media_type));
		return err_set(err, CODE_INPUT, "%s: layer %s has the unknown media type \"%s\"",
			name, layer->digest, shown.bytes);
	}
	if (kind == OCI_LAYER_TAR && strcmp(layer->digest, diff_id) != 0)
		return err_set(err, CODE_INTEGRITY,
			"%s: layer %s is not the one that the image's config names: %s", name,
			layer->digest, diff_id);
	return 0;
}
