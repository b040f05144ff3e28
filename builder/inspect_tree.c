/* The tree that `inspect` prints. */
#include "inspect_tree.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "ui_width.h"

enum {
	NUMBER_COLUMNS = 22, /* "  1023.9 MiB   100.0 %" */
	NAME_COLUMNS_LEAST = 24,
	NAME_COLUMNS_MOST = 66,
	FILES_MOST = 30,
	IMAGES_MOST = 40,
	LAYERS_MOST = 16,
	LAYERED_IMAGES_MOST = 12, /* with more images, a layer each would be a wall of text */
};

struct branch {
	const struct inspect_tree *tree;
	struct text *out;
	const char *lead; /* what stands before the rows of this depth */
};

static struct branch enter(const struct branch *from, bool last)
{
	struct branch below = *from;
	below.lead = arena_printf(from->tree->arena, "%s%s", from->lead, last ? "   " : "│  ");
	return below;
}

static void add_numbers(const struct branch *at, size_t used, uint64_t size_bytes)
{
	size_t columns = at->tree->columns;
	size_t room = columns > NUMBER_COLUMNS ? columns - NUMBER_COLUMNS : 0;
	room = room < NAME_COLUMNS_LEAST  ? NAME_COLUMNS_LEAST
	       : room > NAME_COLUMNS_MOST ? NAME_COLUMNS_MOST
					  : room;
	if (used > room) {
		text_addf(at->out, "\n%s", at->lead);
		used = ui_width(at->lead);
	}
	AUTO_TEXT size = TEXT_INIT;
	text_add_size(&size, size_bytes);
	uint64_t file = at->tree->size_bytes;
	double share = file ? 100.0 * (double)size_bytes / (double)file : 0;
	text_addf(at->out, "%*s  %10s  %6.1f %%\n", (int)(room - used), "", size.bytes, share);
}

static void add_name(
	const struct branch *at, bool last, const char *name, bool numbers, uint64_t size_bytes)
{
	AUTO_TEXT line = TEXT_INIT;
	text_addf(&line, "%s%s", at->lead, last ? "└─ " : "├─ ");
	text_add_printable(&line, name, strlen(name));
	text_add(at->out, line.bytes);
	if (numbers)
		add_numbers(at, ui_width(line.bytes), size_bytes);
	else
		text_add(at->out, "\n");
}

__attribute__((format(printf, 4, 5))) static void row(
	const struct branch *at, bool last, uint64_t size_bytes, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	const char *name = arena_vprintf(at->tree->arena, format, ap);
	va_end(ap);
	add_name(at, last, name, true, size_bytes);
}

__attribute__((format(printf, 3, 4))) static void remark(
	const struct branch *at, bool last, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	const char *name = arena_vprintf(at->tree->arena, format, ap);
	va_end(ap);
	add_name(at, last, name, false, 0);
}

/* ---- which of a long list are shown ---- */

struct largest {
	uint64_t least; /* larger ones are shown, */
	size_t equal;   /* and so many of this size */
	size_t hidden;
	uint64_t hidden_bytes;
};

static int descending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x < y) - (x > y);
}

/* The `most` largest of count sizes, which are reordered. */
static struct largest choose(uint64_t *sizes, size_t count, size_t most)
{
	struct largest chosen = {.equal = SIZE_MAX};
	if (count <= most)
		return chosen;
	qsort(sizes, count, sizeof(*sizes), descending);
	chosen.least = sizes[most - 1];
	chosen.equal = 0;
	for (size_t i = 0; i < most; i++)
		chosen.equal += sizes[i] == chosen.least;
	for (size_t i = most; i < count; i++)
		chosen.hidden_bytes += sizes[i];
	chosen.hidden = count - most;
	return chosen;
}

static bool is_chosen(struct largest *chosen, uint64_t size_bytes)
{
	if (size_bytes != chosen->least || chosen->equal == SIZE_MAX)
		return size_bytes >= chosen->least;
	return chosen->equal > 0 && chosen->equal-- > 0;
}

static void add_rest(const struct branch *at, const struct largest *chosen)
{
	if (chosen->hidden)
		row(at, true, chosen->hidden_bytes, T("%zu smaller ones (--all shows them)"),
			chosen->hidden);
}

