/* Groups of images without common layers, and the groups in two lanes. */
#include "load_lanes.h"

#include <stdlib.h>
#include <string.h>

/* Something that an image has: two that have the same belong together. */
struct mark {
	const char *digest;
	size_t image;
};

static int by_digest(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int difference = strcmp(x->digest, y->digest);
	return difference ? difference : x->image < y->image ? -1 : x->image > y->image;
}

static size_t find_group(size_t *groups, size_t image)
{
	while (groups[image] != image)
		image = groups[image] = groups[groups[image]];
	return image;
}

/* groups[i]: the first image of the group. */
static void join_groups(
	const struct manifest *manifest, const bool *wanted, struct arena *arena, size_t *groups)
{
	struct mark *marks = NULL;
	size_t count = 0, capacity = 0;
	for (size_t i = 0; i < manifest->image_count; i++) {
		const struct manifest_image *image = &manifest->images[i];
		groups[i] = i;
		if (!wanted[i])
			continue;
		*ARENA_PUSH(arena, marks, count, capacity) = (struct mark){image->pin, i};
		for (size_t l = 0; l < image->layer_count; l++)
			*ARENA_PUSH(arena, marks, count, capacity) =
				(struct mark){image->layers[l].diff_id, i};
	}
	if (count)
		qsort(marks, count, sizeof(*marks), by_digest);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(marks[i].digest, marks[i - 1].digest) != 0)
			continue;
		size_t a = find_group(groups, marks[i].image);
		size_t b = find_group(groups, marks[i - 1].image);
		groups[a < b ? b : a] = a < b ? a : b;
	}
}

struct group {
	size_t first;
	uint64_t bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The groups, largest first. What an engine works on is the unpacked bytes. */
static size_t list_groups(const struct manifest *manifest, const bool *wanted, size_t *groups,
	struct arena *arena, struct group **out)
{
	size_t count = 0;
	size_t *number = arena_alloc(arena, (manifest->image_count + 1) * sizeof(*number));
	*out = arena_alloc(arena, (manifest->image_count + 1) * sizeof(**out));
	for (size_t i = 0; i < manifest->image_count; i++) {
		if (!wanted[i])
			continue;
		size_t first = find_group(groups, i);
		if (first == i) {
			number[i] = count;
			(*out)[count++] = (struct group){i, 0};
		}
		(*out)[number[first]].bytes += manifest->images[i].unpacked_bytes;
	}
	if (count)
		qsort(*out, count, sizeof(**out), by_bytes);
	return count;
}

size_t load_lanes_split(const struct manifest *manifest, const bool *wanted, struct arena *arena,
	bool *lanes[LOAD_LANES_MOST])
{
	size_t images = manifest->image_count;
	size_t *groups = arena_alloc(arena, (images + 1) * sizeof(*groups));
	size_t *lane_of = arena_alloc(arena, (images + 1) * sizeof(*lane_of));
	struct group *list;
	uint64_t bytes[LOAD_LANES_MOST] = {0};
	join_groups(manifest, wanted, arena, groups);
	size_t count = list_groups(manifest, wanted, groups, arena, &list);
	for (size_t i = 0; i < count; i++) {
		size_t lane = bytes[1] < bytes[0];
		lane_of[list[i].first] = lane;
		bytes[lane] += list[i].bytes;
	}
	bool two = bytes[1] >= LOAD_LANES_WORTH_BYTES;
	for (size_t lane = 0; lane < LOAD_LANES_MOST; lane++) {
		lanes[lane] = arena_alloc(arena, images * sizeof(bool) + 1);
		for (size_t i = 0; i < images; i++)
			lanes[lane][i] =
				wanted[i] && (two ? lane_of[find_group(groups, i)] : 0) == lane;
	}
	return two ? 2 : 1;
}
