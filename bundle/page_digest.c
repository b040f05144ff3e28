/* Page digests while a file is written. */
#include "page_digest.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"

void page_digest_init(struct page_digest *pages, bool keep)
{
	memset(pages, 0, sizeof(*pages));
	pages->keep = keep;
	digest_sha256_init(&pages->root);
}

void page_digest_clear(struct page_digest *pages)
{
	free(pages->digests);
	pages->digests = NULL;
	pages->count = pages->capacity = pages->page_length = 0;
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

/* At most a batch: whole pages, or the last one. */
static void hash_pages(struct page_digest *pages, const void *bytes, size_t length)
{
	struct sha256 digests[PAGE_DIGEST_BATCH];
	size_t count = (length + PAGE_DIGEST_PAGE - 1) / PAGE_DIGEST_PAGE;
	digest_sha256_pages(bytes, length, PAGE_DIGEST_PAGE, digests);
	if (!pages->root_done)
		digest_sha256_update(&pages->root, digests, count * sizeof(digests[0]));
	if (pages->keep && count > 0)
		keep_digests(pages, digests, count);
}

/* Takes what the page that has begun still lacks, and hashes it when it is full. */
static size_t fill_page(struct page_digest *pages, const void *bytes, size_t length)
{
	size_t part = PAGE_DIGEST_PAGE - pages->page_length;
	if (part > length)
		part = length;
	memcpy(pages->page + pages->page_length, bytes, part);
	pages->page_length += part;
	if (pages->page_length == PAGE_DIGEST_PAGE) {
		hash_pages(pages, pages->page, PAGE_DIGEST_PAGE);
		pages->page_length = 0;
	}
	return part;
}

void page_digest_update(struct page_digest *pages, const void *bytes, size_t length)
{
	static const size_t BATCH = (size_t)PAGE_DIGEST_BATCH * PAGE_DIGEST_PAGE;
	const unsigned char *at = bytes;
	while (length > 0) {
		size_t part = length < BATCH ? length / PAGE_DIGEST_PAGE * PAGE_DIGEST_PAGE : BATCH;
		if (pages->page_length == 0 && part > 0)
			hash_pages(pages, at, part);
		else
			part = fill_page(pages, at, length);
		at += part;
		length -= part;
	}
}

struct sha256 page_digest_root(struct page_digest *pages)
{
	BUG_ON(pages->root_done);
	if (pages->page_length > 0) {
		/* This page may still grow for the signature; the root has it as short as it is
		 * now. */
		struct sha256 digest = digest_sha256_of(pages->page, pages->page_length);
		digest_sha256_update(&pages->root, digest.bytes, sizeof(digest.bytes));
	}
	pages->root_done = true;
	return digest_sha256_final(&pages->root);
}

void page_digest_end(struct page_digest *pages)
{
	hash_pages(pages, pages->page, pages->page_length);
	pages->page_length = 0;
}
