/*
 * Reads a Mach-O's code signature, whoever made it, and accounts for each of its bytes but the
 * code slots, which executable_verify.h compares with the pages.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum { CODE_SIGNATURE_MAX_DIRECTORIES = 6 };

/* One code directory: SHA-256 digests of the pages of file[0, code limit). */
struct code_directory {
	uint64_t slots_at; /* file offset of slot 0 */
	uint32_t slot_count;
	uint32_t page_shift; /* 12 or 14 */
};

struct code_signature {
	uint64_t offset, length; /* of the whole signature in the file */
	bool ours;               /* made by hardtack's writer; else somebody signed again */
	bool has_identity;       /* has a CMS signature (not judged here), so is not ad hoc */
	uint32_t flags;
	char identifier[256];
	char team[64]; /* "" without one */
	size_t directory_count;
	struct code_directory directories[CODE_SIGNATURE_MAX_DIRECTORIES];
};

/*
 * Reads the signature at offset, length bytes to the end of the file; text_length is __TEXT's
 * filesize.
 *
 * Flagged linker-signed, it must be the one that hardtack writes, byte by byte. Any other must be a
 * signature as codesign and rcodesign make it: blobs in order and without gaps, SHA-256 code
 * directories over the whole file before it, special slots that match their blobs, at least a
 * requirements blob, a CMS wrapper (empty exactly when ad hoc), zeros behind. Else CODE_INTEGRITY.
 */
int code_signature_read(struct code_signature *signature, int fd, const char *name, uint64_t offset,
	uint64_t length, uint64_t text_length, struct err *err);
