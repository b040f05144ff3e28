/* Applies LC_DYLD_CHAINED_FIXUPS (<mach-o/fixup-chains.h>): plain imports, 64-bit pointers. */
#include "macho_image.h"

#include <stdlib.h>
#include <string.h>

/* The chains' data, with bounds: every access names what it reads. */
struct chains {
	struct macho_image *image;
	const unsigned char *data;
	uint32_t size;
	void **imports;
	uint32_t import_count;
};

static const void *chains_at(
	const struct chains *chains, uint64_t offset, uint64_t size, const char *what)
{
	if (offset > chains->size || size > chains->size - offset)
		macho_refuse(chains->image->file, "chained fixups: %s outside the data", what);
	return chains->data + offset;
}

static void resolve_imports(
	struct chains *chains, const struct chained_fixups_header *header, macho_resolver *resolve)
{
	if (header->imports_format != CHAINED_IMPORT || header->symbols_format != 0)
		macho_refuse(chains->image->file, "chained fixups: import format %u, symbols %u",
			header->imports_format, header->symbols_format);
	chains->import_count = header->imports_count;
	chains_at(chains, header->imports_offset, header->imports_count * 4ull, "imports");
	chains->imports = calloc(header->imports_count + 1ull, sizeof(void *));
	if (chains->imports == NULL)
		macho_refuse(chains->image->file, "out of memory");
	for (uint32_t i = 0; i < header->imports_count; i++) {
		uint32_t import;
		uint64_t at;
		const char *name;

		memcpy(&import, chains->data + header->imports_offset + i * 4ull, 4);
		at = (uint64_t)header->symbols_offset + (import >> 9); /* lib:8 weak:1 name:23 */
		name = chains_at(chains, at, 1, "a name");
		if (memchr(name, 0, chains->size - at) == NULL)
			macho_refuse(chains->image->file, "chained fixups: a name does not end");
		chains->imports[i] = resolve(name, import >> 8 & 1);
	}
}

/* One pointer: bind:1 at the top, next:12 in steps of 4 bytes below it. */
static uint64_t fix_one(const struct chains *chains, uint64_t raw, uint16_t format)
{
	uint64_t target;

	if (raw >> 63) {
		uint32_t ordinal = raw & 0xffffff;

		if (ordinal >= chains->import_count)
			macho_refuse(chains->image->file, "chained fixups: import %u of %u",
				ordinal, chains->import_count);
		return (uint64_t)(uintptr_t)chains->imports[ordinal] + (raw >> 24 & 0xff);
	}
	target = raw & 0xfffffffffull; /* 36 bits */
	if (format == CHAINED_PTR_64_OFFSET)
		target += macho_file_segment(chains->image->file, "__TEXT")->command.vmaddr;
	return (target + chains->image->slide) | (raw >> 36 & 0xff) << 56;
}

static void fix_segment(const struct chains *chains, unsigned segment, uint64_t offset)
{
	struct chained_starts_in_segment starts;
	const unsigned char *at = chains_at(chains, offset, sizeof(starts), "a segment");

	memcpy(&starts, at, sizeof(starts));
	if (starts.pointer_format != CHAINED_PTR_64 &&
		starts.pointer_format != CHAINED_PTR_64_OFFSET)
		macho_refuse(chains->image->file, "chained fixups: pointer format %u",
			starts.pointer_format);
	chains_at(chains, offset + sizeof(starts), starts.page_count * 2ull, "page starts");
	for (unsigned page = 0; page < starts.page_count; page++) {
		uint64_t place = (uint64_t)page * starts.page_size, next;
		uint16_t start;

		memcpy(&start,
			at + offsetof(struct chained_starts_in_segment, page_start) + page * 2, 2);
		if (start == CHAINED_START_NONE)
			continue;
		place += start;
		do {
			uint64_t *slot = macho_image_slot(chains->image, segment, place);
			uint64_t raw = *slot;

			*slot = fix_one(chains, raw, starts.pointer_format);
			next = raw >> 51 & 0xfff;
			place += next * 4;
		} while (next != 0);
	}
}

void macho_chained_fix_up(struct macho_image *image, const unsigned char *fixups, uint32_t size,
	macho_resolver *resolve)
{
	struct chains chains = {.image = image, .data = fixups, .size = size};
	struct chained_fixups_header header;
	uint32_t count;

	memcpy(&header, chains_at(&chains, 0, sizeof(header), "the header"), sizeof(header));
	resolve_imports(&chains, &header, resolve);
	memcpy(&count, chains_at(&chains, header.starts_offset, 4, "segment count"), 4);
	if (count > image->file->segment_count)
		macho_refuse(image->file, "chained fixups: %u segments", count);
	for (uint32_t i = 0; i < count && image->slide != 0; i++) {
		uint32_t offset;

		memcpy(&offset,
			chains_at(&chains, header.starts_offset + 4ull + i * 4ull, 4, "a start"),
			4);
		if (offset != 0)
			fix_segment(&chains, i, (uint64_t)header.starts_offset + offset);
	}
	free(chains.imports);
}
