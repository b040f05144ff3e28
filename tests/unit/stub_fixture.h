/*
 * Made-up stubs for tests: files with the structure of what the toolchain makes, filled with a
 * pattern; nobody runs them. Also a second signer, in the form of codesign and rcodesign.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "locator.h"
#include "number.h"

enum {
	FIXTURE_TEXT = 0x8000,    /* __TEXT: two pages, the header pad within the first */
	FIXTURE_SECTION = 0x1400, /* the first section */
	FIXTURE_LOCATOR = 0x5040, /* in the second page */
	FIXTURE_DATA = 0x4000,
	FIXTURE_LINKEDIT = FIXTURE_TEXT + FIXTURE_DATA,
	FIXTURE_LINK_DATA = 0x180, /* of __LINKEDIT, before the signature */
	FIXTURE_SIGNATURE = 0x100,
	FIXTURE_MACHO = FIXTURE_LINKEDIT + FIXTURE_LINK_DATA + FIXTURE_SIGNATURE,
	FIXTURE_ELF = 0x5123, /* not a whole number of pages */
};

static inline void fixture_fill(unsigned char *bytes, size_t length, unsigned seed)
{
	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (unsigned char)(seed >> 24 | 1);
	}
}

static inline void fixture_locator(unsigned char *at)
{
	static const unsigned char magic[] = {LOCATOR_MAGIC};
	memset(at, 0, LOCATOR_BYTES);
	memcpy(at, magic, sizeof(magic));
}

struct fixture_header {
	unsigned char *file, *at;
};

static inline unsigned char *fixture_command(
	struct fixture_header *header, uint32_t kind, uint32_t size)
{
	unsigned char *at = header->at;
	memset(at, 0, size);
	store_le32(at, kind);
	store_le32(at + 4, size);
	header->at += size;
	store_le32(header->file + 16, load_le32(header->file + 16) + 1);
	store_le32(header->file + 20, load_le32(header->file + 20) + size);
	return at;
}

static inline unsigned char *fixture_segment(struct fixture_header *header, const char *name,
	uint64_t vmaddr, uint64_t vmsize, uint64_t fileoff, uint64_t filesize, uint32_t prot,
	uint32_t sections)
{
	unsigned char *at = fixture_command(header, 0x19, 72 + 80 * sections);
	memcpy(at + 8, name, strlen(name));
	store_le64(at + 24, vmaddr);
	store_le64(at + 32, vmsize);
	store_le64(at + 40, fileoff);
	store_le64(at + 48, filesize);
	store_le32(at + 56, prot);
	store_le32(at + 60, prot);
	store_le32(at + 64, sections);
	return at;
}

static inline void fixture_section(unsigned char *segment, int index, const char *name,
	uint64_t address, uint64_t size, uint32_t offset)
{
	unsigned char *at = segment + 72 + 80 * index;
	memcpy(at, name, strlen(name));
	memcpy(at + 16, segment + 8, 16);
	store_le64(at + 32, address);
	store_le64(at + 40, size);
	store_le32(at + 48, offset);
}

static inline void fixture_linkedit_commands(struct fixture_header *header)
{
	static const uint32_t dyld_info[] = {0x00, 0x10, 0x10, 0x20, 0, 0, 0x30, 0x20, 0x50, 0x30};
	unsigned char *at = fixture_command(header, 0x80000022, 48);
	for (int i = 0; i < 10; i++)
		store_le32(at + 8 + 4 * i,
			dyld_info[i] + (i % 2 == 0 && i != 4 ? FIXTURE_LINKEDIT : 0));
	at = fixture_command(header, 0x26, 16);
	store_le32(at + 8, FIXTURE_LINKEDIT + 0x80);
	store_le32(at + 12, 8);
	at = fixture_command(header, 0x29, 16);
	store_le32(at + 8, FIXTURE_LINKEDIT + 0x88);
	at = fixture_command(header, 0x2, 24);
	store_le32(at + 8, FIXTURE_LINKEDIT + 0x88);
	store_le32(at + 12, 4);
	store_le32(at + 16, FIXTURE_LINKEDIT + 0x100);
	store_le32(at + 20, FIXTURE_LINK_DATA - 0x100);
	at = fixture_command(header, 0xb, 80);
	store_le32(at + 56, FIXTURE_LINKEDIT + 0xc8);
	store_le32(at + 60, 4);
}

