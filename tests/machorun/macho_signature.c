/* Checks the ad-hoc code signature as the kernel does for pages that get mapped. */
#include "macho_signature.h"

#include "sha256.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The CodeDirectory's fields that matter, read from big-endian bytes. */
struct code_directory {
	const unsigned char *bytes;
	uint32_t length, hash_offset, slots, code_limit, page_bits;
};

static uint32_t load32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void find_directory(struct code_directory *directory, const struct macho_file *file,
	const unsigned char *blob, uint32_t size)
{
	uint32_t count;

	if (size < 20 || load32(blob) != CSMAGIC_EMBEDDED_SIGNATURE || load32(blob + 4) > size)
		macho_refuse(file, "no code signature at %u", file->signature.dataoff);
	count = load32(blob + 8);
	for (uint32_t i = 0; i < count && 12 + i * 8 + 8 <= size; i++) {
		uint32_t type = load32(blob + 12 + i * 8), at = load32(blob + 16 + i * 8);

		if (type != 0)
			continue;
		if (at > size - 88 || load32(blob + at) != CSMAGIC_CODEDIRECTORY)
			macho_refuse(file, "the code signature has no code directory");
		directory->bytes = blob + at;
		directory->length = load32(blob + at + 4);
		directory->hash_offset = load32(blob + at + 16);
		directory->slots = load32(blob + at + 28);
		directory->code_limit = load32(blob + at + 32);
		directory->page_bits = blob[at + 39];
		if (directory->length > size - at)
			macho_refuse(file, "the code directory overruns the signature");
		return;
	}
	macho_refuse(file, "the code signature has no code directory");
}

static void check_directory(const struct code_directory *directory, const struct macho_file *file)
{
	if (directory->bytes[36] != 32 || directory->bytes[37] != CS_HASHTYPE_SHA256)
		macho_refuse(file, "the code directory does not use SHA-256");
	if (directory->page_bits != 12 && directory->page_bits != 14)
		macho_refuse(file, "code signature pages of 1 << %u bytes", directory->page_bits);
	if (directory->code_limit == 0 || directory->code_limit > file->signature.dataoff)
		macho_refuse(file, "the code limit %u lies beyond the signature at %u",
			directory->code_limit, file->signature.dataoff);
	if (directory->slots != ((directory->code_limit - 1) >> directory->page_bits) + 1)
		macho_refuse(file, "%u code slots do not cover %u bytes", directory->slots,
			directory->code_limit);
	if (directory->hash_offset > directory->length ||
		directory->slots > (directory->length - directory->hash_offset) / 32)
		macho_refuse(file, "the code slots overrun the code directory");
}

/* What the kernel does to a process that touches such a page. */
static _Noreturn void kill_invalid_page(const struct macho_file *file, uint64_t offset)
{
	fprintf(stderr,
		"machorun: %s: the page at offset %llu does not match the code signature; "
		"a Mac kills the process (Code Signature Invalid)\n",
		file->path, (unsigned long long)offset);
	raise(SIGKILL);
	abort();
}

static void check_pages(const struct code_directory *directory, const struct macho_file *file,
	const struct segment_command_64 *segment)
{
	uint64_t page = 1ull << directory->page_bits, end = segment->fileoff + segment->filesize;
	unsigned char *bytes = malloc(page), digest[32];

	if (bytes == NULL)
		macho_refuse(file, "out of memory");
	if (end > directory->code_limit)
		end = directory->code_limit; /* the signature itself has no hash */
	for (uint64_t at = segment->fileoff; at < end; at += page) {
		uint64_t size = directory->code_limit - at;

		if (size > page)
			size = page;
		macho_file_read(file, bytes, size, at);
		sha256(bytes, size, digest);
		if (memcmp(digest, directory->bytes + directory->hash_offset + at / page * 32,
			    32) != 0)
			kill_invalid_page(file, at);
	}
	free(bytes);
}

void macho_signature_check(const struct macho_file *file)
{
	uint32_t size = file->signature.datasize;
	unsigned char *blob = malloc(size > 0 ? size : 1);
	struct code_directory directory;

	if (blob == NULL || size > 64u << 20)
		macho_refuse(file, "a code signature of %u bytes", size);
	macho_file_read(file, blob, size, file->signature.dataoff);
	find_directory(&directory, file, blob, size);
	check_directory(&directory, file);
	for (unsigned i = 0; i < file->segment_count; i++) {
		const struct segment_command_64 *segment = &file->segments[i].command;

		if (segment->vmsize > 0 && segment->filesize > 0)
			check_pages(&directory, file, segment);
	}
	free(blob);
}
