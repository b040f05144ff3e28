/* --image-archive: opening an argument and adding what it holds. */
#include "image_archive.h"

#include <string.h>
#include <unistd.h>

#include "image_archive_parts.h"
#include "text.h"

enum {
	IMAGE_LIMIT = 1000,
	NAME_LIMIT = 1000,          /* of one image */
	DOCUMENTS_LIMIT = 64 << 20, /* bytes of all configs, manifests and indexes of an archive */
};

/* ---- parts for both readers ---- */

struct image *image_archive_new_image(struct image_archive *archive)
{
	struct image *image = ARENA_NEW(archive->arena, struct image);
	image->archive = archive_input_name(archive->input);
	image->manifest.fd = image->config_blob.fd = -1;
	*ARENA_PUSH(archive->arena, archive->images, archive->count, archive->capacity) = image;
	return image;
}

int image_archive_add_name(
	struct image_archive *archive, struct image *image, const char *name, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct image_reference reference;
	if (image_reference_parse(name, archive->arena, &reference, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < image->reference_count; i++)
		if (image_reference_equal(&image->references[i], &reference))
			return 0;
	if (image->reference_count == NAME_LIMIT)
		return err_set(err, CODE_INPUT, "%s gives an image more than %d names",
			archive_input_name(archive->input), NAME_LIMIT);
	*ARENA_PUSH(archive->arena, image->references, image->reference_count,
		image->reference_capacity) = reference;
	return 0;
}

int image_archive_read_document(
	struct image_archive *archive, struct blob_source *blob, struct err *err)
{
	char *bytes;
	archive->document_bytes += blob->size_bytes;
	if (archive->document_bytes > DOCUMENTS_LIMIT)
		return err_set(err, CODE_INPUT, "%s has more than %d bytes of image documents",
			archive_input_name(archive->input), DOCUMENTS_LIMIT);
	if (blob_source_read(blob, OCI_DOCUMENT_LIMIT, archive->arena, &bytes, err) < 0)
		return -1;
	blob->bytes = bytes;
	return 0;
}

void image_archive_set_problem(struct image_archive *archive, struct image *image, struct err *err)
{
	struct err *kept = ARENA_NEW(archive->arena, struct err);
	*kept = *err;
	image->problem = kept;
	err_clear(err);
}

int image_archive_fail_missing(
	const struct image_archive *archive, const char *path, struct err *err)
{
	AUTO_TEXT shown = TEXT_INIT;
	text_add_printable(&shown, path, strlen(path));
	err_set(err, CODE_NOT_FOUND, "%s: %s is not in the archive",
		archive_input_name(archive->input), shown.bytes);
	return err_hint(err,
		"The archive is incomplete: pull the image for this platform and save it again.");
}

int image_archive_take_config(
	struct image_archive *archive, struct image *image, size_t layer_count, struct err *err)
{
	const struct blob_source *blob = &image->config_blob;
	if (oci_config_parse(blob->bytes, (size_t)blob->size_bytes, blob->name, archive->arena,
		    &image->config, err) < 0)
		return -1;
	image->platform = image->config.platform;
	if (image->config.diff_id_count != layer_count)
		return err_set(err, CODE_INPUT, "%s: names %zu layers, the image has %zu",
			blob->name, image->config.diff_id_count, layer_count);
	return 0;
}

/* ---- REF=FILE ---- */

/* Which image it is, whatever the platform: an index has one for each. */
static const char *identity_of(const struct image *image)
{
	if (image->index_digest)
		return image->index_digest;
	return image->manifest.digest ? image->manifest.digest : "";
}

static void list_names(const struct image_archive *archive, struct text *out, struct arena *arena)
{
	for (size_t i = 0; i < archive->count; i++)
		for (size_t r = 0; r < archive->images[i]->reference_count; r++)
			text_addf(out, "%s%s", out->length > 0 ? ", " : "",
				image_reference_familiar(
					&archive->images[i]->references[r], arena));
}

static int fail_several(const struct image_archive *archive, const char *reference, struct err *err)
{
	AUTO_TEXT names = TEXT_INIT;
	list_names(archive, &names, archive->arena);
	err_set(err, CODE_INPUT, "%s holds several images, which cannot all be %s",
		archive_input_name(archive->input), reference);
	if (names.length == 0)
		return err_hint(err, "Save each image into an archive of its own.");
	return err_hint(err, "Leave out \"%s=\": the archive names %s.", reference, names.bytes);
}

static int rename_images(struct image_archive *archive, const char *reference, struct err *err)
{
	struct image_reference *name = ARENA_NEW(archive->arena, struct image_reference);
	if (image_reference_parse(reference, archive->arena, name, err) < 0)
		return -1;
	for (size_t i = 1; i < archive->count; i++)
		if (strcmp(identity_of(archive->images[i]), identity_of(archive->images[0])) != 0)
			return fail_several(archive, reference, err);
	for (size_t i = 0; i < archive->count; i++) {
		archive->images[i]->references = name;
		archive->images[i]->reference_count = 1;
	}
	return 0;
}

/* An existing path is a path, whatever characters it has. */
static const char *split_argument(const char *argument, const char **file, struct arena *arena)
{
	const char *equals = strchr(argument, '=');
	*file = argument;
	if (!equals || access(argument, F_OK) == 0)
		return NULL;
	*file = equals + 1;
	return arena_strndup(arena, argument, (size_t)(equals - argument));
}

/* ---- the whole ---- */

static int fail_unknown(const struct image_archive *archive, struct err *err)
{
	const char *name = archive_input_name(archive->input);
	err_set(err, CODE_INPUT,
		"%s is no image archive: it has neither manifest.json nor index.json", name);
	if (archive_input_has_folder(archive->input, "etc") ||
		archive_input_has_folder(archive->input, "usr"))
		return err_hint(err, "It looks like a container's file system (`docker export`): "
				     "save the image with `docker save` instead.");
	return err_hint(err, "Make one with `docker save -o FILE IMAGE`.");
}

static int read_images(struct image_archive *archive, struct err *err)
{
	bool is_layout, is_docker;
	if (image_archive_read_oci(archive, &is_layout, err) < 0 ||
		image_archive_read_docker(archive, is_layout, &is_docker, err) < 0)
		return -1;
	if (!is_layout && !is_docker)
		return fail_unknown(archive, err);
	if (archive->count == 0)
		return err_set(
			err, CODE_INPUT, "%s holds no image", archive_input_name(archive->input));
	if (archive->count > IMAGE_LIMIT)
		return err_set(err, CODE_INPUT, "%s holds more than %d images",
			archive_input_name(archive->input), IMAGE_LIMIT);
	return 0;
}

int image_archive_add(
	struct image_set *set, const char *argument, struct blob_cache *cache, struct err *err)
{
	struct image_archive archive = {.arena = set->arena};
	struct archive_input *input;
	const char *file;
	const char *reference = split_argument(argument, &file, set->arena);
	AUTO_FD fd = -1;
	if (archive_input_open(&input, file, cache, set->arena, &fd, err) < 0)
		return -1;
	archive.input = input;
	if (read_images(&archive, err) < 0)
		return -1;
	if (reference && rename_images(&archive, reference, err) < 0)
		return -1;
	for (size_t i = 0; i < archive.count; i++)
		*ARENA_PUSH(set->arena, set->images, set->count, set->capacity) = archive.images[i];
	if (fd >= 0)
		*ARENA_PUSH(set->arena, set->fds, set->fd_count, set->fd_capacity) = TAKE_FD(fd);
	return 0;
}
