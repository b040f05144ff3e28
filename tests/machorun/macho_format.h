/*
 * The parts of the Mach-O format that machorun reads, after Apple's <mach-o/loader.h>,
 * <mach-o/fixup-chains.h> and osfmk/kern/cs_blobs.h. Little-endian host only (so is the file).
 */
#pragma once
#include <stdint.h>

#define MH_MAGIC_64 0xfeedfacfu
#define MH_EXECUTE 2
#define MH_NOUNDEFS 0x1
#define MH_DYLDLINK 0x4
#define MH_TWOLEVEL 0x80
#define MH_PIE 0x200000
#define CPU_TYPE_ARM64 0x0100000c
#define PLATFORM_MACOS 1
#define VM_PROT_READ 1
#define VM_PROT_WRITE 2
#define VM_PROT_EXECUTE 4
#define SG_READ_ONLY 0x10

#define LC_REQ_DYLD 0x80000000u
#define LC_SYMTAB 0x2
#define LC_DYSYMTAB 0xb
#define LC_LOAD_DYLIB 0xc
#define LC_LOAD_DYLINKER 0xe
#define LC_SEGMENT_64 0x19
#define LC_UUID 0x1b
#define LC_CODE_SIGNATURE 0x1d
#define LC_SEGMENT_SPLIT_INFO 0x1e
#define LC_ENCRYPTION_INFO_64 0x2c
#define LC_DYLD_INFO 0x22
#define LC_DYLD_INFO_ONLY (0x22 | LC_REQ_DYLD)
#define LC_FUNCTION_STARTS 0x26
#define LC_MAIN (0x28 | LC_REQ_DYLD)
#define LC_DATA_IN_CODE 0x29
#define LC_SOURCE_VERSION 0x2a
#define LC_NOTE 0x31
#define LC_BUILD_VERSION 0x32
#define LC_DYLD_EXPORTS_TRIE (0x33 | LC_REQ_DYLD)
#define LC_DYLD_CHAINED_FIXUPS (0x34 | LC_REQ_DYLD)

#define SECTION_TYPE 0xff
#define S_MOD_INIT_FUNC_POINTERS 0x9
#define S_MOD_TERM_FUNC_POINTERS 0xa
#define S_THREAD_LOCAL_REGULAR 0x11
#define S_THREAD_LOCAL_ZEROFILL 0x12
#define S_THREAD_LOCAL_VARIABLES 0x13
#define S_INIT_FUNC_OFFSETS 0x16

struct mach_header_64 {
	uint32_t magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags, reserved;
};

struct load_command {
	uint32_t cmd, cmdsize;
};

struct segment_command_64 {
	uint32_t cmd, cmdsize;
	char segname[16];
	uint64_t vmaddr, vmsize, fileoff, filesize;
	uint32_t maxprot, initprot, nsects, flags;
};

struct section_64 {
	char sectname[16], segname[16];
	uint64_t addr, size;
	uint32_t offset, align, reloff, nreloc, flags, reserved1, reserved2, reserved3;
};

struct linkedit_data_command {
	uint32_t cmd, cmdsize, dataoff, datasize;
};

struct dyld_info_command {
	uint32_t cmd, cmdsize;
	uint32_t rebase_off, rebase_size, bind_off, bind_size, weak_bind_off, weak_bind_size;
	uint32_t lazy_bind_off, lazy_bind_size, export_off, export_size;
};

struct entry_point_command {
	uint32_t cmd, cmdsize;
	uint64_t entryoff, stacksize;
};

struct build_version_command {
	uint32_t cmd, cmdsize, platform, minos, sdk, ntools;
};

/* LC_LOAD_DYLIB and LC_LOAD_DYLINKER both start with the offset of their string. */
struct name_command {
	uint32_t cmd, cmdsize, nameoff;
};

/* The opcode's high nibble says what, the low one carries a small argument. */
enum rebase_opcode {
	REBASE_DONE = 0x00,
	REBASE_SET_TYPE = 0x10,
	REBASE_SET_SEGMENT = 0x20,
	REBASE_ADD_ADDR = 0x30,
	REBASE_ADD_ADDR_SCALED = 0x40,
	REBASE_DO_TIMES = 0x50,
	REBASE_DO_ULEB_TIMES = 0x60,
	REBASE_DO_ADD_ADDR = 0x70,
	REBASE_DO_ULEB_TIMES_SKIPPING = 0x80,
};

enum bind_opcode {
	BIND_DONE = 0x00,
	BIND_SET_DYLIB_ORDINAL = 0x10,
	BIND_SET_DYLIB_ORDINAL_ULEB = 0x20,
	BIND_SET_DYLIB_SPECIAL = 0x30,
	BIND_SET_SYMBOL = 0x40,
	BIND_SET_TYPE = 0x50,
	BIND_SET_ADDEND = 0x60,
	BIND_SET_SEGMENT = 0x70,
	BIND_ADD_ADDR = 0x80,
	BIND_DO = 0x90,
	BIND_DO_ADD_ADDR = 0xa0,
	BIND_DO_ADD_ADDR_SCALED = 0xb0,
	BIND_DO_ULEB_TIMES_SKIPPING = 0xc0,
};

#define BIND_TYPE_POINTER 1
#define BIND_SYMBOL_WEAK_IMPORT 0x1

struct chained_fixups_header {
	uint32_t version, starts_offset, imports_offset, symbols_offset;
	uint32_t imports_count, imports_format, symbols_format;
};

struct chained_starts_in_segment {
	uint32_t size;
	uint16_t page_size, pointer_format;
	uint64_t segment_offset;
	uint32_t max_valid_pointer;
	uint16_t page_count, page_start[];
};

#define CHAINED_START_NONE 0xffff
#define CHAINED_PTR_64 2
#define CHAINED_PTR_64_OFFSET 6
#define CHAINED_IMPORT 1

/* Code signature: big-endian on disk. */
#define CSMAGIC_EMBEDDED_SIGNATURE 0xfade0cc0u
#define CSMAGIC_CODEDIRECTORY 0xfade0c02u
#define CS_HASHTYPE_SHA256 2
