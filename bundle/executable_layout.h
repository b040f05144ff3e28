/*
 * The parts of an installer file: what it is, where its payload lies, how it is signed. Reads
 * headers only; executable_verify.h proves the bytes.
 *
 *     ELF       stub | zeros to 16 KiB | payload |
 *     Mach-O    header | stub | payload | zeros to 16 KiB | __LINKEDIT, ends with the signature |
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "code_signature.h"
#include "err.h"
#include "locator.h"
#include "macho_file.h"

enum executable_kind { EXECUTABLE_ELF, EXECUTABLE_MACHO };

struct executable_layout {
	enum executable_kind kind;
	const char *target; /* "linux-amd64", "linux-arm64", "darwin-arm64"; static */
	uint64_t file_size;
	uint64_t locator_offset;
	struct locator locator;
	unsigned char locator_bytes[LOCATOR_BYTES];
	/* Mach-O only: */
	struct macho_file macho;
	struct code_signature signature;
};

/* What a file that starts with these bytes is for (64 tell it all): one of the three targets,
 * static; else CODE_INTEGRITY. Says nothing about the rest of the file. */
int executable_layout_target(const char **target, const unsigned char *head, size_t length,
	const char *name, struct err *err);

/*
 * Reads the parts of the open file; name is for errors. Everything that an intact installer
 * cannot have is CODE_INTEGRITY: a file without locator, cut short, with bytes behind its end, with
 * an impossible signature. own_locator is what the running stub has in memory
 * (locator_self_read), which the file must have too; NULL on the host.
 */
int executable_layout_read(struct executable_layout *layout, int fd, const char *name,
	const unsigned char *own_locator, struct err *err);
