/* hardtack.lock as text: sorted, one fact a line, the same bytes for the same content. */
#include "lock_file.h"

#include <stdlib.h>
#include <string.h>

#include "image_reference.h"

static int compare_images(const void *left, const void *right)
{
	const struct lock_image *a = left, *b = right;
	int order = strcmp(a->reference, b->reference);
	return order ? order : strcmp(a->platform, b->platform);
}

static int compare_downloads(const void *left, const void *right)
{
	return strcmp(((const struct lock_download *)left)->url,
		((const struct lock_download *)right)->url);
}

static void add_descriptor(struct text *out, const char *name, const char *digest,
	const char *media_type, uint64_t size_bytes)
{
	text_addf(out,
		"    %s:\n"
		"      digest: %s\n"
		"      media_type: %s\n"
		"      size: %llu\n",
		name, digest, media_type, (unsigned long long)size_bytes);
}

static void add_layers(struct text *out, const struct lock_image *image)
{
	text_add(out, image->layer_count ? "    layers:\n" : "    layers: []\n");
	for (size_t i = 0; i < image->layer_count; i++) {
		const struct lock_layer *layer = &image->layers[i];
		text_addf(out,
			"      - digest: %s\n"
			"        diff_id: %s\n"
			"        media_type: %s\n"
			"        size: %llu\n",
			layer->digest, layer->diff_id, layer->media_type,
			(unsigned long long)layer->size_bytes);
	}
}

static const char *familiar(const char *reference, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	struct image_reference parsed;
	return image_reference_parse(reference, arena, &parsed, &ignored) < 0
		       ? reference
		       : image_reference_familiar(&parsed, arena);
}

static void add_image(struct text *out, const struct lock_image *image, struct arena *arena)
{
	text_addf(out,
		"\n"
		"  # %s (%s)\n"
		"  - reference: %s\n"
		"    platform: %s\n",
		familiar(image->reference, arena), image->platform, image->reference,
		image->platform);
	if (image->seen_at) {
		text_add(out, "    # The registry itself could not be asked: this is what the "
			      "mirror had.\n    seen_at: ");
		text_add_json(out, image->seen_at);
		text_add(out, "\n");
	}
	if (image->index)
		add_descriptor(
			out, "index", image->index, image->index_media_type, image->index_size);
	add_descriptor(
		out, "manifest", image->manifest, image->manifest_media_type, image->manifest_size);
	add_descriptor(out, "config", image->config, image->config_media_type, image->config_size);
	add_layers(out, image);
}

void lock_file_text(struct lock_file *lock, struct text *out)
{
	AUTO(arena) arena = arena_new();
	if (lock->image_count)
		qsort(lock->images, lock->image_count, sizeof(*lock->images), compare_images);
	if (lock->download_count)
		qsort(lock->downloads, lock->download_count, sizeof(*lock->downloads),
			compare_downloads);
	text_add(out, "# Every image and download of this project, pinned by digest. Written by "
		      "`hardtack lock`;\n"
		      "# keep it in version control, do not edit it. To move a pin: hardtack lock "
		      "--update IMAGE\n"
		      "lock: 1\n");
	text_add(out, lock->image_count ? "images:\n" : "images: []\n");
	for (size_t i = 0; i < lock->image_count; i++)
		add_image(out, &lock->images[i], arena);
	if (lock->download_count)
		text_add(out, "\ndownloads:\n");
	for (size_t i = 0; i < lock->download_count; i++) {
		const struct lock_download *download = &lock->downloads[i];
		text_add(out, "  - url: ");
		text_add_json(out, download->url);
		text_addf(out, "\n    sha256: %s\n", download->sha256);
		if (download->size_bytes)
			text_addf(
				out, "    size: %llu\n", (unsigned long long)download->size_bytes);
	}
}