/* FIXTURE_MACHO bytes in the order of load commands that zig writes; caller frees. */
static inline unsigned char *fixture_macho(void)
{
	static const uint64_t base = UINT64_C(1) << 32;
	unsigned char *file = calloc(1, FIXTURE_MACHO);
	struct fixture_header header = {file, file + 32};
	fixture_fill(file + FIXTURE_SECTION, FIXTURE_MACHO - FIXTURE_SECTION, 7);
	fixture_locator(file + FIXTURE_LOCATOR);
	store_le32(file, 0xfeedfacf);
	store_le32(file + 4, 0x0100000c);
	store_le32(file + 12, 2);
	store_le32(file + 24, 0x200085);
	fixture_segment(&header, "__PAGEZERO", 0, base, 0, 0, 0, 0);
	unsigned char *text =
		fixture_segment(&header, "__TEXT", base, FIXTURE_TEXT, 0, FIXTURE_TEXT, 5, 2);
	fixture_section(text, 0, "__text", base + FIXTURE_SECTION, 0x3000, FIXTURE_SECTION);
	fixture_section(text, 1, "__hardtack", base + FIXTURE_LOCATOR, 128, FIXTURE_LOCATOR);
	/* more memory than file: the zero-filled data */
	unsigned char *data = fixture_segment(&header, "__DATA", base + FIXTURE_TEXT,
		2 * FIXTURE_DATA, FIXTURE_TEXT, FIXTURE_DATA, 3, 2);
	fixture_section(data, 0, "__data", base + FIXTURE_TEXT, 0x1000, FIXTURE_TEXT);
	fixture_section(data, 1, "__bss", base + FIXTURE_TEXT + FIXTURE_DATA, 0x4000, 0);
	store_le32(data + 72 + 80 + 64, 1);
	fixture_segment(&header, "__LINKEDIT", base + FIXTURE_TEXT + 2 * FIXTURE_DATA, 0x4000,
		FIXTURE_LINKEDIT, FIXTURE_LINK_DATA + FIXTURE_SIGNATURE, 1, 0);
	fixture_linkedit_commands(&header);
	unsigned char *at = fixture_command(&header, 0xe, 32);
	store_le32(at + 8, 12);
	memcpy(at + 12, "/usr/lib/dyld", 13);
	store_le64(fixture_command(&header, 0x80000028, 24) + 8, FIXTURE_SECTION);
	at = fixture_command(&header, 0x32, 32);
	store_le32(at + 8, 1);
	store_le32(at + 12, 0xb0000);
	store_le32(at + 16, 0xb0000);
	fixture_fill(fixture_command(&header, 0x1b, 24) + 8, 16, 3);
	at = fixture_command(&header, 0xc, 56);
	store_le32(at + 8, 24);
	memcpy(at + 24, "/usr/lib/libSystem.B.dylib", 26);
	at = fixture_command(&header, 0x1d, 16);
	store_le32(at + 8, FIXTURE_LINKEDIT + FIXTURE_LINK_DATA);
	store_le32(at + 12, FIXTURE_SIGNATURE);
	return file;
}

/* FIXTURE_ELF bytes; caller frees. */
static inline unsigned char *fixture_elf(unsigned machine)
{
	static const unsigned char ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	unsigned char *file = calloc(1, FIXTURE_ELF);
	fixture_fill(file + 120, FIXTURE_ELF - 120, 11);
	fixture_locator(file + 0x4fc0);
	memcpy(file, ident, sizeof(ident));
	file[16] = 2;
	file[18] = (unsigned char)machine;
	store_le64(file + 32, 64);
	file[54] = 56;
	file[56] = 1;
	store_le32(file + 64, 1);
	store_le64(file + 64 + 32, FIXTURE_ELF);
	return file;
}

