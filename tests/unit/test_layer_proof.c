/* Layers of many images, proven on all cores: each once, and always the same fault. */
#include "check.h"
#include "layer_proof.h"

enum { LAYERS = 64 };

static char contents[LAYERS][32];
static char digests[LAYERS][SHA256_DIGEST_LENGTH + 1];

/* An image of plain tar layers [first, first + count): their digest is their diff_id. */
static struct image image(struct arena *arena, size_t first, size_t count)
{
	struct image made = {
		.layers = arena_alloc(arena, count * sizeof(*made.layers)), .layer_count = count};
	for (size_t i = 0; i < count; i++) {
		size_t n = first + i;
		int length = snprintf(contents[n], sizeof(contents[n]), "layer number %zu", n);
		struct sha256 sum = digest_sha256_of(contents[n], (size_t)length);
		sha256_to_digest(&sum, digests[n]);
		made.layers[i] = (struct image_layer){.blob = {.digest = digests[n],
							      .size_bytes = (uint64_t)length,
							      .name = contents[n],
							      .bytes = contents[n],
							      .fd = -1},
			.media_type = "application/vnd.oci.image.layer.v1.tar",
			.diff_id = digests[n]};
	}
	return made;
}

TEST(every_layer_is_measured_and_a_shared_one_counts_in_both_images)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct image one = image(arena, 0, 3), two = image(arena, 2, 2), *failed = NULL;
	struct image *images[] = {&one, &two};
	CHECK_OK(layer_proof_run(images, 2, NULL, &failed, &err));
	CHECK_INT(one.unpacked_bytes, 3 * strlen("layer number 0"));
	CHECK_INT(two.unpacked_bytes, 2 * strlen("layer number 0"));
	CHECK_INT(two.layers[0].unpacked_bytes, strlen("layer number 2"));
	CHECK(!failed);
}

TEST(a_shared_layer_is_read_once)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct image one = image(arena, 0, 1), two = image(arena, 0, 1), *failed;
	struct image *images[] = {&one, &two};
	/* The second has the same digests, but bytes that nobody may look at. */
	two.layers[0].blob.bytes = "wrong";
	CHECK_OK(layer_proof_run(images, 2, NULL, &failed, &err));
	CHECK_INT(two.unpacked_bytes, one.unpacked_bytes);
}

TEST(the_first_fault_is_the_error_whichever_thread_meets_it)
{
	for (int round = 0; round < 50; round++) {
		AUTO(arena) arena = arena_new();
		struct err err = ERR_INIT;
		struct image one = image(arena, 0, 32), two = image(arena, 32, 32), *failed = NULL;
		struct image *images[] = {&one, &two};
		for (size_t i = 8; i < 32; i += 3)
			two.layers[i].diff_id = digests[0];
		CHECK_FAILS(layer_proof_run(images, 2, NULL, &failed, &err), CODE_INTEGRITY);
		CHECK(failed == &two);
		two.layers[8].diff_id = digests[40];
		one.layers[31].blob.bytes = "another content!";
		CHECK(layer_proof_run(images, 2, NULL, &failed, &err) < 0);
		CHECK_CONTAINS(err.text, "layer number 31");
		CHECK(failed == &one);
	}
}

TEST(no_images_are_no_error)
{
	struct err err = ERR_INIT;
	struct image *failed;
	CHECK_OK(layer_proof_run(NULL, 0, NULL, &failed, &err));
}