static size_t most(const struct inspect_tree *tree, size_t limit)
{
	return tree->all ? SIZE_MAX : limit;
}

/* ---- files ---- */

static bool is_file(const struct manifest_entry *entry)
{
	return text_starts_with(entry->path, MANIFEST_FILES_PREFIX);
}

static void add_files(const struct branch *from)
{
	const struct inspect_tree *tree = from->tree;
	const struct manifest *manifest = tree->manifest;
	row(from, false, tree->contents->files, T("files (%zu)"), tree->contents->file_count);
	struct branch at = enter(from, false);
	uint64_t *sizes =
		arena_alloc(tree->arena, (tree->contents->file_count + 1) * sizeof(*sizes));
	size_t count = 0, shown = 0;
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (is_file(&manifest->entries[i]))
			sizes[count++] = manifest->entries[i].size_bytes;
	struct largest chosen = choose(sizes, count, most(tree, FILES_MOST));
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (!is_file(entry) || !is_chosen(&chosen, entry->size_bytes))
			continue;
		bool last = ++shown == count;
		row(&at, last, entry->size_bytes, "%04o %s", entry->mode,
			entry->path + strlen(MANIFEST_FILES_PREFIX));
		if (entry->url) {
			struct branch below = enter(&at, last);
			remark(&below, true, T("from %s"), entry->url);
		}
	}
	add_rest(&at, &chosen);
}

/* ---- images ---- */

static const char *compression(const char *media_type)
{
	return text_ends_with(media_type, "gzip")   ? "gzip"
	       : text_ends_with(media_type, "zstd") ? "zstd"
						    : "tar";
}

/* "also in: A, B and 3 more" */
static void add_sharers(
	const struct branch *at, const struct contents_layer *layer, size_t image, bool last)
{
	const struct manifest *manifest = at->tree->manifest;
	AUTO_TEXT names = TEXT_INIT;
	size_t named = 0, others = layer->image_count - 1;
	size_t limit = most(at->tree, 3);
	for (size_t i = 0; i < layer->image_count && named < limit; i++)
		if (layer->images[i] != image)
			text_addf(&names, "%s%s", named++ ? ", " : "",
				manifest->images[layer->images[i]].reference);
	struct branch below = enter(at, last);
	if (others > named)
		remark(&below, true, T("also in %s and %zu more"), names.bytes, others - named);
	else
		remark(&below, true, T("also in %s"), names.bytes);
}

static void add_layers(const struct branch *at, size_t index)
{
	const struct inspect_tree *tree = at->tree;
	const struct manifest_image *image = &tree->manifest->images[index];
	uint64_t *sizes = arena_alloc(tree->arena, (image->layer_count + 1) * sizeof(*sizes));
	for (size_t l = 0; l < image->layer_count; l++)
		sizes[l] = image->layers[l].size_bytes;
	struct largest chosen = choose(sizes, image->layer_count, most(tree, LAYERS_MOST));
	for (size_t l = 0; l < image->layer_count; l++) {
		const struct manifest_layer *layer = &image->layers[l];
		if (!is_chosen(&chosen, layer->size_bytes))
			continue;
		bool last = l + 1 == image->layer_count && chosen.hidden == 0;
		row(at, last, layer->size_bytes, T("layer %zu  %.19s…  %s"), l + 1, layer->digest,
			compression(layer->media_type));
		const struct contents_layer *shared = contents_layer(tree->contents, layer->digest);
		if (shared && shared->image_count > 1)
			add_sharers(at, shared, index, last);
	}
	add_rest(at, &chosen);
}

static void add_image(const struct branch *from, size_t index, bool last, bool layers)
{
	const struct inspect_tree *tree = from->tree;
	const struct manifest *manifest = tree->manifest;
	const struct manifest_image *image = &manifest->images[index];
	row(from, last, contents_image_bytes(image), "%s  %s", image->reference,
		manifest_platform(image, tree->arena));
	struct branch at = enter(from, last);
	remark(&at, false, T("pin  %s"), image->pin);
	remark(&at, false, T("tag  %s"), image->tag);
	uint64_t own = contents_image_own_bytes(tree->contents, image);
	if (own != contents_image_bytes(image))
		row(&at, false, own, T("of this only here"));
	if (image->unpacked_bytes) {
		AUTO_TEXT size = TEXT_INIT;
		text_add_size(&size, image->unpacked_bytes);
		remark(&at, false, T("unpacked %s"), size.bytes);
	}
	uint64_t documents = image->config_size + image->manifest_size;
	if (layers) {
		row(&at, image->layer_count == 0, documents, T("config and manifest"));
		add_layers(&at, index);
	} else {
		row(&at, true, contents_image_bytes(image) - documents,
			T("layers: %zu (--all shows them)"), image->layer_count);
	}
}

