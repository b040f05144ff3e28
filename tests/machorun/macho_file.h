/*
 * Reads a Mach-O's header and load commands and refuses what a Mac would refuse.
 *
 * Checks what Apple's kernel (bsd/kern/mach_loader.c) and dyld (UnsafeHeader.cpp, with the strict
 * rules of the newest sdk where they cost nothing) demand of a main executable for arm64. Only the
 * load commands are read; file contents stay on disk.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "macho_format.h"

#define MACHO_SEGMENTS_MAX 16

struct macho_segment {
	struct segment_command_64 command;
	const struct section_64 *sections; /* in the file's own load commands */
};

struct macho_file {
	int fd;
	const char *path;
	uint64_t size;
	bool strict;
	unsigned char *commands; /* header and load commands, as in the file */
	struct mach_header_64 header;
	struct macho_segment segments[MACHO_SEGMENTS_MAX];
	unsigned segment_count;
	struct entry_point_command entry;
	struct dyld_info_command dyld_info;          /* cmd 0: none */
	struct linkedit_data_command chained_fixups; /* cmd 0: none */
	struct linkedit_data_command signature;
};

/* Prints "machorun: PATH: what is wrong" and exits 126, as a shell does for a file it cannot run.
 */
_Noreturn void macho_refuse(const struct macho_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Opens and checks PATH; does not return when it is not fit to run. STRICT: also when the file ends
 * before its segments do, as a Mac's kernel does.
 */
void macho_file_open(struct macho_file *file, const char *path, bool strict);

/* Reads exactly SIZE bytes at OFFSET, or refuses the file. */
void macho_file_read(const struct macho_file *file, void *to, uint64_t size, uint64_t offset);

/* True when PATH starts like a Mach-O of any kind: what exec hands to machorun instead of Linux. */
bool macho_file_recognise(const char *path);

const struct macho_segment *macho_file_segment(const struct macho_file *file, const char *name);
