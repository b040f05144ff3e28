/*
 * Puts a payload behind an ELF stub, on the next 16 KiB boundary:
 *
 *     stub | zeros | payload
 *
 * No header changes: what is behind an ELF file's last section is nobody's, and is never mapped.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum elf_machine { ELF_MACHINE_AMD64 = 62, ELF_MACHINE_ARM64 = 183 };

/* CODE_INPUT unless the stub is a static 64-bit little-endian executable for this machine, all of
 * whose parts lie within it. */
int elf_writer_check(
	const unsigned char *stub, size_t stub_length, enum elf_machine machine, struct err *err);
