/* Reads a Mach-O's header and load commands and refuses what a Mac would refuse. */
#include "macho_file.h"

#include "darwin_abi.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMANDS_SIZE_MAX (1u << 20)

_Noreturn void macho_refuse(const struct macho_file *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "machorun: %s: ", file->path);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(126);
}

void macho_file_read(const struct macho_file *file, void *to, uint64_t size, uint64_t offset)
{
	unsigned char *at = to;

	while (size > 0) {
		ssize_t got =
			pread(file->fd, at, size < (1u << 30) ? size : 1u << 30, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			macho_refuse(file, "read at %llu: %s", (unsigned long long)offset,
				strerror(errno));
		if (got == 0)
			macho_refuse(file, "ends at %llu, where its load commands promise more",
				(unsigned long long)offset);
		at += got;
		size -= (uint64_t)got;
		offset += (uint64_t)got;
	}
}

bool macho_file_recognise(const char *path)
{
	uint32_t magic = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = pread(fd, &magic, sizeof(magic), 0);
	close(fd);
	/* thin 64-bit, thin 32-bit, fat in either order */
	return got == sizeof(magic) && (magic == MH_MAGIC_64 || magic == 0xfeedface);
}

const struct macho_segment *macho_file_segment(const struct macho_file *file, const char *name)
{
	for (unsigned i = 0; i < file->segment_count; i++)
		if (strncmp(file->segments[i].command.segname, name, 16) == 0)
			return &file->segments[i];
	return NULL;
}

static void check_header(const struct macho_file *file)
{
	const struct mach_header_64 *header = &file->header;

	if (header->magic != MH_MAGIC_64)
		macho_refuse(file, "not a 64-bit Mach-O (magic %08x)", header->magic);
	if (header->cputype != CPU_TYPE_ARM64)
		macho_refuse(file, "cputype %08x is not arm64", header->cputype);
	if ((header->cpusubtype & 0xffffff) != 0)
		macho_refuse(file, "cpusubtype %08x is not plain arm64", header->cpusubtype);
	if (header->filetype != MH_EXECUTE)
		macho_refuse(file, "filetype %u is not MH_EXECUTE", header->filetype);
	if (!(header->flags & MH_PIE))
		macho_refuse(file, "MH_PIE is not set: the kernel refuses that on arm64");
	if (!(header->flags & MH_DYLDLINK) || !(header->flags & MH_TWOLEVEL))
		macho_refuse(file, "flags %08x lack MH_DYLDLINK or MH_TWOLEVEL", header->flags);
	if (header->sizeofcmds > COMMANDS_SIZE_MAX)
		macho_refuse(file, "%u bytes of load commands", header->sizeofcmds);
}

/* Code and data that are cut off cannot run; the rest is for the program to find out. */
static bool must_be_whole(const struct macho_file *file, const struct segment_command_64 *segment)
{
	return file->strict ||
	       (segment->vmsize > 0 && strncmp(segment->segname, "__LINKEDIT", 16) != 0);
}

static void check_segment(const struct macho_file *file, const struct segment_command_64 *segment)
{
	if (segment->fileoff % DARWIN_PAGE_SIZE != 0)
		macho_refuse(file, "segment %.16s: file offset %llu is not a multiple of 16 KiB",
			segment->segname, (unsigned long long)segment->fileoff);
	if (segment->vmaddr % DARWIN_PAGE_SIZE != 0)
		macho_refuse(file, "segment %.16s: address %llx is not a multiple of 16 KiB",
			segment->segname, (unsigned long long)segment->vmaddr);
	if (must_be_whole(file, segment) &&
		(segment->fileoff > file->size ||
			segment->filesize > file->size - segment->fileoff))
		macho_refuse(file, "segment %.16s ends at %llu, beyond the file's %llu bytes",
			segment->segname,
			(unsigned long long)(segment->fileoff + segment->filesize),
			(unsigned long long)file->size);
	if (segment->vmsize == 0) {
		if (segment->initprot != 0)
			macho_refuse(file,
				"segment %.16s has no memory but protection %u: "
				"newer dyld says filesize exceeds vmsize",
				segment->segname, segment->initprot);
	} else if (segment->filesize > segment->vmsize) {
		macho_refuse(file, "segment %.16s: filesize %llu exceeds vmsize %llu",
			segment->segname, (unsigned long long)segment->filesize,
			(unsigned long long)segment->vmsize);
	}
	if ((segment->initprot & ~segment->maxprot) != 0)
		macho_refuse(file, "segment %.16s: initprot %u exceeds maxprot %u",
			segment->segname, segment->initprot, segment->maxprot);
	if ((segment->initprot & VM_PROT_WRITE) && (segment->initprot & VM_PROT_EXECUTE))
		macho_refuse(file, "segment %.16s is writable and executable", segment->segname);
	if (segment->vmaddr > 1ull << 47 || segment->vmsize > 1ull << 47)
		macho_refuse(file, "segment %.16s lies beyond the address space", segment->segname);
}

static void add_segment(struct macho_file *file, const unsigned char *at, uint32_t size)
{
	struct macho_segment *segment = &file->segments[file->segment_count];

	if (size < sizeof(segment->command))
		macho_refuse(file, "LC_SEGMENT_64 of %u bytes", size);
	if (file->segment_count == MACHO_SEGMENTS_MAX)
		macho_refuse(file, "more than %d segments", MACHO_SEGMENTS_MAX);
	memcpy(&segment->command, at, sizeof(segment->command));
	if (size != sizeof(segment->command) + segment->command.nsects * sizeof(struct section_64))
		macho_refuse(file, "segment %.16s: cmdsize %u does not fit %u sections",
			segment->command.segname, size, segment->command.nsects);
	segment->sections = (const struct section_64 *)(at + sizeof(segment->command));
	check_segment(file, &segment->command);
	/* Such a program dies on macOS 11 at its first write to zeroed memory (docs/toolchain.md).
	 */
	if (file->strict && segment->command.vmsize % DARWIN_PAGE_SIZE != 0)
		macho_refuse(file, "segment %.16s does not end on a page in memory",
			segment->command.segname);
	segment->command.vmsize = (segment->command.vmsize + DARWIN_PAGE_SIZE - 1) &
				  ~(uint64_t)(DARWIN_PAGE_SIZE - 1);
	for (unsigned i = 0; i < segment->command.nsects; i++) {
		const struct section_64 *section = &segment->sections[i];

		if (section->addr < segment->command.vmaddr ||
			section->size > segment->command.vmsize ||
			section->addr - segment->command.vmaddr >
				segment->command.vmsize - section->size)
			macho_refuse(file, "section %.16s lies outside segment %.16s",
				section->sectname, segment->command.segname);
	}
	file->segment_count++;
}

/* What one pass over the load commands has seen, by kind. */
struct census {
	unsigned main, uuid, dylinker, dylib, build_version, signature;
};

static void check_name(const struct macho_file *file, const unsigned char *at, uint32_t size,
	const char *const *allowed)
{
	struct name_command command;
	const char *name;

	memcpy(&command, at, sizeof(command));
	if (size < sizeof(command) || command.nameoff >= size ||
		memchr(at + command.nameoff, 0, size - command.nameoff) == NULL)
		macho_refuse(file, "load command %08x: its name is not a string", command.cmd);
	name = (const char *)at + command.nameoff;
	for (; *allowed != NULL; allowed++)
		if (strcmp(name, *allowed) == 0)
			return;
	macho_refuse(file, "needs %s, which machorun does not stand in for", name);
}

static const char *const dylinkers[] = {"/usr/lib/dyld", NULL};
static const char *const dylibs[] = {"/usr/lib/libSystem.B.dylib", NULL};

static void copy_command(const struct macho_file *file, void *to, size_t to_size,
	const unsigned char *at, uint32_t size)
{
	if (size < to_size)
		macho_refuse(file, "a load command of %u bytes is too short", size);
	memcpy(to, at, to_size);
}

static void read_command(struct macho_file *file, struct census *seen, const unsigned char *at,
	struct load_command command)
{
	struct build_version_command build;

	switch (command.cmd) {
	case LC_SEGMENT_64:
		add_segment(file, at, command.cmdsize);
		break;
	case LC_MAIN:
		copy_command(file, &file->entry, sizeof(file->entry), at, command.cmdsize);
		seen->main++;
		break;
	case LC_DYLD_INFO:
	case LC_DYLD_INFO_ONLY:
		copy_command(file, &file->dyld_info, sizeof(file->dyld_info), at, command.cmdsize);
		break;
	case LC_DYLD_CHAINED_FIXUPS:
		copy_command(file, &file->chained_fixups, sizeof(file->chained_fixups), at,
			command.cmdsize);
		break;
	case LC_CODE_SIGNATURE:
		copy_command(file, &file->signature, sizeof(file->signature), at, command.cmdsize);
		seen->signature++;
		break;
	case LC_BUILD_VERSION:
		copy_command(file, &build, sizeof(build), at, command.cmdsize);
		if (build.platform != PLATFORM_MACOS)
			macho_refuse(file, "built for platform %u, not macOS", build.platform);
		seen->build_version++;
		break;
	case LC_LOAD_DYLINKER:
		check_name(file, at, command.cmdsize, dylinkers);
		seen->dylinker++;
		break;
	case LC_LOAD_DYLIB:
		check_name(file, at, command.cmdsize, dylibs);
		seen->dylib++;
		break;
	case LC_UUID:
		seen->uuid++;
		break;
	case LC_SYMTAB:
	case LC_DYSYMTAB:
	case LC_SEGMENT_SPLIT_INFO:
	case LC_FUNCTION_STARTS:
	case LC_DATA_IN_CODE:
	case LC_SOURCE_VERSION:
	case LC_DYLD_EXPORTS_TRIE:
	case LC_NOTE:
		break;
	default:
		macho_refuse(file, "load command %08x is unknown to machorun", command.cmd);
	}
}

static void read_commands(struct macho_file *file, struct census *seen)
{
	uint32_t offset = sizeof(file->header);
	uint32_t end = offset + file->header.sizeofcmds;

	for (uint32_t i = 0; i < file->header.ncmds; i++) {
		struct load_command command;

		if (end - offset < sizeof(command))
			macho_refuse(file, "load command %u lies outside sizeofcmds", i);
		memcpy(&command, file->commands + offset, sizeof(command));
		if (command.cmdsize < sizeof(command) || command.cmdsize % 8 != 0 ||
			command.cmdsize > end - offset)
			macho_refuse(file, "load command %u: bad cmdsize %u", i, command.cmdsize);
		read_command(file, seen, file->commands + offset, command);
		offset += command.cmdsize;
	}
	if (offset != end)
		macho_refuse(file, "sizeofcmds says %u, the commands end at %u", end, offset);
}

static void check_census(const struct macho_file *file, const struct census *seen)
{
	const struct {
		const char *name;
		unsigned count;
	} once[] = {{"LC_MAIN", seen->main}, {"LC_UUID", seen->uuid},
		{"LC_LOAD_DYLINKER", seen->dylinker}, {"LC_LOAD_DYLIB", seen->dylib},
		{"LC_BUILD_VERSION", seen->build_version}, {"LC_CODE_SIGNATURE", seen->signature}};

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (once[i].count != 1)
			macho_refuse(
				file, "%u %s commands, one is needed", once[i].count, once[i].name);
	if (file->dyld_info.cmd != 0 && file->chained_fixups.cmd != 0)
		macho_refuse(file, "both LC_DYLD_INFO and LC_DYLD_CHAINED_FIXUPS");
}

static void check_layout(const struct macho_file *file)
{
	const struct macho_segment *zero = macho_file_segment(file, "__PAGEZERO");
	const struct macho_segment *text = macho_file_segment(file, "__TEXT");
	const struct macho_segment *linkedit = macho_file_segment(file, "__LINKEDIT");
	unsigned from_zero = 0;

	if (zero == NULL || zero->command.vmaddr != 0 || zero->command.vmsize < 1ull << 32 ||
		zero->command.initprot != 0 || zero->command.filesize != 0)
		macho_refuse(file, "__PAGEZERO does not cover the first 4 GiB");
	if (text == NULL || text->command.fileoff != 0 ||
		text->command.initprot != (VM_PROT_READ | VM_PROT_EXECUTE))
		macho_refuse(file, "__TEXT must start at file offset 0 and be r-x");
	if (text->command.filesize < sizeof(file->header) + file->header.sizeofcmds)
		macho_refuse(file, "the load commands run out of __TEXT");
	if (file->entry.entryoff >= text->command.filesize)
		macho_refuse(file, "LC_MAIN points outside __TEXT");
	if (linkedit == NULL || linkedit->command.initprot != VM_PROT_READ)
		macho_refuse(file, "no read-only __LINKEDIT");
	for (unsigned i = 0; i < file->segment_count; i++) {
		const struct segment_command_64 *a = &file->segments[i].command;

		from_zero += a->fileoff == 0 && a->filesize > 0;
		for (unsigned k = i + 1; k < file->segment_count; k++) {
			const struct segment_command_64 *b = &file->segments[k].command;

			if (a->vmaddr < b->vmaddr + b->vmsize && b->vmaddr < a->vmaddr + a->vmsize)
				macho_refuse(file, "segments %.16s and %.16s overlap in memory",
					a->segname, b->segname);
			if (a->fileoff < b->fileoff + b->filesize &&
				b->fileoff < a->fileoff + a->filesize)
				macho_refuse(file, "segments %.16s and %.16s overlap in the file",
					a->segname, b->segname);
			if (a->filesize > 0 && b->filesize > 0 && a->fileoff > b->fileoff)
				macho_refuse(file, "segment %.16s comes before %.16s in the file",
					b->segname, a->segname);
		}
	}
	if (from_zero != 1)
		macho_refuse(file, "%u segments map file offset 0", from_zero);
	if (linkedit != &file->segments[file->segment_count - 1])
		macho_refuse(file, "__LINKEDIT is not the last segment");
	if (file->signature.dataoff < linkedit->command.fileoff ||
		(uint64_t)file->signature.dataoff + file->signature.datasize > UINT32_MAX ||
		file->signature.dataoff + file->signature.datasize >
			linkedit->command.fileoff + linkedit->command.filesize)
		macho_refuse(file, "the code signature lies outside __LINKEDIT");
}

void macho_file_open(struct macho_file *file, const char *path, bool strict)
{
	struct census seen = {0};
	struct stat status;

	memset(file, 0, sizeof(*file));
	file->path = path;
	file->strict = strict;
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &status) < 0)
		macho_refuse(file, "%s", strerror(errno));
	file->size = (uint64_t)status.st_size;
	if (!S_ISREG(status.st_mode) || file->size < sizeof(file->header))
		macho_refuse(file, "not a regular file with a Mach-O header");
	macho_file_read(file, &file->header, sizeof(file->header), 0);
	check_header(file);
	file->commands = calloc(1, sizeof(file->header) + file->header.sizeofcmds);
	if (file->commands == NULL)
		macho_refuse(file, "out of memory");
	macho_file_read(file, file->commands, sizeof(file->header) + file->header.sizeofcmds, 0);
	read_commands(file, &seen);
	check_census(file, &seen);
	check_layout(file);
}
