/*
 * The ad-hoc code signature that hardtack gives its Mach-O files: in the bundle because the writer
 * makes it and the reader demands exactly these bytes. Everything is big-endian.
 *
 *       0  SuperBlob       magic fade0cc0, length, count 1
 *      12  BlobIndex       type 0 (code directory), offset 20
 *      20  CodeDirectory   88 bytes, version 20400, flags 20002 (ad hoc, linker-signed),
 *                          SHA-256, pages of 16 KiB, no special slots, execSeg = __TEXT
 *     108  identifier      "hardtack.stub.arm64" and NUL: the same whatever the payload
 *     128  code slots      SHA-256 of each page of file[0, code limit); the last page is not padded
 *
 * The code limit is where the signature starts; the signature ends the file.
 */
#pragma once

#include <stdint.h>

enum {
	ADHOC_SIGNATURE_HEAD = 128,
	ADHOC_SIGNATURE_PAGE = 16384,
	ADHOC_SIGNATURE_SLOT = 32,
};

/* How many pages, thus code slots, cover file[0, code_limit). */
uint64_t adhoc_signature_slots(uint64_t code_limit);

/* The whole signature's length; a multiple of 16 by construction. */
uint64_t adhoc_signature_length(uint64_t code_limit);

/* The bytes before the code slots. text_length is __TEXT's filesize. */
void adhoc_signature_head(
	unsigned char head[ADHOC_SIGNATURE_HEAD], uint32_t code_limit, uint64_t text_length);
