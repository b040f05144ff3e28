/* Where the bytes of an installer go. */
#include "contents.h"

#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "load_archive.h"
#include "number.h"
#include "page_digest.h"

enum { ELF_HEADER_BYTES = 64, ELF_SECTION_BYTES = 64 };

/* ---- parts of the file ---- */

/* A linked ELF ends with its section headers (the linker of the stubs puts them last). */
static int elf_end(const struct installer *installer, uint64_t *end, struct err *err)
{
	unsigned char header[ELF_HEADER_BYTES];
	uint64_t limit = installer->layout.locator.payload_offset;
	if (file_pread(installer->fd, installer->path, header, sizeof(header), 0, err) < 0)
		return -1;
	uint64_t table = load_le64(header + 40);
	uint64_t size = (uint64_t)(header[60] | header[61] << 8) * ELF_SECTION_BYTES;
	*end = table <= limit && size <= limit - table && table + size > 0 ? table + size : limit;
	return 0;
}

static int measure_program(
	const struct installer *installer, struct contents *contents, struct err *err)
{
	const struct executable_layout *layout = &installer->layout;
	uint64_t offset = layout->locator.payload_offset, end = locator_end(&layout->locator);
	if (layout->kind == EXECUTABLE_ELF) {
		if (elf_end(installer, &contents->program, err) < 0)
			return -1;
		contents->alignment = offset - contents->program;
		return 0;
	}
	contents->alignment = (PAGE_DIGEST_PAGE - end % PAGE_DIGEST_PAGE) % PAGE_DIGEST_PAGE;
	contents->signature = layout->signature.length;
	contents->program =
		installer->size_bytes - (end - offset) - contents->alignment - contents->signature;
	return 0;
}

static int measure_payload(const struct installer *installer, struct arena *arena,
	struct contents *contents, struct err *err)
{
	const struct manifest *manifest = bundle_manifest(installer->bundle);
	char *json;
	size_t length;
	if (bundle_read(installer->bundle, MANIFEST_PATH, MANIFEST_LIMIT, arena, &json, &length,
		    err) < 0)
		return -1;
	contents->manifest = length;
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (text_starts_with(entry->path, MANIFEST_FILES_PREFIX)) {
			contents->files += entry->size_bytes;
			contents->file_count++;
		} else if (text_starts_with(entry->path, "blobs/")) {
			contents->blobs += entry->size_bytes;
		} else {
			contents->index += entry->size_bytes;
		}
	}
	contents->framing = installer->layout.locator.payload_length - contents->manifest -
			    contents->files - contents->blobs - contents->index;
	return 0;
}

/* ---- layers ---- */

struct layer_use {
	const struct manifest_layer *layer;
	size_t image;
};

static int compare_uses(const void *a, const void *b)
{
	const struct layer_use *x = a, *y = b;
	int order = strcmp(x->layer->digest, y->layer->digest);
	return order != 0 ? order : (x->image > y->image) - (x->image < y->image);
}

static size_t list_uses(
	const struct manifest *manifest, struct arena *arena, struct layer_use **out)
{
	size_t count = 0;
	for (size_t i = 0; i < manifest->image_count; i++)
		count += manifest->images[i].layer_count;
	struct layer_use *uses = *out = arena_alloc(arena, (count + 1) * sizeof(*uses));
	for (size_t i = 0; i < manifest->image_count; i++)
		for (size_t l = 0; l < manifest->images[i].layer_count; l++)
			*uses++ = (struct layer_use){&manifest->images[i].layers[l], i};
	qsort(*out, count, sizeof(**out), compare_uses);
	return count;
}

/* The uses of one digest become one layer; an image that has it twice counts once. */
static void collect_layers(
	const struct manifest *manifest, struct arena *arena, struct contents *contents)
{
	struct layer_use *uses;
	size_t count = list_uses(manifest, arena, &uses), used = 0;
	size_t *images = arena_alloc(arena, (count + 1) * sizeof(*images));
	struct contents_layer *layer = arena_alloc(arena, (count + 1) * sizeof(*layer));
	contents->layers = layer;
	for (size_t i = 0; i < count; i++) {
		const struct manifest_layer *from = uses[i].layer;
		if (i == 0 || strcmp(uses[i - 1].layer->digest, from->digest) != 0) {
			layer = &contents->layers[contents->layer_count++];
			*layer = (struct contents_layer){
				from->digest, from->size_bytes, &images[used], 0};
		} else if (uses[i - 1].image == uses[i].image) {
			continue;
		}
		images[used++] = uses[i].image;
		layer->image_count++;
	}
}

void contents_measure_layers(
	const struct manifest *manifest, struct arena *arena, struct contents *contents)
{
	if (manifest->installer) /* its images are in the installer */
		return;
	collect_layers(manifest, arena, contents);
	for (size_t i = 0; i < contents->layer_count; i++) {
		const struct contents_layer *layer = &contents->layers[i];
		contents->layer_bytes += layer->size_bytes;
		contents->unshared_bytes += layer->size_bytes * layer->image_count;
		contents->shared_count += layer->image_count > 1;
	}
	bool known = true;
	for (size_t i = 0; i < manifest->image_count; i++) {
		contents->unpacked_bytes += manifest->images[i].unpacked_bytes;
		known &= manifest->images[i].unpacked_bytes > 0;
	}
	contents->unpacked_bytes = known ? contents->unpacked_bytes : 0;
}

static int compare_key(const void *key, const void *row)
{
	return strcmp(key, ((const struct contents_layer *)row)->digest);
}

const struct contents_layer *contents_layer(const struct contents *contents, const char *digest)
{
	if (contents->layer_count == 0)
		return NULL;
	return bsearch(digest, contents->layers, contents->layer_count, sizeof(*contents->layers),
		compare_key);
}

uint64_t contents_image_bytes(const struct manifest_image *image)
{
	uint64_t sum = image->manifest_size + image->config_size;
	for (size_t i = 0; i < image->layer_count; i++)
		sum += image->layers[i].size_bytes;
	return sum;
}

uint64_t contents_image_own_bytes(
	const struct contents *contents, const struct manifest_image *image)
{
	uint64_t sum = contents_image_bytes(image);
	for (size_t i = 0; i < image->layer_count; i++) {
		const struct contents_layer *layer =
			contents_layer(contents, image->layers[i].digest);
		if (layer && layer->image_count > 1)
			sum -= image->layers[i].size_bytes;
	}
	return sum;
}

int contents_of(const struct installer *installer, struct arena *arena, struct contents *contents,
	struct err *err)
{
	*contents = (struct contents){0};
	if (measure_program(installer, contents, err) < 0 ||
		measure_payload(installer, arena, contents, err) < 0)
		return -1;
	contents_measure_layers(bundle_manifest(installer->bundle), arena, contents);
	return 0;
}
