/* The headers of a thin arm64 Mach-O executable, read strictly. */
#include "macho_file.h"

#include <string.h>

#include "message.h"
#include "number.h"

/* From <mach-o/loader.h>. */
enum {
	MH_EXECUTE = 2,
	CPU_TYPE_ARM64 = 0x0100000c,
	S_ZEROFILL = 1,
	S_GB_ZEROFILL = 0xc,
	S_THREAD_LOCAL_ZEROFILL = 0x12,
};
static const uint32_t MH_MAGIC_64 = 0xfeedfacf;

bool macho_file_recognise(const void *bytes, size_t length)
{
	return length >= MACHO_HEADER_BYTES && load_le32(bytes) == MH_MAGIC_64;
}

static int malformed(const char *name, const char *what, struct err *err)
{
	return err_set(err, CODE_INPUT, "%s is not a well-formed Mach-O: %s", name, T(what));
}

/* Header and pad end where the first section's content starts. */
static int read_sections(struct macho_file *macho, const struct macho_segment *segment,
	const unsigned char *bytes, const char *name, struct err *err)
{
	for (uint32_t i = 0; i < segment->section_count; i++) {
		const unsigned char *section =
			bytes + segment->at + MACHO_SEGMENT_BYTES + (size_t)i * MACHO_SECTION_BYTES;
		uint64_t size = load_le64(section + 40);
		uint32_t offset = load_le32(section + 48);
		uint32_t type = load_le32(section + 64) & 0xff;
		if (type == S_ZEROFILL || type == S_GB_ZEROFILL ||
			type == S_THREAD_LOCAL_ZEROFILL || size == 0)
			continue;
		if (offset < segment->fileoff || size > segment->filesize ||
			offset - segment->fileoff > segment->filesize - size)
			return malformed(name, N_T("a section lies outside its segment"), err);
		if (load_le32(section + 60) != 0)
			return malformed(name, N_T("a section has relocations"), err);
		if (macho->first_section == 0 || offset < macho->first_section)
			macho->first_section = offset;
	}
	return 0;
}

static int read_segment(struct macho_file *macho, const struct macho_command *command,
	const unsigned char *bytes, const char *name, struct err *err)
{
	const unsigned char *at = bytes + command->at;
	if (command->size < MACHO_SEGMENT_BYTES)
		return malformed(name, N_T("a segment's command is too short"), err);
	if (macho->segment_count == MACHO_MAX_SEGMENTS)
		return malformed(name, N_T("too many segments"), err);
	struct macho_segment *segment = &macho->segments[macho->segment_count++];
	memcpy(segment->name, at + 8, 16);
	segment->at = command->at;
	segment->vmaddr = load_le64(at + 24);
	segment->vmsize = load_le64(at + 32);
	segment->fileoff = load_le64(at + 40);
	segment->filesize = load_le64(at + 48);
	segment->maxprot = load_le32(at + 56);
	segment->initprot = load_le32(at + 60);
	segment->section_count = load_le32(at + 64);
	segment->flags = load_le32(at + 68);
	if (segment->section_count > MACHO_MAX_HEADER / MACHO_SECTION_BYTES ||
		command->size != MACHO_SEGMENT_BYTES + segment->section_count * MACHO_SECTION_BYTES)
		return malformed(
			name, N_T("a segment's command has another size than its sections"), err);
	return read_sections(macho, segment, bytes, name, err);
}

static int read_signature(struct macho_file *macho, const struct macho_command *command,
	const unsigned char *bytes, const char *name, struct err *err)
{
	if (command->size != 16 || macho->signature_at != 0)
		return malformed(name, N_T("a wrong or second code signature command"), err);
	macho->signature_at = load_le32(bytes + command->at + 8);
	macho->signature_length = load_le32(bytes + command->at + 12);
	return 0;
}

static int read_commands(struct macho_file *macho, const unsigned char *bytes, uint32_t count,
	const char *name, struct err *err)
{
	uint32_t at = MACHO_HEADER_BYTES;
	if (count > MACHO_MAX_COMMANDS)
		return malformed(name, N_T("too many load commands"), err);
	for (uint32_t i = 0; i < count; i++) {
		if (macho->commands_end - at < 8)
			return malformed(name, N_T("its load commands end early"), err);
		struct macho_command *command = &macho->commands[macho->command_count++];
		command->at = at;
		command->kind = load_le32(bytes + at);
		command->size = load_le32(bytes + at + 4);
		if (command->size < 8 || command->size % 8 != 0 ||
			command->size > macho->commands_end - at)
			return malformed(name, N_T("a load command's size is wrong"), err);
		if (command->kind == LC_SEGMENT_64 &&
			read_segment(macho, command, bytes, name, err) < 0)
			return -1;
		if (command->kind == LC_CODE_SIGNATURE &&
			read_signature(macho, command, bytes, name, err) < 0)
			return -1;
		at += command->size;
	}
	if (at != macho->commands_end)
		return malformed(
			name, N_T("its load commands have another size than the header says"), err);
	return 0;
}

