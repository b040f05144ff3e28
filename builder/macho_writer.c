/* Puts a payload into a Mach-O stub. */
#include "macho_writer.h"

#include <stdlib.h>
#include <string.h>

#include "adhoc_signature.h"
#include "arena.h"
#include "macho_file.h"
#include "message.h"
#include "number.h"

/*
 * Every load command that a stub may have, and where it keeps 32-bit offsets into __LINKEDIT, which
 * moves (facts on macOS, 1.1). Segments are handled apart. Not in this table: refused.
 */
static const struct {
	uint32_t kind;
	uint32_t size; /* 0: any */
	uint8_t offsets[6];
} known_commands[] = {
	{LC_SEGMENT_64, 0, {0}},
	{LC_SYMTAB, 24, {8, 16}},
	{LC_DYSYMTAB, 80, {32, 40, 48, 56, 64, 72}},
	{LC_LOAD_DYLIB, 0, {0}},
	{LC_LOAD_DYLINKER, 0, {0}},
	{LC_UUID, 24, {0}},
	{LC_CODE_SIGNATURE, 16, {8}},
	{LC_SEGMENT_SPLIT_INFO, 16, {8}},
	{LC_DYLD_INFO, 48, {8, 16, 24, 32, 40}},
	{LC_DYLD_INFO_ONLY, 48, {8, 16, 24, 32, 40}},
	{LC_FUNCTION_STARTS, 16, {8}},
	{LC_DATA_IN_CODE, 16, {8}},
	{LC_DYLIB_CODE_SIGN_DRS, 16, {8}},
	{LC_DYLD_EXPORTS_TRIE, 16, {8}},
	{LC_SOURCE_VERSION, 16, {0}},
	{LC_BUILD_VERSION, 0, {0}},
	{LC_MAIN, 24, {0}},
};

/* Header flags, from <mach-o/loader.h>. */
enum { MH_DYLDLINK = 0x4, MH_TWOLEVEL = 0x80, MH_PIE = 0x200000 };

enum {
	PLATFORM_MACOS = 1,
	VERSION_11_0 = 0x000b0000,
	VERSION_15_4 = 0x000f0400, /* from this SDK on dyld wants SG_READ_ONLY on __DATA_CONST */
	VM_PROT_READ = 1,
	SG_NORELOC = 0x4,
};

static int refuse(const char *what, struct err *err)
{
	return err_set(
		err, CODE_INPUT, "the stub for darwin-arm64 cannot carry a payload: %s", T(what));
}

static int known_index(uint32_t kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_commands); i++)
		if (known_commands[i].kind == kind)
			return (int)i;
	return -1;
}

/* ---- what a stub must be ---- */