/* Where in a file made from fixture_macho() a load command starts. */
static inline unsigned char *fixture_find_command(unsigned char *file, uint32_t kind, int index)
{
	unsigned char *at = file + 32;
	for (uint32_t i = 0; i < load_le32(file + 16); i++, at += load_le32(at + 4))
		if (load_le32(at) == kind && index-- == 0)
			return at;
	return NULL;
}

enum { FIXTURE_FOREIGN_SPACE = 1024 };

/*
 * Signs an installer again as `codesign -s -` and rcodesign do: ad hoc, not linker-signed, pages
 * of 4 KiB, a requirements blob, an empty CMS wrapper, zeros behind. With cms_length > 0 as with a
 * certificate: not ad hoc, a message of so many bytes that nobody can check. The new file; caller
 * frees.
 */
static inline unsigned char *fixture_sign_again(
	const unsigned char *file, size_t length, uint32_t cms_length, size_t *new_length)
{
	static const char name[] = "stub";
	unsigned char *copy = calloc(1, length * 2 + FIXTURE_FOREIGN_SPACE);
	memcpy(copy, file, length);
	unsigned char *command = fixture_find_command(copy, 0x1d, 0);
	unsigned char *linkedit = fixture_find_command(copy, 0x19, 4);
	uint32_t limit = load_le32(command + 8), slots = (limit + 4095) / 4096;
	uint32_t slots_at = 88 + sizeof(name) + 64, directory_length = slots_at + 32 * slots;
	uint32_t length_all = 36 + directory_length + 12 + 8 + cms_length;
	uint32_t space = (uint32_t)round_up(length_all + 100, 16);
	store_le32(command + 12, space);
	store_le64(linkedit + 48, limit + space - load_le64(linkedit + 40));
	store_le64(linkedit + 32, round_up(load_le64(linkedit + 48), 16384));
	unsigned char *super = copy + limit, *directory = super + 36;
	memset(super, 0, space);
	store_be32(super, 0xfade0cc0);
	store_be32(super + 4, length_all);
	store_be32(super + 8, 3);
	store_be32(super + 16, 36);
	store_be32(super + 20, 2);
	store_be32(super + 24, 36 + directory_length);
	store_be32(super + 28, 0x10000);
	store_be32(super + 32, 36 + directory_length + 12);
	unsigned char *requirements = directory + directory_length;
	store_be32(requirements, 0xfade0c01);
	store_be32(requirements + 4, 12);
	store_be32(requirements + 12, 0xfade0b01);
	store_be32(requirements + 16, 8 + cms_length);
	if (cms_length > 0) {
		fixture_fill(requirements + 20, cms_length, 9);
		store_be32(requirements + 20, UINT32_C(0x30820000) | (cms_length - 4));
	}
	store_be32(directory, 0xfade0c02);
	store_be32(directory + 4, directory_length);
	store_be32(directory + 8, 0x20400);
	store_be32(directory + 12, cms_length > 0 ? 0x10000 : 2);
	store_be32(directory + 16, slots_at);
	store_be32(directory + 20, 88);
	store_be32(directory + 24, 2);
	store_be32(directory + 28, slots);
	store_be32(directory + 32, limit);
	directory[36] = 32;
	directory[37] = 2;
	directory[39] = 12;
	store_be64(directory + 72, FIXTURE_TEXT);
	store_be64(directory + 80, 1);
	memcpy(directory + 88, name, sizeof(name));
	struct sha256 digest = digest_sha256_of(requirements, 12);
	memcpy(directory + slots_at - 64, digest.bytes, 32);
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t part = limit - i * 4096 < 4096 ? limit - i * 4096 : 4096;
		digest = digest_sha256_of(copy + (size_t)i * 4096, part);
		memcpy(directory + slots_at + 32 * (size_t)i, digest.bytes, 32);
	}
	*new_length = limit + space;
	return copy;
}
