/*
 * Proves every byte of an installer file: read once, hashed on all cores, in bounded memory
 * (at most 16 windows of 256 KiB).
 *
 *   - file[0, end of payload) has the locator's root;
 *   - a Mach-O's pages all have the digests in its code signature, whoever signed it, the padding
 *     behind the payload is zeros, and the signature ends the file;
 *   - an ad-hoc signature of ours is, byte by byte, the one that the writer makes; a foreign one
 *     (codesign, rcodesign) has no byte that nothing accounts for.
 *
 * So any changed, missing or added byte of a file that hardtack made is CODE_INTEGRITY.
 */
#pragma once

#include <stdint.h>

#include "err.h"
#include "executable_layout.h"

/*
 * Called from the thread that called executable_verify(), every few MiB and once at the end, with
 * done <= total bytes. Returns -1 with err filled (say, CODE_INTERRUPTED) to stop. It is the
 * renderer's business to show it at most six times a second.
 */
struct executable_progress {
	int (*update)(struct executable_progress *progress, uint64_t done, uint64_t total,
		struct err *err);
};

/* layout comes from executable_layout_read() on the same descriptor; progress may be NULL. */
int executable_verify(const struct executable_layout *layout, int fd, const char *name,
	struct executable_progress *progress, struct err *err);