static void add_images(const struct branch *from)
{
	const struct inspect_tree *tree = from->tree;
	const struct manifest *manifest = tree->manifest;
	if (manifest->installer) {
		remark(from, false, T("images (%zu): in %s"), manifest->image_count,
			manifest->installer);
		return;
	}
	row(from, false, tree->contents->blobs, T("images (%zu)"), manifest->image_count);
	struct branch at = enter(from, false);
	bool layers = tree->all || manifest->image_count <= LAYERED_IMAGES_MOST;
	uint64_t *sizes = arena_alloc(tree->arena, (manifest->image_count + 1) * sizeof(*sizes));
	for (size_t i = 0; i < manifest->image_count; i++)
		sizes[i] = contents_image_bytes(&manifest->images[i]);
	struct largest chosen = choose(sizes, manifest->image_count, most(tree, IMAGES_MOST));
	for (size_t i = 0; i < manifest->image_count; i++)
		if (is_chosen(&chosen, contents_image_bytes(&manifest->images[i])))
			add_image(&at, i, i + 1 == manifest->image_count && chosen.hidden == 0,
				layers);
	add_rest(&at, &chosen);
}

/* ---- the rest, and the totals ---- */

static void add_format(const struct branch *from)
{
	const struct contents *contents = from->tree->contents;
	const struct {
		const char *name;
		uint64_t size_bytes;
	} parts[] = {
		{N_T("manifest"), contents->manifest},
		{N_T("index of the images"), contents->index},
		{N_T("tar headers and padding"), contents->framing},
		{N_T("zeros up to a page"), contents->alignment},
		{N_T("code signature"), contents->signature},
	};
	size_t last = contents->signature ? 4 : 3;
	uint64_t sum = 0;
	for (size_t i = 0; i <= last; i++)
		sum += parts[i].size_bytes;
	row(from, true, sum, T("format"));
	struct branch at = enter(from, true);
	for (size_t i = 0; i <= last; i++)
		row(&at, i == last, parts[i].size_bytes, "%s", T(parts[i].name));
}

static void add_total(struct text *out, const char *name, uint64_t size_bytes)
{
	size_t width = ui_width(name);
	text_addf(out, "  %s%*s ", name, width < 34 ? (int)(34 - width) : 0, "");
	text_add_size(out, size_bytes);
	text_add(out, "\n");
}

static void add_totals(const struct inspect_tree *tree, struct text *out)
{
	const struct contents *contents = tree->contents;
	if (contents->layer_count == 0)
		return;
	text_addf(out, T("\nLayers: %zu, of them in several images: %zu\n"), contents->layer_count,
		contents->shared_count);
	add_total(out, T("in this file, each once"), contents->layer_bytes);
	add_total(out, T("spared by sharing"), contents->unshared_bytes - contents->layer_bytes);
	if (contents->unpacked_bytes)
		add_total(out, T("unpacked, each image for itself"), contents->unpacked_bytes);
}

void inspect_tree_add(const struct inspect_tree *tree, struct text *out)
{
	const struct manifest *manifest = tree->manifest;
	struct branch root = {.tree = tree, .out = out, .lead = ""};
	AUTO_TEXT name = TEXT_INIT;
	text_add_printable(&name, tree->name, strlen(tree->name));
	text_addf(out, "\n%s", name.bytes);
	add_numbers(&root, ui_width(name.bytes), tree->size_bytes);
	row(&root, false, tree->contents->program, T("program (%s)"), manifest->builder);
	if (tree->contents->file_count)
		add_files(&root);
	add_images(&root);
	add_format(&root);
	add_totals(tree, out);
}
