/*
 * Page digests while a file is written: bytes come in order, each 16 KiB page is hashed once, where it
 * lies when it comes whole; the digests make the locator's root (locator.h) and, on Mach-O, the
 * code signature.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

enum {
	PAGE_DIGEST_PAGE = 16384,
	PAGE_DIGEST_BATCH = 64, /* pages that are hashed in one go */
};

struct page_digest {
	bool keep; /* keep every digest in memory: 2 MiB per GiB, for a signature */
	bool root_done;
	struct sha256 *digests; /* count of them while keep */
	size_t count, capacity;
	struct digest_sha256 root;
	unsigned char page[PAGE_DIGEST_PAGE]; /* that has begun and is not hashed yet */
	size_t page_length;
};

void page_digest_init(struct page_digest *pages, bool keep);
void page_digest_clear(struct page_digest *pages);

void page_digest_update(struct page_digest *pages, const void *bytes, size_t length);

/* The root over all bytes so far. More bytes may follow for the signature, not for a root. */
struct sha256 page_digest_root(struct page_digest *pages);

/* Ends the last, short page. Afterwards digests has every page's, in order. */
void page_digest_end(struct page_digest *pages);
