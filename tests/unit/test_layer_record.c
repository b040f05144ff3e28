/* What was proven about a layer is remembered: believed when it is whole, ours, and about this layer. */
#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "layer_proof.h"
#include "layer_record.h"

static const char contents[] = "a layer";
static char digest[SHA256_DIGEST_LENGTH + 1], other[SHA256_DIGEST_LENGTH + 1];

struct stage {
	struct blob_cache *cache;
	struct image_layer layer;
	char *record; /* its path */
};

/* A cache in this test's own folder, with a record of one plain layer. */
static struct stage stage(struct arena *arena)
{
	struct err err = ERR_INIT;
	struct stage made = {0};
	struct sha256 sum = digest_sha256_of(contents, strlen(contents));
	sha256_to_digest(&sum, digest);
	sum.bytes[0] ^= 1;
	sha256_to_digest(&sum, other);
	CHECK_OK(blob_cache_open(&made.cache, "cache", &err));
	made.layer = (struct image_layer){
		.blob = {.digest = digest,
			.size_bytes = strlen(contents),
			.name = "the layer",
			.bytes = contents,
			.fd = -1},
		.media_type = "application/vnd.oci.image.layer.v1.tar",
		.diff_id = digest,
		.unpacked_bytes = 12345,
	};
	layer_record_keep(made.cache, &made.layer);
	made.layer.unpacked_bytes = 0;
	made.record = arena_printf(arena, "cache/proofs/sha256-%s", digest + strlen("sha256:"));
	return made;
}

static char *text_of(const char *path, struct arena *arena)
{
	struct err err = ERR_INIT;
	char *bytes = NULL;
	size_t length;
	CHECK_OK(file_read_all(path, 4096, arena, &bytes, &length, &err));
	return bytes;
}

static void put(const char *path, const char *text, mode_t mode)
{
	struct err err = ERR_INIT;
	CHECK_OK(file_write_all(path, text, strlen(text), mode, &err));
}

TEST(what_was_kept_is_recalled_and_its_bytes_are_not_read_again)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct stage at = stage(arena);
	struct image image = {.layers = &at.layer, .layer_count = 1}, *failed, *images[] = {&image};
	at.layer.blob.bytes = "another";
	CHECK_OK(layer_proof_run(images, 1, at.cache, &failed, &err));
	CHECK_INT(image.unpacked_bytes, 12345);
	CHECK_FAILS(layer_proof_run(images, 1, NULL, &failed, &err), CODE_INTEGRITY);
	blob_cache_free(at.cache);
}

TEST(a_proof_leaves_a_record_and_a_failed_one_none)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct stage at = stage(arena);
	struct image image = {.layers = &at.layer, .layer_count = 1}, *failed, *images[] = {&image};
	unlink(at.record);
	at.layer.blob.bytes = "another";
	CHECK_FAILS(layer_proof_run(images, 1, at.cache, &failed, &err), CODE_INTEGRITY);
	CHECK(access(at.record, F_OK) < 0);
	err_clear(&err);
	at.layer.blob.bytes = contents;
	CHECK_OK(layer_proof_run(images, 1, at.cache, &failed, &err));
	CHECK_CONTAINS(text_of(at.record, arena), "unpacked 7\n");
	blob_cache_free(at.cache);
}

TEST(a_record_of_another_layer_or_kind_is_none)
{
	AUTO(arena) arena = arena_new();
	struct stage at = stage(arena);
	at.layer.diff_id = other;
	CHECK(!layer_record_recall(at.cache, &at.layer));
	at.layer.diff_id = digest;
	at.layer.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
	CHECK(!layer_record_recall(at.cache, &at.layer));
	at.layer.media_type = "application/vnd.oci.image.layer.v1.tar";
	CHECK(layer_record_recall(at.cache, &at.layer));
	/* Under the name of another blob. */
	put(arena_printf(arena, "cache/proofs/sha256-%s", other + strlen("sha256:")),
		text_of(at.record, arena), 0644);
	at.layer.blob.digest = other;
	CHECK(!layer_record_recall(at.cache, &at.layer));
	blob_cache_free(at.cache);
}

TEST(a_damaged_record_is_none_wherever_the_damage_is)
{
	AUTO(arena) arena = arena_new();
	struct stage at = stage(arena);
	const char *whole = text_of(at.record, arena);
	for (size_t i = 0; i < strlen(whole); i++) {
		char *text = arena_strdup(arena, whole);
		text[i] ^= 1;
		put(at.record, text, 0644);
		CHECK(!layer_record_recall(at.cache, &at.layer));
		text[i] = '\0';
		put(at.record, text, 0644);
		CHECK(!layer_record_recall(at.cache, &at.layer));
	}
	put(at.record, arena_printf(arena, "%s\n", whole), 0644);
	CHECK(!layer_record_recall(at.cache, &at.layer));
	layer_record_keep(at.cache, &at.layer);
	CHECK(layer_record_recall(at.cache, &at.layer));
	blob_cache_free(at.cache);
}

TEST(a_record_that_others_may_write_is_none_and_no_link_is_followed)
{
	AUTO(arena) arena = arena_new();
	struct stage at = stage(arena);
	const char *whole = text_of(at.record, arena);
	put(at.record, whole, 0664);
	CHECK(!layer_record_recall(at.cache, &at.layer));
	put("elsewhere", whole, 0644);
	unlink(at.record);
	CHECK(symlink("../../elsewhere", at.record) == 0);
	CHECK(!layer_record_recall(at.cache, &at.layer));
	layer_record_keep(at.cache, &at.layer);
	CHECK_STR(text_of("elsewhere", arena), whole);
	unlink(at.record);
	CHECK(link("elsewhere", at.record) == 0);
	layer_record_keep(at.cache, &at.layer);
	CHECK_STR(text_of("elsewhere", arena), whole);
	blob_cache_free(at.cache);
}
