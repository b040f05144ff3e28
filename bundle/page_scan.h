/*
 * Reads a file once, in order, and works on its windows on all cores; results are folded in the
 * file's order. Bounded memory: a window per thread, at most PAGE_SCAN_MAX_THREADS.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "executable_verify.h"

enum {
	PAGE_SCAN_WINDOW = 256 * 1024,
	PAGE_SCAN_MAX_THREADS = 16,
	PAGE_SCAN_DIGESTS = PAGE_SCAN_WINDOW / 16384, /* a window's 16 KiB pages */
};

struct page_scan {
	int fd;
	const char *name; /* for errors */
	uint64_t length;  /* file[0, length) is scanned */
	unsigned threads; /* 0: as many as there are cores */

	/* On any thread, several at once: bytes may be changed. digests are handed to fold(). */
	int (*work)(struct page_scan *scan, uint64_t offset, unsigned char *bytes, size_t length,
		struct sha256 digests[PAGE_SCAN_DIGESTS], struct err *err);
	/* One at a time, in order. */
	void (*fold)(struct page_scan *scan, uint64_t offset, size_t length,
		const struct sha256 digests[PAGE_SCAN_DIGESTS]);

	struct executable_progress *progress; /* NULL, or called on the caller's thread */
};

/* The error of the lowest window, whichever thread was first; -1 when progress says so. */
int page_scan_run(struct page_scan *scan, struct err *err);