static int check_commands(const struct macho_file *macho, struct err *err)
{
	static const uint32_t required[] = {LC_SYMTAB, LC_DYSYMTAB, LC_LOAD_DYLIB, LC_LOAD_DYLINKER,
		LC_UUID, LC_CODE_SIGNATURE, LC_BUILD_VERSION, LC_MAIN};
	for (size_t i = 0; i < macho->command_count; i++) {
		const struct macho_command *command = &macho->commands[i];
		int known = known_index(command->kind);
		if (command->kind == LC_DYLD_CHAINED_FIXUPS)
			return refuse(N_T("it has chained fixups; link it for macOS 11"), err);
		if (known < 0)
			return err_set(err, CODE_INPUT,
				"the stub for darwin-arm64 cannot carry a payload: load command "
				"0x%x is unknown",
				command->kind);
		if (known_commands[known].size != 0 && known_commands[known].size != command->size)
			return refuse(N_T("a load command has an unusual size"), err);
		if (command->kind == LC_SEGMENT_64 || command->kind == LC_LOAD_DYLIB)
			continue;
		if (macho_file_command(macho, command->kind) != command)
			return refuse(N_T("a load command is there twice"), err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		if (!macho_file_command(macho, required[i]))
			return err_set(err, CODE_INPUT,
				"the stub for darwin-arm64 cannot carry a payload: load command "
				"0x%x is missing",
				required[i]);
	return 0;
}

static int check_version(const struct macho_file *macho, const unsigned char *stub, struct err *err)
{
	const struct macho_command *version = macho_file_command(macho, LC_BUILD_VERSION);
	if (version->size < 24 || load_le32(stub + version->at + 8) != PLATFORM_MACOS)
		return refuse(N_T("it is not for macOS"), err);
	if (load_le32(stub + version->at + 12) != VERSION_11_0)
		return refuse(N_T("it was not linked for macOS 11.0"), err);
	if (load_le32(stub + version->at + 16) >= VERSION_15_4)
		return refuse(N_T("it was linked with the SDK of macOS 15.4 or newer"), err);
	return 0;
}

static int check_segments(const struct macho_file *macho, struct err *err)
{
	const struct macho_segment *linkedit = macho_file_linkedit(macho);
	const struct macho_segment *zero = macho_file_segment(macho, "__PAGEZERO");
	const struct macho_segment *text = macho_file_segment(macho, "__TEXT");
	if (!zero || zero->vmaddr != 0 || zero->vmsize != UINT64_C(1) << 32 || zero->filesize != 0)
		return refuse(N_T("__PAGEZERO does not cover 4 GiB"), err);
	if (text->initprot != 5 || text->maxprot != 5)
		return refuse(N_T("__TEXT is not readable and executable"), err);
	if (linkedit->initprot != VM_PROT_READ || linkedit->section_count != 0 ||
		linkedit->vmaddr % MACHO_PAGE != 0)
		return refuse(N_T("__LINKEDIT is unusual"), err);
	if (macho_file_segment(macho, "__PAYLOAD"))
		return refuse(N_T("it has a payload already"), err);
	for (size_t i = 0; i < macho->command_count; i++)
		if (macho->commands[i].at > linkedit->at &&
			macho->commands[i].kind == LC_SEGMENT_64)
			return refuse(N_T("__LINKEDIT is not its last segment"), err);
	if ((macho->flags & (MH_DYLDLINK | MH_TWOLEVEL | MH_PIE)) !=
		(MH_DYLDLINK | MH_TWOLEVEL | MH_PIE))
		return refuse(N_T("it is not a position-independent program for dyld"), err);
	return 0;
}

static int check_room(const struct macho_file *macho, const unsigned char *stub, struct err *err)
{
	if (macho->commands_end + MACHO_SEGMENT_BYTES > macho->first_section)
		return refuse(
			N_T("there is no room for another load command; link it with -headerpad"),
			err);
	for (uint32_t at = macho->commands_end; at < macho->first_section; at++)
		if (stub[at] != 0)
			return refuse(N_T("the pad behind its load commands is not zero"), err);
	return 0;
}

static int check_signature(const struct macho_file *macho, size_t stub_length, struct err *err)
{
	const struct macho_segment *linkedit = macho_file_linkedit(macho);
	uint64_t signature_at = macho->signature_at;
	if (signature_at % 16 != 0 || signature_at <= linkedit->fileoff ||
		signature_at + macho->signature_length != linkedit->fileoff + linkedit->filesize ||
		linkedit->fileoff + linkedit->filesize != stub_length)
		return refuse(N_T("its code signature does not end the file"), err);
	return 0;
}

static int check_stub(
	struct macho_file *macho, const unsigned char *stub, size_t length, struct err *err)
{
	if (macho_file_parse(macho, stub, length, T(N_T("the stub for darwin-arm64")), err) < 0 ||
		check_commands(macho, err) < 0 || check_version(macho, stub, err) < 0 ||
		check_segments(macho, err) < 0 || check_signature(macho, length, err) < 0)
		return -1;
	return check_room(macho, stub, err); /* reads the pad, so behind what proves it is there */
}

/* ---- the new header ---- */

/* Moves every offset into __LINKEDIT; 0 means "none" and stays. */
static int shift_offsets(
	unsigned char *head, const struct macho_file *macho, uint64_t delta, struct err *err)
{
	const struct macho_segment *linkedit = macho_file_linkedit(macho);
	for (size_t i = 0; i < macho->command_count; i++) {
		const struct macho_command *command = &macho->commands[i];
		const uint8_t *offsets = known_commands[known_index(command->kind)].offsets;
		for (int j = 0; j < 6 && offsets[j] != 0; j++) {
			unsigned char *field = head + command->at + offsets[j];
			uint32_t offset = load_le32(field);
			if (offset == 0)
				continue;
			if (offset < linkedit->fileoff || offset > macho->signature_at)
				return refuse(N_T("an offset points outside __LINKEDIT"), err);
			store_le32(field, (uint32_t)(offset + delta));
		}
	}
	return 0;
}

/* Makes room before __LINKEDIT's command for the new segment's. */
static void insert_segment(unsigned char *head, const struct macho_file *macho, uint64_t filesize)
{
	const struct macho_segment *linkedit = macho_file_linkedit(macho);
	unsigned char *at = head + linkedit->at;
	memmove(at + MACHO_SEGMENT_BYTES, at, macho->commands_end - linkedit->at);
	memset(at, 0, MACHO_SEGMENT_BYTES);
	store_le32(at, LC_SEGMENT_64);
	store_le32(at + 4, MACHO_SEGMENT_BYTES);
	memcpy(at + 8, "__PAYLOAD", sizeof("__PAYLOAD"));
	store_le64(at + 24, linkedit->vmaddr); /* keeps memory order; vmsize 0 overlaps nothing */
	store_le64(at + 40, linkedit->fileoff);
	store_le64(at + 48, filesize);
	store_le32(at + 68, SG_NORELOC); /* dyld 1231 to 1241 want it of unmapped segments */
	store_le32(head + 16, load_le32(head + 16) + 1);
	store_le32(head + 20, load_le32(head + 20) + MACHO_SEGMENT_BYTES);
}

static int patch_head(
	struct macho_plan *plan, const struct macho_file *macho, uint64_t delta, struct err *err)
{
	const struct macho_segment *linkedit = macho_file_linkedit(macho);
	unsigned char *at = plan->head + linkedit->at;
	uint64_t filesize = plan->size - plan->payload_offset - delta;
	if (shift_offsets(plan->head, macho, delta, err) < 0)
		return -1;
	store_le64(at + 32, round_up(filesize, MACHO_PAGE));
	store_le64(at + 40, linkedit->fileoff + delta);
	store_le64(at + 48, filesize);
	const struct macho_command *signature = macho_file_command(macho, LC_CODE_SIGNATURE);
	store_le32(plan->head + signature->at + 12, (uint32_t)(plan->size - plan->code_limit));
	insert_segment(plan->head, macho, delta);
	return 0;
}

/* Others who sign the file again use pages of 4 KiB (rcodesign) and add certificates. */
static uint64_t largest_signature(uint64_t code_limit)
{
	return (code_limit / 4096 + 1) * ADHOC_SIGNATURE_SLOT + UINT64_C(1024) * 1024;
}

int macho_writer_plan(struct macho_plan *plan, const unsigned char *stub, size_t stub_length,
	uint64_t payload_length, struct err *err)
{
	struct macho_file macho;
	*plan = (struct macho_plan){0};
	if (check_stub(&macho, stub, stub_length, err) < 0)
		return -1;
	const struct macho_segment *linkedit = macho_file_linkedit(&macho);
	uint64_t delta = payload_length > UINT32_MAX ? UINT64_C(1) << 32
						     : round_up(payload_length, MACHO_PAGE);
	plan->payload_offset = linkedit->fileoff;
	plan->padding = delta - payload_length;
	plan->tail = stub + linkedit->fileoff;
	plan->tail_length = (size_t)(macho.signature_at - linkedit->fileoff);
	plan->code_limit = macho.signature_at + delta;
	plan->size = plan->code_limit + adhoc_signature_length(plan->code_limit);
	plan->text_length = macho_file_segment(&macho, "__TEXT")->filesize;
	plan->header_length = macho.first_section;
	if (plan->code_limit + largest_signature(plan->code_limit) > UINT32_MAX) {
		err_set(err, CODE_INPUT,
			"the payload of %llu bytes does not fit: a Mach-O must end below 4 GiB",
			(unsigned long long)payload_length);
		return err_hint(err, "pack fewer or smaller images, or build for linux-arm64, "
				     "which has no such limit");
	}
	plan->head = xmalloc((size_t)plan->payload_offset);
	memcpy(plan->head, stub, (size_t)plan->payload_offset);
	if (patch_head(plan, &macho, delta, err) < 0) {
		macho_writer_clear(plan);
		return -1;
	}
	return 0;
}

void macho_writer_clear(struct macho_plan *plan)
{
	free(plan->head);
	plan->head = NULL;
}
