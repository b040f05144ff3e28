/* Maps a Mach-O's segments at a slid address and sets their protections. */
#include "macho_image.h"

#include "darwin_abi.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static int host_protection(uint32_t protection)
{
	int host = PROT_NONE;

	if (protection & VM_PROT_READ)
		host |= PROT_READ;
	if (protection & VM_PROT_WRITE)
		host |= PROT_WRITE;
	if (protection & VM_PROT_EXECUTE)
		host |= PROT_EXEC;
	return host;
}

static bool is_mapped(const struct segment_command_64 *segment)
{
	return segment->vmsize > 0 && segment->initprot != 0;
}

/* Reserves one range for all mapped segments, so that their distances stay as linked. */
static void reserve(struct macho_image *image)
{
	uint64_t low = UINT64_MAX, high = 0;
	uintptr_t at;
	void *memory;

	for (unsigned i = 0; i < image->file->segment_count; i++) {
		const struct segment_command_64 *segment = &image->file->segments[i].command;

		if (!is_mapped(segment))
			continue;
		low = segment->vmaddr < low ? segment->vmaddr : low;
		high = segment->vmaddr + segment->vmsize > high ? segment->vmaddr + segment->vmsize
								: high;
	}
	/* The shared cache starts at 0x180000000; ASLR and dyld need room below (facts/macos.md).
	 */
	if (low >= high || high > 0x170000000)
		macho_refuse(image->file, "mapped segments reach %llx, beyond 0x170000000",
			(unsigned long long)high);
	memory = mmap(NULL, high - low + DARWIN_PAGE_SIZE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		macho_refuse(image->file, "reserve memory: %s", strerror(errno));
	at = ((uintptr_t)memory + DARWIN_PAGE_SIZE - 1) & ~(uintptr_t)(DARWIN_PAGE_SIZE - 1);
	image->slide = at - low;
}

/*
 * A writable segment is read into memory of its own; the rest is a private file mapping, which
 * shares the page cache. Its last page may show file bytes past filesize, as it does on a Mac.
 */
static void map_segment(const struct macho_image *image, const struct segment_command_64 *segment)
{
	void *at = (void *)(uintptr_t)(segment->vmaddr + image->slide);
	int writable = segment->initprot & VM_PROT_WRITE;
	uint64_t from_file = writable ? 0 : segment->filesize;

	if (from_file > 0 &&
		mmap(at, from_file, host_protection(segment->initprot), MAP_PRIVATE | MAP_FIXED,
			image->file->fd, (off_t)segment->fileoff) == MAP_FAILED)
		macho_refuse(
			image->file, "map segment %.16s: %s", segment->segname, strerror(errno));
	from_file = (from_file + DARWIN_PAGE_SIZE - 1) & ~(uint64_t)(DARWIN_PAGE_SIZE - 1);
	if (from_file < segment->vmsize &&
		mmap((char *)at + from_file, segment->vmsize - from_file,
			host_protection(segment->initprot), MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS,
			-1, 0) == MAP_FAILED)
		macho_refuse(
			image->file, "map segment %.16s: %s", segment->segname, strerror(errno));
	if (writable)
		macho_file_read(image->file, at, segment->filesize, segment->fileoff);
}

void macho_image_map(struct macho_image *image, const struct macho_file *file)
{
	image->file = file;
	reserve(image);
	for (unsigned i = 0; i < file->segment_count; i++)
		if (is_mapped(&file->segments[i].command))
			map_segment(image, &file->segments[i].command);
}

void macho_image_protect(const struct macho_image *image)
{
	for (unsigned i = 0; i < image->file->segment_count; i++) {
		const struct segment_command_64 *segment = &image->file->segments[i].command;

		if (!is_mapped(segment) || !(segment->flags & SG_READ_ONLY))
			continue;
		if (mprotect((void *)(uintptr_t)(segment->vmaddr + image->slide), segment->vmsize,
			    PROT_READ) < 0)
			macho_refuse(image->file, "protect segment %.16s: %s", segment->segname,
				strerror(errno));
	}
}

uint64_t *macho_image_slot(const struct macho_image *image, unsigned segment, uint64_t offset)
{
	const struct segment_command_64 *command;

	if (segment >= image->file->segment_count)
		macho_refuse(image->file, "a fixup names segment %u of %u", segment,
			image->file->segment_count);
	command = &image->file->segments[segment].command;
	if (!(command->initprot & VM_PROT_WRITE) || command->vmsize < 8 ||
		offset > command->vmsize - 8)
		macho_refuse(image->file, "a fixup at %.16s+%llx is outside writable memory",
			command->segname, (unsigned long long)offset);
	return (uint64_t *)(uintptr_t)(command->vmaddr + image->slide + offset);
}

void *macho_image_entry(const struct macho_image *image)
{
	const struct macho_segment *text = macho_file_segment(image->file, "__TEXT");

	return (void *)(uintptr_t)(text->command.vmaddr + image->slide +
				   image->file->entry.entryoff);
}

const struct section_64 *macho_image_next_section(
	const struct macho_image *image, uint32_t type, unsigned *segment, unsigned *index)
{
	for (; *segment < image->file->segment_count; (*segment)++, *index = 0) {
		const struct macho_segment *at = &image->file->segments[*segment];

		while (*index < at->command.nsects) {
			const struct section_64 *section = &at->sections[(*index)++];

			if ((section->flags & SECTION_TYPE) == type)
				return section;
		}
	}
	return NULL;
}
