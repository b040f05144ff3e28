/*
 * The headers of a thin arm64 Mach-O executable, read strictly from bytes (facts: docs, "macOS").
 * Shared by the writer, which reads a stub, and the reader of installers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
	MACHO_PAGE = 16384,
	MACHO_HEADER_BYTES = 32,
	MACHO_SEGMENT_BYTES = 72,
	MACHO_SECTION_BYTES = 80,
	MACHO_MAX_COMMANDS = 64,
	MACHO_MAX_SEGMENTS = 16,
	MACHO_MAX_HEADER = 64 * 1024, /* of header and load commands; ours have 2 KiB */
};

/* Load commands, from <mach-o/loader.h>. */
enum {
	LC_SYMTAB = 0x2,
	LC_DYSYMTAB = 0xb,
	LC_LOAD_DYLIB = 0xc,
	LC_LOAD_DYLINKER = 0xe,
	LC_SEGMENT_64 = 0x19,
	LC_UUID = 0x1b,
	LC_CODE_SIGNATURE = 0x1d,
	LC_SEGMENT_SPLIT_INFO = 0x1e,
	LC_DYLD_INFO = 0x22,
	LC_FUNCTION_STARTS = 0x26,
	LC_DATA_IN_CODE = 0x29,
	LC_SOURCE_VERSION = 0x2a,
	LC_DYLIB_CODE_SIGN_DRS = 0x2b,
	LC_BUILD_VERSION = 0x32,
};
#define LC_DYLD_INFO_ONLY UINT32_C(0x80000022)
#define LC_MAIN UINT32_C(0x80000028)
#define LC_DYLD_EXPORTS_TRIE UINT32_C(0x80000033)
#define LC_DYLD_CHAINED_FIXUPS UINT32_C(0x80000034)

struct macho_command {
	uint32_t at; /* offset in the file */
	uint32_t kind;
	uint32_t size;
};

struct macho_segment {
	char name[17];
	uint32_t at; /* of its load command */
	uint64_t vmaddr, vmsize, fileoff, filesize;
	uint32_t maxprot, initprot, section_count, flags;
};

struct macho_file {
	uint32_t flags;
	uint32_t commands_end;  /* 32 + sizeofcmds */
	uint32_t first_section; /* lowest file offset of a section: where the header ends */
	size_t command_count, segment_count;
	struct macho_command commands[MACHO_MAX_COMMANDS];
	struct macho_segment segments[MACHO_MAX_SEGMENTS];
	uint32_t signature_at, signature_length; /* LC_CODE_SIGNATURE's data; 0 without one */
};

/* Does it start like a 64-bit little-endian Mach-O? */
bool macho_file_recognise(const void *bytes, size_t length);

/*
 * Reads header and load commands from the start of a file, of which length bytes are given (at
 * least MACHO_MAX_HEADER, or the whole file). CODE_INPUT for whatever is not a well-formed thin
 * arm64 executable: its sizes, its segments in file and memory order without gap or overlap,
 * __LINKEDIT last, sections within their segments.
 */
int macho_file_parse(struct macho_file *macho, const unsigned char *bytes, size_t length,
	const char *name, struct err *err);

/* NULL when there is none (of this name, of this kind). */
const struct macho_segment *macho_file_segment(const struct macho_file *macho, const char *name);
const struct macho_command *macho_file_command(const struct macho_file *macho, uint32_t kind);

/* The last one in the file; macho_file_parse() has made sure of it. */
const struct macho_segment *macho_file_linkedit(const struct macho_file *macho);
