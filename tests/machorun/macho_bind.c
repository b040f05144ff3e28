/* Applies LC_DYLD_INFO's rebase and bind opcodes (dyld's format, <mach-o/loader.h>). */
#include "macho_image.h"

#include <stdlib.h>
#include <string.h>

/* A cursor over one opcode stream. */
struct opcodes {
	const struct macho_file *file;
	const unsigned char *at, *end;
	unsigned char *bytes; /* owned */
};

static void opcodes_read(
	struct opcodes *ops, const struct macho_file *file, uint32_t offset, uint32_t size)
{
	ops->file = file;
	ops->bytes = malloc(size > 0 ? size : 1);
	if (ops->bytes == NULL || size > 1u << 26)
		macho_refuse(file, "%u bytes of fixup opcodes", size);
	macho_file_read(file, ops->bytes, size, offset);
	ops->at = ops->bytes;
	ops->end = ops->bytes + size;
}

static uint64_t read_uleb(struct opcodes *ops)
{
	uint64_t value = 0;

	for (unsigned shift = 0; ops->at < ops->end && shift < 64; shift += 7) {
		unsigned char byte = *ops->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	macho_refuse(ops->file, "a number in the fixup opcodes does not end");
}

static int64_t read_sleb(struct opcodes *ops)
{
	uint64_t value = 0;

	for (unsigned shift = 0; ops->at < ops->end && shift < 64;) {
		unsigned char byte = *ops->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80)) {
			if ((byte & 0x40) && shift < 64)
				value |= ~0ull << shift;
			return (int64_t)value;
		}
	}
	macho_refuse(ops->file, "a number in the fixup opcodes does not end");
}

static const char *read_name(struct opcodes *ops)
{
	const char *name = (const char *)ops->at;
	const unsigned char *zero = memchr(ops->at, 0, (size_t)(ops->end - ops->at));

	if (zero == NULL)
		macho_refuse(ops->file, "a symbol name in the bind opcodes does not end");
	ops->at = zero + 1;
	return name;
}

static void rebase_times(const struct macho_image *image, unsigned segment, uint64_t *offset,
	uint64_t times, uint64_t skip)
{
	for (; times > 0; times--) {
		*macho_image_slot(image, segment, *offset) += image->slide;
		*offset += 8 + skip;
	}
}

static void rebase(const struct macho_image *image, struct opcodes *ops)
{
	unsigned segment = 0;
	uint64_t offset = 0, times;

	while (ops->at < ops->end) {
		unsigned char byte = *ops->at++;
		unsigned small = byte & 0x0f;

		switch (byte & 0xf0) {
		case REBASE_DONE:
			return;
		case REBASE_SET_TYPE:
			if (small != BIND_TYPE_POINTER)
				macho_refuse(image->file, "rebase type %u is not a pointer", small);
			break;
		case REBASE_SET_SEGMENT:
			segment = small;
			offset = read_uleb(ops);
			break;
		case REBASE_ADD_ADDR:
			offset += read_uleb(ops);
			break;
		case REBASE_ADD_ADDR_SCALED:
			offset += small * 8ull;
			break;
		case REBASE_DO_TIMES:
			rebase_times(image, segment, &offset, small, 0);
			break;
		case REBASE_DO_ULEB_TIMES:
			rebase_times(image, segment, &offset, read_uleb(ops), 0);
			break;
		case REBASE_DO_ADD_ADDR:
			rebase_times(image, segment, &offset, 1, read_uleb(ops));
			break;
		case REBASE_DO_ULEB_TIMES_SKIPPING:
			times = read_uleb(ops);
			rebase_times(image, segment, &offset, times, read_uleb(ops));
			break;
		default:
			macho_refuse(image->file, "rebase opcode %02x is unknown", byte);
		}
	}
}

/* The machine that the bind opcodes drive. */
struct binder {
	const struct macho_image *image; /* NULL: only list the names */
	macho_resolver *resolve;
	const char *name;
	void *address;
	bool weak, resolved;
	unsigned segment;
	uint64_t offset;
	int64_t addend;
};

static void bind_times(struct binder *binder, uint64_t times, uint64_t skip)
{
	if (!binder->resolved && binder->name != NULL) {
		binder->address = binder->resolve(binder->name, binder->weak);
		binder->resolved = true;
	}
	for (; times > 0 && binder->image != NULL; times--) {
		uint64_t *slot = macho_image_slot(binder->image, binder->segment, binder->offset);

		*slot = (uint64_t)(uintptr_t)binder->address + (uint64_t)binder->addend;
		binder->offset += 8 + skip;
	}
}

