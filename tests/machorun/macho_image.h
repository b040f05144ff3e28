/*
 * A Mach-O in memory: mapping, fixups, entry.
 *
 * Order of use: macho_image_map, macho_image_fix_up, macho_image_protect, then
 * macho_image_run_initialisers and the entry point. All of them refuse (exit 126) on bad input.
 */
#pragma once
#include "macho_file.h"

struct macho_image {
	const struct macho_file *file;
	uintptr_t
		slide; /* runtime address minus the address in the file; never 0, like under ASLR */
};

/* Answers an import: its address, or NULL. Called with the name as in the file, e.g. "_open". */
typedef void *macho_resolver(const char *name, bool weak);

/* Maps every segment that has memory; an unmapped payload costs nothing. */
void macho_image_map(struct macho_image *image, const struct macho_file *file);

/* Applies rebases and binds: dyld info opcodes or chained fixups, whichever the file has. */
void macho_image_fix_up(struct macho_image *image, macho_resolver *resolve);

/* Makes SG_READ_ONLY segments read-only, as dyld does after the fixups. */
void macho_image_protect(const struct macho_image *image);

/* Lists the imports without fixing anything up: the resolver is called, its answer ignored. */
void macho_image_list_imports(const struct macho_file *file, macho_resolver *resolve);

void *macho_image_entry(const struct macho_image *image);

/* The fixup's place as a pointer that may be written; refuses one outside a writable segment. */
uint64_t *macho_image_slot(const struct macho_image *image, unsigned segment, uint64_t offset);

/* macho_chained.c */
void macho_chained_fix_up(struct macho_image *image, const unsigned char *fixups, uint32_t size,
	macho_resolver *resolve);

/* Section of the given type, from segment *SEGMENT, section *INDEX on; NULL when there is no more.
 */
const struct section_64 *macho_image_next_section(
	const struct macho_image *image, uint32_t type, unsigned *segment, unsigned *index);
