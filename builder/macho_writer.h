/*
 * Puts a payload into a Mach-O stub: an unmapped segment __PAYLOAD directly before __LINKEDIT.
 *
 *     stub      header | sections … | __LINKEDIT content | its signature
 *     output    header'| sections … | payload, zeros to 16 KiB | __LINKEDIT content | new signature
 *
 * vmsize 0 and no protections: nothing of it is mapped, so neither the kernel nor dyld cares how
 * large it is; being a segment, the signature covers it and Apple's tools keep it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct macho_plan {
	unsigned char *head;       /* file[0, payload_offset), patched; the caller may change it */
	uint64_t payload_offset;   /* a multiple of 16 KiB; also the head's length */
	uint64_t padding;          /* zeros behind the payload */
	const unsigned char *tail; /* __LINKEDIT's content before the signature: in the stub */
	size_t tail_length;
	uint64_t code_limit;    /* where the signature starts */
	uint64_t text_length;   /* __TEXT's filesize */
	uint32_t header_length; /* everything before the first section */
	uint64_t size;          /* of the whole file */
};

/*
 * CODE_INPUT, named, for a stub that is not exactly of the kind that hardtack's own toolchain
 * makes: unknown load commands, chained fixups, no UUID, no room for the new command, a target
 * above macOS 15.3's SDK, …; and when the file would reach 4 GiB (32-bit
 * offsets in the format), or would when it is signed again with pages of 4 KiB.
 * Borrows the stub; macho_writer_clear() frees the head.
 */
int macho_writer_plan(struct macho_plan *plan, const unsigned char *stub, size_t stub_length,
	uint64_t payload_length, struct err *err);
void macho_writer_clear(struct macho_plan *plan);