static void bind_one_opcode(struct binder *binder, struct opcodes *ops, unsigned char byte)
{
	unsigned small = byte & 0x0f;
	uint64_t times;

	switch (byte & 0xf0) {
	case BIND_DONE: /* ends the stream, but only one symbol of the lazy one */
	case BIND_SET_DYLIB_ORDINAL:
	case BIND_SET_DYLIB_SPECIAL:
		break;
	case BIND_SET_DYLIB_ORDINAL_ULEB:
		read_uleb(ops);
		break;
	case BIND_SET_SYMBOL:
		binder->name = read_name(ops);
		binder->weak = small & BIND_SYMBOL_WEAK_IMPORT;
		binder->resolved = false;
		break;
	case BIND_SET_TYPE:
		if (small != BIND_TYPE_POINTER)
			macho_refuse(ops->file, "bind type %u is not a pointer", small);
		break;
	case BIND_SET_ADDEND:
		binder->addend = read_sleb(ops);
		break;
	case BIND_SET_SEGMENT:
		binder->segment = small;
		binder->offset = read_uleb(ops);
		break;
	case BIND_ADD_ADDR:
		binder->offset += read_uleb(ops);
		break;
	case BIND_DO:
		bind_times(binder, 1, 0);
		break;
	case BIND_DO_ADD_ADDR:
		bind_times(binder, 1, read_uleb(ops));
		break;
	case BIND_DO_ADD_ADDR_SCALED:
		bind_times(binder, 1, small * 8ull);
		break;
	case BIND_DO_ULEB_TIMES_SKIPPING:
		times = read_uleb(ops);
		bind_times(binder, times, read_uleb(ops));
		break;
	default:
		macho_refuse(ops->file, "bind opcode %02x is unknown", byte);
	}
}

static void bind(const struct macho_image *image, const struct macho_file *file, uint32_t offset,
	uint32_t size, bool lazy, macho_resolver *resolve)
{
	struct binder binder = {.image = image, .resolve = resolve};
	struct opcodes ops;

	opcodes_read(&ops, file, offset, size);
	while (ops.at < ops.end) {
		unsigned char byte = *ops.at++;

		if (byte == BIND_DONE && !lazy)
			break;
		bind_one_opcode(&binder, &ops, byte);
	}
	free(ops.bytes);
}

/* Lazy symbols are bound at once: the shim is the same, and a missing one is named early. */
static void bind_all(
	const struct macho_image *image, const struct macho_file *file, macho_resolver *resolve)
{
	const struct dyld_info_command *info = &file->dyld_info;

	if (info->weak_bind_size > 0)
		macho_refuse(file, "weak binds (C++?) are not implemented in machorun");
	bind(image, file, info->bind_off, info->bind_size, false, resolve);
	bind(image, file, info->lazy_bind_off, info->lazy_bind_size, true, resolve);
}

void macho_image_fix_up(struct macho_image *image, macho_resolver *resolve)
{
	const struct macho_file *file = image->file;
	struct opcodes ops;

	if (file->dyld_info.cmd != 0) {
		opcodes_read(&ops, file, file->dyld_info.rebase_off, file->dyld_info.rebase_size);
		rebase(image, &ops);
		free(ops.bytes);
		bind_all(image, file, resolve);
	}
	if (file->chained_fixups.cmd != 0) {
		opcodes_read(
			&ops, file, file->chained_fixups.dataoff, file->chained_fixups.datasize);
		macho_chained_fix_up(image, ops.bytes, file->chained_fixups.datasize, resolve);
		free(ops.bytes);
	}
}

void macho_image_list_imports(const struct macho_file *file, macho_resolver *resolve)
{
	struct opcodes ops;

	if (file->dyld_info.cmd != 0)
		bind_all(NULL, file, resolve);
	if (file->chained_fixups.cmd != 0) {
		struct macho_image image = {.file = file};

		opcodes_read(
			&ops, file, file->chained_fixups.dataoff, file->chained_fixups.datasize);
		macho_chained_fix_up(&image, ops.bytes, file->chained_fixups.datasize, resolve);
		free(ops.bytes);
	}
}
