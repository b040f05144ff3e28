/* Comparing an engine's image with the bundle's. */
#include "image_proof.h"

#include <string.h>

#include "message.h"

static bool id_matches(const struct docker_image *found, const struct manifest_image *image)
{
	return strcmp(found->id, image->config) == 0 || strcmp(found->id, image->pin) == 0 ||
	       (image->index && strcmp(found->id, image->index) == 0);
}

static bool layers_match(const struct docker_image *found, const struct manifest_image *image)
{
	if (found->diff_id_count != image->layer_count)
		return false;
	for (size_t i = 0; i < image->layer_count; i++)
		if (strcmp(found->diff_ids[i], image->layers[i].diff_id) != 0)
			return false;
	return true;
}

static const char *difference(struct docker_cli *docker, const struct docker_image *found,
	const struct manifest_image *image)
{
	if (!id_matches(found, image))
		return arena_printf(docker->arena, T("its id is %s"), found->id);
	if (!layers_match(found, image))
		return T("its layers are not those of the bundle");
	if (strcmp(found->os, image->os) != 0 ||
		strcmp(found->architecture, image->architecture) != 0)
		return arena_printf(
			docker->arena, T("it is for %s/%s"), found->os, found->architecture);
	return NULL;
}

int image_proof_check(struct docker_cli *docker, const struct manifest_image *image,
	enum image_proof_depth depth, bool *proven, const char **why, struct err *err)
{
	struct docker_image found;
	bool present, creatable;
	*proven = false;
	*why = "";
	if (docker_image_inspect(docker, image->tag, &found, &present, err) < 0)
		return -1;
	if (!present) {
		*why = T("Docker does not have it");
		return 0;
	}
	*why = difference(docker, &found, image);
	if (*why)
		return 0;
	if (depth == IMAGE_PROOF_FULL) {
		const char *words;
		if (docker_image_try_create(docker, image->tag, &creatable, &words, err) < 0)
			return -1;
		if (!creatable) {
			*why = arena_printf(docker->arena,
				T("Docker cannot make a container of it: %s"), words);
			return 0;
		}
	}
	*why = "";
	*proven = true;
	return 0;
}
