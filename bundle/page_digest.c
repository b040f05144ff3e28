/* Page digests while a file is written. */
#include "page_digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"

enum { MOST_THREADS = 16, PAGES_PER_THREAD = 16 };

void page_digest_init(struct page_digest *pages, bool keep)
{
	memset(pages, 0, sizeof(*pages));
	pages->keep = keep;
	pages->batch = xmalloc((size_t)PAGE_DIGEST_BATCH * PAGE_DIGEST_PAGE);
	digest_sha256_init(&pages->root);
}

void page_digest_clear(struct page_digest *pages)
{
	free(pages->batch);
	free(pages->digests);
	pages->batch = NULL;
	pages->digests = NULL;
	pages->count = pages->capacity = pages->batch_length = 0;
}

/* Every step-th page of a batch from `first` on: a thread's share. */
struct share {
	const unsigned char *batch;
	size_t length, first, step;
	struct sha256 *digests;
};

static void *hash_share(void *argument)
{
	const struct share *share = argument;
	for (size_t i = share->first; i * PAGE_DIGEST_PAGE < share->length; i += share->step) {
		size_t at = i * PAGE_DIGEST_PAGE, left = share->length - at;
		share->digests[i] = digest_sha256_of(
			share->batch + at, left < PAGE_DIGEST_PAGE ? left : PAGE_DIGEST_PAGE);
	}
	return NULL;
}

static size_t thread_count(size_t page_count)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = page_count / PAGES_PER_THREAD;
	if (cores < 1 || count < 1)
		return 1;
	if (count > MOST_THREADS)
		count = MOST_THREADS;
	return count < (size_t)cores ? count : (size_t)cores;
}

/* The digests of the batch's first `length` bytes. A thread that cannot be had is done without. */
static void hash_batch(const struct page_digest *pages, size_t length, struct sha256 *digests)
{
	pthread_t threads[MOST_THREADS];
	struct share shares[MOST_THREADS];
	bool started[MOST_THREADS] = {false};
	size_t count = thread_count(length / PAGE_DIGEST_PAGE);
	for (size_t i = 0; i < count; i++) {
		shares[i] = (struct share){pages->batch, length, i, count, digests};
		started[i] =
			i > 0 && pthread_create(&threads[i], NULL, hash_share, &shares[i]) == 0;
	}
	for (size_t i = 0; i < count; i++)
		if (!started[i])
			hash_share(&shares[i]);
	for (size_t i = 0; i < count; i++)
		if (started[i])
			pthread_join(threads[i], NULL);
}

static void keep_digests(struct page_digest *pages, const struct sha256 *digests, size_t count)
{
	if (pages->capacity - pages->count < count) {
		pages->capacity = pages->capacity * 2 + PAGE_DIGEST_BATCH;
		pages->digests =
			xrealloc(pages->digests, pages->capacity * sizeof(pages->digests[0]));
	}
	memcpy(pages->digests + pages->count, digests, count * sizeof(digests[0]));
	pages->count += count;
}

/* Hashes the first `length` bytes of the batch and takes them out of it. */
static void flush(struct page_digest *pages, size_t length)
{
	struct sha256 digests[PAGE_DIGEST_BATCH];
	size_t count = (length + PAGE_DIGEST_PAGE - 1) / PAGE_DIGEST_PAGE;
	hash_batch(pages, length, digests);
	if (!pages->root_done)
		digest_sha256_update(&pages->root, digests, count * sizeof(digests[0]));
	if (pages->keep && count > 0)
		keep_digests(pages, digests, count);
	pages->batch_length -= length;
	memmove(pages->batch, pages->batch + length, pages->batch_length);
}

void page_digest_update(struct page_digest *pages, const void *bytes, size_t length)
{
	static const size_t CAPACITY = (size_t)PAGE_DIGEST_BATCH * PAGE_DIGEST_PAGE;
	const unsigned char *at = bytes;
	while (length > 0) {
		size_t part = CAPACITY - pages->batch_length;
		if (part > length)
			part = length;
		memcpy(pages->batch + pages->batch_length, at, part);
		pages->batch_length += part;
		at += part;
		length -= part;
		if (pages->batch_length == CAPACITY)
			flush(pages, CAPACITY);
	}
}

struct sha256 page_digest_root(struct page_digest *pages)
{
	BUG_ON(pages->root_done);
	flush(pages, pages->batch_length / PAGE_DIGEST_PAGE * PAGE_DIGEST_PAGE);
	if (pages->batch_length > 0) {
		/* This page may still grow for the signature; the root has it as short as it is
		 * now. */
		struct sha256 digest = digest_sha256_of(pages->batch, pages->batch_length);
		digest_sha256_update(&pages->root, digest.bytes, sizeof(digest.bytes));
	}
	pages->root_done = true;
	return digest_sha256_final(&pages->root);
}

void page_digest_end(struct page_digest *pages)
{
	flush(pages, pages->batch_length);
}
