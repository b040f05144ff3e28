/* Finding the image that a service means, and proving layers. */
#include "image_set.h"

#include <string.h>
#include <unistd.h>

#include "image_platform.h"
#include "layer_check.h"
#include "text.h"

enum { LISTED_IMAGES = 20 };

struct image_set *image_set_new(void)
{
	struct image_set *set = xmalloc(sizeof(*set));
	*set = (struct image_set){.arena = arena_new()};
	return set;
}

void image_set_free(struct image_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->fd_count; i++)
		close(set->fds[i]);
	arena_free(set->arena);
	free(set);
}

/* ---- finding ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool has_name(const struct image *image, const struct image_reference *wanted)
{
	for (size_t i = 0; i < image->reference_count; i++)
		if (image_reference_equal(&image->references[i], wanted))
			return true;
	return false;
}

/* Is it what the reference means, on whatever platform? */
static bool is_meant(const struct image *image, const struct image_reference *wanted)
{
	if (has_name(image, wanted))
		return true;
	return wanted->digest && (same_text(image->manifest.digest, wanted->digest) ||
					 same_text(image->index_digest, wanted->digest));
}

bool image_set_knows(const struct image_set *set, const struct image_reference *reference)
{
	for (size_t i = 0; i < set->count; i++)
		if (is_meant(set->images[i], reference))
			return true;
	return false;
}

/* How well it fits; an image that could not be read far enough to know its platform fits least. */
static int fit_of(const struct image *image, const struct oci_platform *platform)
{
	if (image->problem && !image->platform.architecture)
		return 1;
	int match = image_platform_match(platform, &image->platform);
	return match > 0 ? match * 2 + !image->problem + 1 : 0;
}

static void list_image(const struct image *image, struct text *out, struct arena *arena)
{
	const char *name = image->reference_count > 0
				   ? image_reference_familiar(&image->references[0], arena)
				   : "-";
	text_addf(out, "%s%s (%s)", out->length > 0 ? ", " : "", name,
		oci_platform_text(&image->platform, arena));
}

/* The platforms of the meant image, or all images when none is meant. */
static void list_images(const struct image_set *set, const struct image_reference *wanted,
	struct text *out, struct arena *arena)
{
	size_t listed = 0, left_out = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct image *image = set->images[i];
		if (wanted && (!is_meant(image, wanted) || image->problem))
			continue;
		if (listed++ < LISTED_IMAGES)
			list_image(image, out, arena);
		else
			left_out++;
	}
	if (left_out > 0)
		text_addf(out, ", … (+%zu)", left_out);
}

static int fail_not_found(const struct image_set *set, const struct image_reference *wanted,
	const struct oci_platform *platform, bool is_known, struct err *err)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT list = TEXT_INIT;
	const char *name = image_reference_familiar(wanted, arena);
	if (is_known) {
		list_images(set, wanted, &list, arena);
		err_set(err, CODE_NOT_FOUND, "the image %s is there, but not for %s", name,
			oci_platform_text(platform, arena));
		return err_hint(err,
			"There is: %s. Save it for the other platform too, or choose with "
			"--platform.",
			list.bytes);
	}
	err_set(err, CODE_NOT_FOUND, "the image %s is in none of the image archives", name);
	list_images(set, NULL, &list, arena);
	if (list.length == 0)
		return err_hint(
			err, "Give it with --image-archive FILE (`docker save -o FILE %s`).", name);
	if (wanted->digest)
		return err_hint(err,
			"There is: %s. A digest is rarely kept by `docker save`: if one of them is "
			"the "
			"image, say so with --image-archive %s=FILE.",
			list.bytes, name);
	return err_hint(err,
		"There is: %s. If one of them is the image under another name, say so "
		"with --image-archive %s=FILE.",
		list.bytes, name);
}

static int fail_ambiguous(const struct image_reference *wanted, const struct image *a,
	const struct image *b, struct err *err)
{
	AUTO(arena) arena = arena_new();
	err_set(err, CODE_INPUT, "two different images are %s: %s in %s and %s in %s",
		image_reference_familiar(wanted, arena), a->manifest.digest, a->archive,
		b->manifest.digest, b->archive);
	return err_hint(err, "Give only one of the archives.");
}

int image_set_find(const struct image_set *set, const struct image_reference *reference,
	const struct oci_platform *platform, struct image **out, struct err *err)
{
	struct image *best = NULL, *rival = NULL;
	int best_fit = 0;
	bool is_known = false;
	for (size_t i = 0; i < set->count; i++) {
		struct image *image = set->images[i];
		if (!is_meant(image, reference))
			continue;
		is_known = true;
		int fit = fit_of(image, platform);
		if (fit > best_fit) {
			best = image;
			best_fit = fit;
			rival = NULL;
		} else if (fit > 0 && fit == best_fit && !image->problem &&
			   !same_text(image->manifest.digest, best->manifest.digest)) {
			rival = image;
		}
	}
	if (!best)
		return fail_not_found(set, reference, platform, is_known, err);
	if (best->problem) {
		*err = *best->problem;
		return -1;
	}
	if (rival)
		return fail_ambiguous(reference, best, rival, err);
	*out = best;
	return 0;
}

/* ---- layers ---- */

static int verify_layer(struct image_layer *layer, struct layer_check *check, struct err *err)
{
	AUTO_BLOB_READER reader = {0};
	const void *bytes = NULL;
	size_t length = 0;
	if (blob_source_open(&layer->blob, &reader, err) < 0)
		return -1;
	for (;;) {
		if (stream_next(&reader.source, &bytes, &length, err) < 0)
			return -1;
		if (length == 0)
			return layer_check_finish(check, err);
		if (stream_write(&check->sink, bytes, length, err) < 0)
			return -1;
	}
}

int image_layer_verify(struct image_layer *layer, struct err *err)
{
	struct layer_check check;
	layer_check_init(&check, layer);
	int result = verify_layer(layer, &check, err);
	layer_check_clear(&check);
	return result;
}

int image_layers_verify(struct image *image, struct err *err)
{
	image->unpacked_bytes = 0;
	for (size_t i = 0; i < image->layer_count; i++) {
		if (image_layer_verify(&image->layers[i], err) < 0)
			return -1;
		image->unpacked_bytes += image->layers[i].unpacked_bytes;
	}
	return 0;
}