/* In file order and memory order each begins where the one before ended; unmapped ones have no
 * protections. Apple's codesign_allocate and dyld refuse anything else. */
static int check_segments(const struct macho_file *macho, const char *name, struct err *err)
{
	uint64_t file_end = 0, memory_end = 0;
	for (size_t i = 0; i < macho->segment_count; i++) {
		const struct macho_segment *s = &macho->segments[i];
		if (s->filesize > UINT32_MAX || s->fileoff != file_end ||
			s->fileoff % MACHO_PAGE != 0)
			return malformed(
				name, N_T("its segments have gaps or overlaps in the file"), err);
		if (s->vmaddr != memory_end || s->vmsize > UINT64_C(1) << 40 ||
			s->vmaddr > UINT64_C(1) << 40)
			return malformed(
				name, N_T("its segments have gaps or overlaps in memory"), err);
		if (s->vmsize == 0 ? (s->initprot | s->maxprot) != 0 : s->filesize > s->vmsize)
			return malformed(name, N_T("a segment has more bytes than memory"), err);
		for (size_t j = 0; j < i; j++)
			if (strcmp(s->name, macho->segments[j].name) == 0)
				return malformed(name, N_T("two segments have one name"), err);
		file_end = s->fileoff + s->filesize;
		memory_end = s->vmaddr + s->vmsize;
	}
	return 0;
}

static int check_whole(const struct macho_file *macho, const char *name, struct err *err)
{
	if (check_segments(macho, name, err) < 0)
		return -1;
	const struct macho_segment *text = macho_file_segment(macho, "__TEXT");
	if (!text || text->fileoff != 0)
		return malformed(name, N_T("__TEXT does not start the file"), err);
	if (strcmp(macho_file_linkedit(macho)->name, "__LINKEDIT") != 0)
		return malformed(name, N_T("__LINKEDIT is not its last segment"), err);
	if (macho->first_section < macho->commands_end || macho->first_section >= text->filesize)
		return malformed(name, N_T("its load commands reach into its first section"), err);
	return 0;
}

int macho_file_parse(struct macho_file *macho, const unsigned char *bytes, size_t length,
	const char *name, struct err *err)
{
	*macho = (struct macho_file){0};
	if (!macho_file_recognise(bytes, length))
		return malformed(name, N_T("its magic is wrong"), err);
	if (load_le32(bytes + 4) != CPU_TYPE_ARM64 || load_le32(bytes + 8) != 0)
		return malformed(name, N_T("it is not for arm64"), err);
	if (load_le32(bytes + 12) != MH_EXECUTE)
		return malformed(name, N_T("it is not an executable"), err);
	uint32_t commands_length = load_le32(bytes + 20);
	if (commands_length > MACHO_MAX_HEADER - MACHO_HEADER_BYTES ||
		commands_length > length - MACHO_HEADER_BYTES)
		return malformed(name, N_T("its load commands are too long"), err);
	macho->flags = load_le32(bytes + 24);
	macho->commands_end = MACHO_HEADER_BYTES + commands_length;
	if (read_commands(macho, bytes, load_le32(bytes + 16), name, err) < 0)
		return -1;
	if (macho->segment_count == 0)
		return malformed(name, N_T("it has no segments"), err);
	return check_whole(macho, name, err);
}

const struct macho_segment *macho_file_segment(const struct macho_file *macho, const char *name)
{
	for (size_t i = 0; i < macho->segment_count; i++)
		if (strcmp(macho->segments[i].name, name) == 0)
			return &macho->segments[i];
	return NULL;
}

const struct macho_command *macho_file_command(const struct macho_file *macho, uint32_t kind)
{
	for (size_t i = 0; i < macho->command_count; i++)
		if (macho->commands[i].kind == kind)
			return &macho->commands[i];
	return NULL;
}

const struct macho_segment *macho_file_linkedit(const struct macho_file *macho)
{
	return &macho->segments[macho->segment_count - 1];
}
