/* Checks the ELF stub that a payload is put behind. Offsets are those of the System V ABI. */
#include "elf_writer.h"

#include <stdbool.h>
#include <string.h>

#include "message.h"
#include "number.h"

enum {
	EHDR_BYTES = 64,
	PHDR_BYTES = 56,
	SHDR_BYTES = 64,
	ET_EXEC = 2,
	ET_DYN = 3,
	PT_LOAD = 1,
	PT_INTERP = 3,
	MAX_PROGRAM_HEADERS = 64,
};

static int refuse(const char *what, struct err *err)
{
	return err_set(err, CODE_INPUT, "the stub for Linux cannot carry a payload: %s", T(what));
}

static unsigned load_le16(const unsigned char *bytes)
{
	return bytes[0] | (unsigned)bytes[1] << 8;
}

static bool is_within(uint64_t offset, uint64_t size, size_t length)
{
	return offset <= length && size <= length - offset;
}

static int check_program_headers(const unsigned char *stub, size_t length, struct err *err)
{
	uint64_t table = load_le64(stub + 32);
	unsigned count = load_le16(stub + 56);
	bool loaded = false;
	if (load_le16(stub + 54) != PHDR_BYTES || count == 0 || count > MAX_PROGRAM_HEADERS ||
		!is_within(table, (uint64_t)count * PHDR_BYTES, length))
		return refuse(N_T("its program headers are wrong"), err);
	for (unsigned i = 0; i < count; i++) {
		const unsigned char *header = stub + table + (size_t)i * PHDR_BYTES;
		uint32_t type = load_le32(header);
		if (type == PT_INTERP)
			return refuse(N_T("it is not static"), err);
		if (!is_within(load_le64(header + 8), load_le64(header + 32), length))
			return refuse(N_T("a segment reaches behind its end"), err);
		loaded |= type == PT_LOAD;
	}
	return loaded ? 0 : refuse(N_T("it has nothing to load"), err);
}

int elf_writer_check(
	const unsigned char *stub, size_t stub_length, enum elf_machine machine, struct err *err)
{
	static const unsigned char ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	if (stub_length < EHDR_BYTES || memcmp(stub, ident, sizeof(ident)) != 0)
		return refuse(N_T("it is not a 64-bit little-endian ELF file"), err);
	if (load_le16(stub + 18) != (unsigned)machine)
		return refuse(N_T("it is for another processor"), err);
	if (load_le16(stub + 16) != ET_EXEC && load_le16(stub + 16) != ET_DYN)
		return refuse(N_T("it is not an executable"), err);
	if (check_program_headers(stub, stub_length, err) < 0)
		return -1;
	uint64_t sections = load_le64(stub + 40);
	unsigned count = load_le16(stub + 60);
	if (sections != 0 &&
		(load_le16(stub + 58) != SHDR_BYTES ||
			!is_within(sections, (uint64_t)count * SHDR_BYTES, stub_length)))
		return refuse(N_T("its section headers are wrong"), err);
	return 0;
}
