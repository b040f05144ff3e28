/* Volumes as tars, through helper containers. */
#include "volume_copy.h"

#include <string.h>

#include "interrupt.h"

enum { TAR_BLOCK_SIZE = 512, TAR_END_BYTES = 2 * TAR_BLOCK_SIZE };

/* Passes a tar on and knows whether it came to its end: two zero blocks, and only whole ones. */
struct whole_tar {
	struct stream_sink sink;
	struct stream_sink *target;
	uint64_t length;
	uint64_t zeros; /* bytes at the end so far */
};

static int whole_tar_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct whole_tar *tar = (struct whole_tar *)sink;
	const unsigned char *first = bytes, *at = first + length;
	while (at > first && at[-1] == 0)
		at--;
	tar->zeros = at == first ? tar->zeros + length : (uint64_t)(first + length - at);
	tar->length += length;
	return stream_write(tar->target, bytes, length, err);
}

static bool is_whole(const struct whole_tar *tar)
{
	return tar->length % TAR_BLOCK_SIZE == 0 && tar->zeros >= TAR_END_BYTES;
}

/* The helper goes, whatever happened: also when a signal came meanwhile. */
static int remove_helper(
	const struct volume_copy *copy, const char *id, int status, struct err *err)
{
	struct err remove_err = ERR_INIT;
	interrupt_defer(true);
	int removed = docker_helper_remove(copy->docker, id, &remove_err);
	interrupt_defer(false);
	if (status < 0 || removed == 0)
		return status;
	*err = remove_err;
	return -1;
}

int volume_copy_read(const struct volume_copy *copy, struct stream_sink *sink, struct err *err)
{
	struct whole_tar tar = {.sink.write = whole_tar_write, .target = sink};
	const char *id;
	bool found = false;
	if (docker_helper_create(copy->docker, copy->project, copy->image, copy->source, &id, err) <
		0)
		return -1;
	int status = docker_copy_out(copy->docker, id, DOCKER_HELPER_PATH, &tar.sink, &found, err);
	if (status == 0 && (!found || !is_whole(&tar)))
		status = err_set(
			err, CODE_DOCKER, "what Docker gave of %s ends early", copy->source);
	return remove_helper(copy, id, status, err);
}

int volume_copy_write(const struct volume_copy *copy,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct err *err)
{
	const char *id;
	if (docker_helper_create(copy->docker, copy->project, copy->image, copy->source, &id, err) <
		0)
		return -1;
	return remove_helper(copy, id, docker_copy_in(copy->docker, id, feed, context, err), err);
}

/* ---- one small file ---- */

struct kept {
	struct stream_sink sink;
	struct text text;
	size_t limit;
};

static int keep(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct kept *kept = (struct kept *)sink;
	size_t room = kept->limit - kept->text.length;
	(void)err;
	text_add_bytes(&kept->text, bytes, length < room ? length : room);
	return 0;
}

/* The data of a tar's only entry: 512 bytes of header, its size in octal at 124 (ustar). */
static const char *only_entry(const struct text *tar, size_t limit_bytes, struct arena *arena)
{
	uint64_t size = 0;
	if (tar->length < TAR_BLOCK_SIZE || tar->bytes[156] != '0')
		return NULL;
	for (size_t i = 124; i < 136 && tar->bytes[i] >= '0' && tar->bytes[i] <= '7'; i++)
		size = size * 8 + (uint64_t)(tar->bytes[i] - '0');
	if (size > limit_bytes || size > tar->length - TAR_BLOCK_SIZE)
		return NULL;
	return arena_strndup(arena, tar->bytes + TAR_BLOCK_SIZE, (size_t)size);
}

int volume_copy_read_file(const struct volume_copy *copy, const char *path, size_t limit_bytes,
	const char **bytes, struct err *err)
{
	struct kept kept = {
		.sink.write = keep, .text = TEXT_INIT, .limit = TAR_BLOCK_SIZE + limit_bytes};
	AUTO_FREE char *inside = xprintf("%s/%s", DOCKER_HELPER_PATH, path);
	const char *id;
	bool found = false;
	*bytes = NULL;
	if (docker_helper_create(copy->docker, copy->project, copy->image, copy->source, &id, err) <
		0)
		return -1;
	int status = docker_copy_out(copy->docker, id, inside, &kept.sink, &found, err);
	if (status == 0 && found)
		*bytes = only_entry(&kept.text, limit_bytes, copy->docker->arena);
	text_clear(&kept.text);
	return remove_helper(copy, id, status, err);
}

int volume_copy_find_image(struct docker_cli *docker, const char *project,
	const char *const *references, size_t count, const char **image, struct err *err)
{
	struct docker_container *containers;
	struct docker_image found_image;
	size_t container_count;
	bool found = false;
	*image = NULL;
	if (docker_project_containers(docker, project, &containers, &container_count, err) < 0)
		return -1;
	for (size_t i = 0; i < container_count + count && !found; i++) {
		*image =
			i < container_count ? containers[i].image : references[i - container_count];
		if (**image && docker_image_inspect(docker, *image, &found_image, &found, err) < 0)
			return -1;
	}
	if (!found)
		*image = NULL;
	return 0;
}
