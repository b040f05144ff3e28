/* Proving a layer against the config's diff_id. */
#include "layer_check.h"

#include <string.h>

static int hash_unpacked(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct layer_check *check =
		(struct layer_check *)(void *)((char *)sink -
					       offsetof(struct layer_check, unpacked));
	(void)err;
	digest_sha256_update(&check->hash, bytes, length);
	check->unpacked_bytes += length;
	return 0;
}

static int take_bytes(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct layer_check *check = (struct layer_check *)sink;
	if (!check->inflater)
		return hash_unpacked(&check->unpacked, bytes, length, err);
	if (gzip_inflater_write(check->inflater, bytes, length, err) < 0)
		return err_wrap(err, "%s", check->layer->blob.name);
	return 0;
}

void layer_check_init(struct layer_check *check, struct image_layer *layer)
{
	*check = (struct layer_check){
		.sink = {.write = take_bytes},
		.unpacked = {.write = hash_unpacked},
		.layer = layer,
	};
	if (oci_layer_kind(layer->media_type) == OCI_LAYER_TAR_GZIP)
		check->inflater = gzip_inflater_new(&check->unpacked);
	digest_sha256_init(&check->hash);
}

int layer_check_finish(struct layer_check *check, struct err *err)
{
	char digest[SHA256_DIGEST_LENGTH + 1];
	struct image_layer *layer = check->layer;
	if (check->inflater && gzip_inflater_finish(check->inflater, err) < 0)
		return err_wrap(err, "%s", layer->blob.name);
	struct sha256 sum = digest_sha256_final(&check->hash);
	sha256_to_digest(&sum, digest);
	if (strcmp(digest, layer->diff_id) != 0) {
		err_set(err, CODE_INTEGRITY,
			"%s: the layer unpacks to %s, the image's config says %s", layer->blob.name,
			digest, layer->diff_id);
		return err_hint(err, "Docker would refuse this image: pull or save it again.");
	}
	layer->unpacked_bytes = check->unpacked_bytes;
	return 0;
}

void layer_check_clear(struct layer_check *check)
{
	gzip_inflater_free(TAKE(check->inflater));
}
