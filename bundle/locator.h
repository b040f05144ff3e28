/*
 * The locator: 128 bytes in the stub's read-only data that say where the payload is and what the
 * whole file must hash to. The builder patches it; the stub and `hardtack verify` read it.
 *
 *     0  magic[32]       LOCATOR_MAGIC; once in the stub
 *    32  version u32     1; 0 in a stub that was never packed
 *    36  flags u32       0
 *    40  header u64      length of the file's header, which the root reads as zeros; 0 on ELF
 *    48  offset u64      of the payload, a multiple of 16384
 *    56  length u64      of the payload: the tar's true length, without padding
 *    64  root[32]        see below
 *    96  reserved[32]    zeros
 *
 * Numbers are little-endian.
 *
 * The root is SHA-256 over the concatenation of the SHA-256 digests (32 bytes each) of the 16 KiB
 * pages of file[0, offset + length); the last page is as short as it is, not padded. Two ranges of
 * the file read as zeros while these pages are hashed:
 *
 *   - file[0, header): on Mach-O the header, its load commands and the pad behind them, that is
 *     everything before the first section, since Apple's tools change it when they sign again;
 *   - the root field itself.
 *
 * Every other byte of the locator is under the root like the rest of the stub. What a Mach-O has
 * behind its payload is under its code signature (executable_verify.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"

enum {
	LOCATOR_BYTES = 128,
	LOCATOR_MAGIC_BYTES = 32,
	LOCATOR_ROOT_AT = 64,
	LOCATOR_ROOT_BYTES = 32,
	LOCATOR_RESERVED_AT = 96,
	LOCATOR_VERSION = 1,
	LOCATOR_SEARCH_BYTES = 8 * 1024 * 1024, /* a stub is far smaller */
};

/* No payload is larger: 1 PiB, so that no sum of two fields can overflow. */
#define LOCATOR_LARGEST_LENGTH (UINT64_C(1) << 50)

/* Written only as this initialiser, and only in locator_self.c: code that searches has it inverted,
 * so that a stub contains the magic exactly once. */
#define LOCATOR_MAGIC                                                                         \
	0x89, 'h', 'a', 'r', 'd', 't', 'a', 'c', 'k', ' ', 'l', 'o', 'c', 'a', 't', 'o', 'r', \
		0x0d, 0x0a, 0x1a, 0x0a, 0xe3, 0x5c, 0x91, 0x7f, 0xd8, 0x26, 0xba, 0x04, 0xc9, \
		0x6e, 0xf1

struct locator {
	uint32_t version;
	uint32_t flags;
	uint64_t header_length;
	uint64_t payload_offset;
	uint64_t payload_length;
	struct sha256 root;
};

/* The first place of the magic in bytes, or -1. */
int64_t locator_find(const void *bytes, size_t length);

/*
 * Reads the 128 bytes. CODE_INTEGRITY for a wrong magic, an unknown version or flag, a stub
 * without payload ("no payload"), and numbers that contradict each other; name is for the text.
 */
int locator_parse(struct locator *locator, const unsigned char bytes[LOCATOR_BYTES],
	const char *name, struct err *err);

/* Fills everything behind the magic. */
void locator_format(const struct locator *locator, unsigned char bytes[LOCATOR_BYTES]);

/* The end of the payload: what the root covers. */
static inline uint64_t locator_end(const struct locator *locator)
{
	return locator->payload_offset + locator->payload_length;
}
