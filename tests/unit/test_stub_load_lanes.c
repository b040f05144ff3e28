/* Which images are loaded side by side: none that have a layer in common. */
#include "load_lanes.h"

#include <string.h>

#include "check.h"

enum { MIB = 1 << 20, IMAGES_MOST = 4 };

struct stack {
	struct manifest manifest;
	struct manifest_image images[IMAGES_MOST];
	struct manifest_layer layers[IMAGES_MOST][2];
	bool wanted[IMAGES_MOST];
};

/* An image of two layers, named by a letter each. */
static void add(
	struct stack *stack, const char *pin, const char *first, const char *second, uint64_t mib)
{
	size_t i = stack->manifest.image_count++;
	stack->layers[i][0].diff_id = first;
	stack->layers[i][1].diff_id = second;
	stack->images[i] = (struct manifest_image){.pin = pin,
		.layers = stack->layers[i],
		.layer_count = 2,
		.unpacked_bytes = mib * MIB};
	stack->manifest.images = stack->images;
	stack->wanted[i] = true;
}

/* "01": the first image is in the first lane, the second one in the other; "-" is in none. */
static void check_lanes(struct stack *stack, const char *expected)
{
	AUTO(arena) arena = arena_new();
	bool *lanes[LOAD_LANES_MOST];
	char found[IMAGES_MOST + 1] = "";
	size_t count = load_lanes_split(&stack->manifest, stack->wanted, arena, lanes);
	for (size_t i = 0; i < stack->manifest.image_count; i++) {
		CHECK(!(lanes[0][i] && lanes[1][i]));
		found[i] = lanes[0][i] ? '0' : lanes[1][i] ? '1' : '-';
	}
	CHECK_STR(found, expected);
	CHECK_INT(count, strchr(expected, '1') ? 2 : 1);
}

TEST(images_with_nothing_in_common_are_loaded_side_by_side)
{
	struct stack stack = {0};
	add(&stack, "p1", "a", "b", 100);
	add(&stack, "p2", "c", "d", 90);
	check_lanes(&stack, "01");
}

TEST(images_with_a_layer_in_common_go_one_behind_the_other)
{
	struct stack stack = {0};
	add(&stack, "p1", "a", "b", 100);
	add(&stack, "p2", "c", "b", 90);
	check_lanes(&stack, "00");
	/* Also by way of a third one. */
	stack = (struct stack){0};
	add(&stack, "p1", "a", "b", 100);
	add(&stack, "p2", "d", "e", 90);
	add(&stack, "p3", "b", "d", 80);
	add(&stack, "p4", "x", "y", 70);
	check_lanes(&stack, "0001");
}

TEST(two_names_of_one_image_stay_together)
{
	struct stack stack = {0};
	add(&stack, "p1", "a", "b", 100);
	add(&stack, "p1", "a", "b", 100);
	check_lanes(&stack, "00");
	for (size_t i = 0; i < 2; i++)
		stack.images[i].layer_count = 0;
	check_lanes(&stack, "00");
}

TEST(lanes_are_about_as_long)
{
	struct stack stack = {0};
	add(&stack, "p1", "a", "b", 30);
	add(&stack, "p2", "c", "d", 100);
	add(&stack, "p3", "e", "f", 40);
	add(&stack, "p4", "g", "h", 20);
	check_lanes(&stack, "1011");
}

TEST(what_is_not_wanted_is_in_no_lane)
{
	struct stack stack = {0};
	add(&stack, "p1", "a", "b", 100);
	add(&stack, "p2", "b", "c", 90);
	add(&stack, "p3", "c", "d", 80);
	stack.wanted[1] = false;
	check_lanes(&stack, "0-1");
	stack.wanted[0] = false;
	check_lanes(&stack, "--0");
	stack.wanted[2] = false;
	check_lanes(&stack, "---");
}

TEST(a_little_image_is_not_worth_a_second_docker)
{
	struct stack stack = {0};
	add(&stack, "p1", "a", "b", 100);
	add(&stack, "p2", "c", "d", 7);
	check_lanes(&stack, "00");
	stack.images[1].unpacked_bytes = LOAD_LANES_WORTH_BYTES;
	check_lanes(&stack, "01");
}
