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
	pages->count = pages->capacity = 0;
}

static void add_page(struct page_digest *pages, const void *bytes, size_t length)
{
	struct sha256 digest = digest_sha256_of(bytes, length);
	if (!pages->root_done)
		digest_sha256_update(&pages->root, digest.bytes, sizeof(digest.bytes));
	if (!pages->keep)
		return;
	if (pages->count == pages->capacity) {
		pages->capacity = pages->capacity ? pages->capacity * 2 : 1024;
		pages->digests =
			xrealloc(pages->digests, pages->capacity * sizeof(pages->digests[0]));
	}
	pages->digests[pages->count++] = digest;
}

void page_digest_update(struct page_digest *pages, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	while (length > 0) {
		if (pages->page_length == 0 && length >= PAGE_DIGEST_PAGE) {
			add_page(pages, at, PAGE_DIGEST_PAGE);
			at += PAGE_DIGEST_PAGE;
			length -= PAGE_DIGEST_PAGE;
			continue;
		}
		size_t part = PAGE_DIGEST_PAGE - pages->page_length;
		if (part > length)
			part = length;
		memcpy(pages->page + pages->page_length, at, part);
		pages->page_length += part;
		at += part;
		length -= part;
		if (pages->page_length == PAGE_DIGEST_PAGE)
			page_digest_end(pages);
	}
}

struct sha256 page_digest_root(struct page_digest *pages)
{
	BUG_ON(pages->root_done);
	if (pages->page_length > 0) {
		/* This page may still grow for the signature; the root has it as short as it is now. */
		struct sha256 digest = digest_sha256_of(pages->page, pages->page_length);
		digest_sha256_update(&pages->root, digest.bytes, sizeof(digest.bytes));
	}
	pages->root_done = true;
	return digest_sha256_final(&pages->root);
}

void page_digest_end(struct page_digest *pages)
{
	if (pages->page_length == 0)
		return;
	add_page(pages, pages->page, pages->page_length);
	pages->page_length = 0;
}
