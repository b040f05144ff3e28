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

static const char *judge(struct docker_cli *docker, const struct docker_image *found,
	const struct manifest_image *image, const char *refusal)
{
	const char *why =
		found->id ? difference(docker, found, image) : T("Docker does not have it");
	if (!why && refusal)
		why = arena_printf(
			docker->arena, T("Docker cannot make a container of it: %s"), refusal);
	return why;
}

int image_proof_check(struct docker_cli *docker, const struct manifest_image *images, size_t count,
	const bool *checked, enum image_proof_depth depth, const char **why, struct err *err)
{
	const char **tags = arena_alloc(docker->arena, (count + 1) * sizeof(*tags));
	size_t *numbers = arena_alloc(docker->arena, (count + 1) * sizeof(*numbers));
	size_t asked = 0;
	for (size_t i = 0; i < count; i++) {
		if (checked && !checked[i])
			continue;
		numbers[asked] = i;
		tags[asked++] = images[i].tag;
	}
	struct docker_image *found = arena_alloc(docker->arena, (asked + 1) * sizeof(*found));
	const char **refusals = arena_alloc(docker->arena, (asked + 1) * sizeof(*refusals));
	memset(refusals, 0, (asked + 1) * sizeof(*refusals));
	/* At once: containers are made of what looks wrong, too, and removed like the others. */
	if (depth == IMAGE_PROOF_FULL) {
		docker_images_inspect_ahead(docker, tags, asked);
		if (docker_images_try_create(docker, tags, asked, refusals, err) < 0)
			return -1;
	}
	if (docker_images_inspect(docker, tags, asked, found, err) < 0)
		return -1;
	for (size_t i = 0; i < asked; i++)
		why[numbers[i]] = judge(docker, &found[i], &images[numbers[i]], refusals[i]);
	return 0;
}
