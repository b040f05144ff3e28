/* A sink with a thread behind it: the same bytes in the same order, and no error is lost. */
#include "check.h"

#include "cleanup.h"
#include "digest.h"
#include "sink_thread.h"

struct hashing_sink {
	struct stream_sink sink;
	struct digest_sha256 hash;
	uint64_t length, fails_at; /* 0: never */
	unsigned calls;
};

static int take(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct hashing_sink *hashing = (struct hashing_sink *)sink;
	hashing->calls++;
	hashing->length += length;
	if (hashing->fails_at && hashing->length >= hashing->fails_at)
		return err_set(err, CODE_DISK_FULL, "full at %llu",
			(unsigned long long)hashing->length);
	digest_sha256_update(&hashing->hash, bytes, length);
	return 0;
}

static unsigned char pattern[3000000];

/* Pushes `length` bytes in pieces; returns what close said. */
static int push(struct hashing_sink *into, size_t length, size_t piece, int status, struct err *err)
{
	struct sink_thread behind;
	into->sink.write = take;
	digest_sha256_init(&into->hash);
	sink_thread_open(&behind, &into->sink);
	for (size_t at = 0; status == 0 && at < length; at += piece)
		status = stream_write(&behind.sink, pattern + at,
			length - at < piece ? length - at : piece, err);
	return sink_thread_close(&behind, status, err);
}

TEST(bytes_arrive_in_order_whatever_the_pieces)
{
	static const size_t lengths[] = {0, 1, SINK_THREAD_PIECE, SINK_THREAD_PIECE + 1, 3000000};
	static const size_t pieces[] = {3000000, 1000, SINK_THREAD_PIECE};
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i * 2654435761u >> 11);
	for (size_t l = 0; l < ARRAY_SIZE(lengths); l++)
		for (size_t p = 0; p < ARRAY_SIZE(pieces); p++) {
			struct hashing_sink into = {0};
			struct err err = ERR_INIT;
			CHECK_OK(push(&into, lengths[l], pieces[p], 0, &err));
			struct sha256 found = digest_sha256_final(&into.hash),
				      expected = digest_sha256_of(pattern, lengths[l]);
			CHECK(sha256_equal(&found, &expected));
			CHECK_INT(into.calls,
				(lengths[l] + SINK_THREAD_PIECE - 1) / SINK_THREAD_PIECE);
		}
}

TEST(an_error_is_that_of_a_later_write_or_of_the_end)
{
	/* At the first piece, with more to come; and at the last one. */
	static const uint64_t moments[] = {1, SINK_THREAD_PIECE + 1, 3000000};
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		struct hashing_sink into = {.fails_at = moments[i]};
		struct err err = ERR_INIT;
		CHECK_FAILS(push(&into, 3000000, 1000, 0, &err), CODE_DISK_FULL);
		CHECK_CONTAINS(err.text, "full at");
	}
}

TEST(who_fails_himself_keeps_his_error)
{
	struct hashing_sink into = {0};
	struct err err = ERR_INIT;
	err_set(&err, CODE_INTEGRITY, "a wrong blob");
	CHECK_FAILS(push(&into, 0, 1, -1, &err), CODE_INTEGRITY);
	CHECK_INT(into.calls, 0);
}
