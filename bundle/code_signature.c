/* Reads a Mach-O's code signature and accounts for each of its bytes but the code slots. */
#include "code_signature.h"

#include <string.h>

#include "adhoc_signature.h"
#include "digest.h"
#include "file_io.h"
#include "message.h"
#include "number.h"

/* From XNU osfmk/kern/cs_blobs.h and Security's codedirectory.h. */
enum {
	SLOT_DIRECTORY = 0,
	SLOT_REQUIREMENTS = 2,
	SLOT_ALTERNATE_FIRST = 0x1000,
	SLOT_ALTERNATE_LAST = 0x1004,
	SLOT_CMS = 0x10000,
	FLAG_ADHOC = 0x2,
	FLAG_LINKER_SIGNED = 0x20000,
	/* hard, kill, restrict, enforcement, library validation, runtime */
	FLAGS_KNOWN = FLAG_ADHOC | 0x100 | 0x200 | 0x800 | 0x1000 | 0x2000 | 0x10000,
	HASH_SHA256 = 2,
	HASH_BYTES = 32,
	EXECSEG_MAIN_BINARY = 1,
	EXECSEG_FLAGS_KNOWN = 0x3ff,
	MAX_BLOBS = 16,
	MAX_SPECIAL_SLOTS = 16,
	MAX_BLOB_BYTES = 4 * 1024 * 1024,
	MAX_DIRECTORY_HEAD = 4096, /* what is before the code slots; identifiers are short */
	DIRECTORY_20400 = 88,
};
static const uint32_t MAGIC_SUPERBLOB = 0xfade0cc0;
static const uint32_t MAGIC_DIRECTORY = 0xfade0c02;
static const uint32_t MAGIC_CMS = 0xfade0b01;

/* Blobs that a special slot of the code directory has the digest of. */
static const struct {
	uint32_t slot, magic;
} special_blobs[] = {
	{SLOT_REQUIREMENTS, 0xfade0c01},
	{5, 0xfade7171}, /* entitlements, as a property list */
	{7, 0xfade7172}, /* entitlements, as DER */
	{8, 0xfade8181}, /* launch constraints: itself, parent, responsible, libraries */
	{9, 0xfade8181},
	{10, 0xfade8181},
	{11, 0xfade8181},
};

struct blob {
	uint32_t slot, at, length; /* at: within the signature */
};

struct reader {
	int fd;
	const char *name;
	uint64_t offset, length, text_length;
	struct blob blobs[MAX_BLOBS];
	size_t blob_count;
	uint32_t end; /* of the superblob */
};

static int refuse(const struct reader *reader, const char *what, struct err *err)
{
	err_set(err, CODE_INTEGRITY, "%s: the code signature is damaged: %s", reader->name,
		T(what));
	return err_hint(err, "copy the file again and compare it with its .sha256");
}

static int read_at(
	const struct reader *reader, uint32_t at, void *bytes, size_t length, struct err *err)
{
	if (at > reader->length || length > reader->length - at)
		return refuse(reader, N_T("it ends early"), err);
	return file_pread(reader->fd, reader->name, bytes, length, reader->offset + at, err);
}

/* ---- ours ---- */

static int check_ours(struct code_signature *signature, const struct reader *reader,
	const unsigned char head[ADHOC_SIGNATURE_HEAD], struct err *err)
{
	unsigned char expected[ADHOC_SIGNATURE_HEAD];
	adhoc_signature_head(expected, (uint32_t)reader->offset, reader->text_length);
	if (memcmp(head, expected, sizeof(expected)) != 0 ||
		reader->length != adhoc_signature_length(reader->offset))
		return refuse(
			reader, N_T("it is not the one that hardtack makes for this file"), err);
	signature->ours = true;
	signature->flags = FLAG_ADHOC | FLAG_LINKER_SIGNED;
	memcpy(signature->identifier, head + 20 + DIRECTORY_20400,
		ADHOC_SIGNATURE_HEAD - 20 - DIRECTORY_20400);
	signature->directory_count = 1;
	signature->directories[0] = (struct code_directory){
		.slots_at = reader->offset + ADHOC_SIGNATURE_HEAD,
		.slot_count = (uint32_t)adhoc_signature_slots(reader->offset),
		.page_shift = 14,
	};
	return 0;
}

/* Linker-signed, or near enough to be a damaged one of ours: its first blob says so. */
static bool claims_to_be_ours(const unsigned char head[ADHOC_SIGNATURE_HEAD])
{
	uint32_t directory = load_be32(head + 16);
	return directory <= ADHOC_SIGNATURE_HEAD - 16 &&
	       (load_be32(head + directory + 12) & FLAG_LINKER_SIGNED) != 0;
}

/* ---- anybody's ---- */

static bool is_directory_slot(uint32_t slot)
{
	return slot == SLOT_DIRECTORY ||
	       (slot >= SLOT_ALTERNATE_FIRST && slot <= SLOT_ALTERNATE_LAST);
}

/* 0 for a slot that this program does not know. */
static uint32_t magic_of(uint32_t slot)
{
	if (is_directory_slot(slot))
		return MAGIC_DIRECTORY;
	if (slot == SLOT_CMS)
		return MAGIC_CMS;
	for (size_t i = 0; i < ARRAY_SIZE(special_blobs); i++)
		if (special_blobs[i].slot == slot)
			return special_blobs[i].magic;
	return 0;
}

/* The index: slots ascend, and each blob starts where the one before ended. */
static int read_index(struct reader *reader, struct err *err)
{
	unsigned char head[12 + 8 * MAX_BLOBS];
	if (read_at(reader, 0, head, 12, err) < 0)
		return -1;
	uint32_t count = load_be32(head + 8);
	reader->end = load_be32(head + 4);
	if (load_be32(head) != MAGIC_SUPERBLOB || count == 0 || count > MAX_BLOBS)
		return refuse(reader, N_T("its head is wrong"), err);
	if (read_at(reader, 12, head + 12, 8 * (size_t)count, err) < 0)
		return -1;
	uint32_t at = 12 + 8 * count;
	for (uint32_t i = 0; i < count; i++) {
		struct blob *blob = &reader->blobs[reader->blob_count++];
		unsigned char start[8] = {0};
		blob->slot = load_be32(head + 12 + (size_t)8 * i);
		blob->at = load_be32(head + 16 + (size_t)8 * i);
		if (blob->at != at)
			return refuse(reader, N_T("its parts are not in order"), err);
		if (read_at(reader, at, start, 8, err) < 0)
			return -1;
		blob->length = load_be32(start + 4);
		if (i > 0 && blob->slot <= reader->blobs[i - 1].slot)
			return refuse(reader, N_T("its parts are not in order"), err);
		if (magic_of(blob->slot) == 0 || load_be32(start) != magic_of(blob->slot))
			return refuse(reader, N_T("it has a part of an unknown kind"), err);
		if (blob->length < 8 || blob->length > reader->length - at)
			return refuse(reader, N_T("a part reaches behind its end"), err);
		at += blob->length;
	}
	if (at != reader->end)
		return refuse(reader, N_T("it has another length than its parts"), err);
	return 0;
}

static const struct blob *find_blob(const struct reader *reader, uint32_t slot)
{
	for (size_t i = 0; i < reader->blob_count; i++)
		if (reader->blobs[i].slot == slot)
			return &reader->blobs[i];
	return NULL;
}

static int hash_blob(
	const struct reader *reader, const struct blob *blob, struct sha256 *out, struct err *err)
{
	struct digest_sha256 digest;
	unsigned char bytes[4096];
	if (blob->length > MAX_BLOB_BYTES)
		return refuse(reader, N_T("a part is too large"), err);
	digest_sha256_init(&digest);
	for (uint32_t done = 0; done < blob->length;) {
		size_t part =
			blob->length - done < sizeof(bytes) ? blob->length - done : sizeof(bytes);
		if (read_at(reader, blob->at + done, bytes, part, err) < 0)
			return -1;
		digest_sha256_update(&digest, bytes, part);
		done += (uint32_t)part;
	}
	*out = digest_sha256_final(&digest);
	return 0;
}

static bool is_zero(const unsigned char *bytes, size_t length)
{
	unsigned char any = 0;
	while (length-- > 0)
		any |= *bytes++;
	return any == 0;
}

/* Slot -i has the digest of blob i, or zeros without such a blob. slots points at slot 0. */
static int check_special_slots(
	const struct reader *reader, const unsigned char *slots, uint32_t count, struct err *err)
{
	for (uint32_t i = 1; i <= count; i++) {
		const unsigned char *slot = slots - (size_t)i * HASH_BYTES;
		const struct blob *blob = find_blob(reader, i);
		struct sha256 found = {0};
		if (blob && hash_blob(reader, blob, &found, err) < 0)
			return -1;
		if (memcmp(slot, found.bytes, HASH_BYTES) != 0)
			return refuse(reader, N_T("a part does not match its digest"), err);
	}
	for (size_t i = 0; i < reader->blob_count; i++)
		if (reader->blobs[i].slot > count && !is_directory_slot(reader->blobs[i].slot) &&
			reader->blobs[i].slot != SLOT_CMS)
			return refuse(reader, N_T("a part has no digest"), err);
	return 0;
}

/* How long the fixed part is, by version; 0 for one that is not known. */
static uint32_t fixed_length(uint32_t version)
{
	return version == 0x20400   ? DIRECTORY_20400
	       : version == 0x20500 ? 96
	       : version == 0x20600 ? 108
				    : 0;
}

static int check_fields(const struct reader *reader, const struct blob *blob,
	const unsigned char *directory, struct err *err)
{
	uint32_t flags = load_be32(directory + 12), special = load_be32(directory + 24);
	uint32_t slots_at = load_be32(directory + 16), slots = load_be32(directory + 28);
	unsigned shift = directory[39];
	if (fixed_length(load_be32(directory + 8)) == 0 || (flags & ~(uint32_t)FLAGS_KNOWN) != 0)
		return refuse(
			reader, N_T("its code directory has an unknown version or flag"), err);
	if (directory[36] != HASH_BYTES || directory[37] != HASH_SHA256 ||
		(shift != 12 && shift != 14))
		return refuse(reader,
			N_T("its code directory has no SHA-256 of pages of 4 or 16 KiB"), err);
	/* platform, spare2, scatter, spare3, codeLimit64, execSegBase */
	if (directory[38] != 0 || !is_zero(directory + 40, 8) || !is_zero(directory + 52, 20))
		return refuse(reader, N_T("its code directory has unknown fields"), err);
	if (load_be32(directory + 32) != reader->offset ||
		slots != (reader->offset + (UINT64_C(1) << shift) - 1) >> shift)
		return refuse(reader, N_T("it does not cover the file before it"), err);
	if (load_be64(directory + 72) != reader->text_length ||
		(load_be64(directory + 80) & EXECSEG_MAIN_BINARY) == 0 ||
		load_be64(directory + 80) > EXECSEG_FLAGS_KNOWN)
		return refuse(reader, N_T("its executable segment is another one"), err);
	if (special < SLOT_REQUIREMENTS || special > MAX_SPECIAL_SLOTS ||
		!find_blob(reader, SLOT_REQUIREMENTS))
		return refuse(reader, N_T("it has no requirements"), err);
	if (slots_at > MAX_DIRECTORY_HEAD || slots_at > blob->length ||
		(uint64_t)slots * HASH_BYTES != blob->length - slots_at)
		return refuse(
			reader, N_T("its code directory has another length than its slots"), err);
	return 0;
}

/* A NUL-terminated text that starts at exactly *at; moves *at behind it. */
static bool take_text(const unsigned char *directory, uint32_t offset, uint32_t *at, uint32_t end,
	char *out, size_t capacity)
{
	if (offset != *at || offset >= end)
		return false;
	const unsigned char *nul = memchr(directory + offset, 0, end - offset);
	if (!nul || nul == directory + offset || (size_t)(nul - directory) - offset >= capacity)
		return false;
	memcpy(out, directory + offset, (size_t)(nul - directory) - offset + 1);
	*at = (uint32_t)(nul - directory) + 1;
	return true;
}

/* Behind the fixed part: identifier, team, special slots, code slots, with no byte between but
 * zeros of alignment before the slots. */
static int check_texts(struct code_signature *signature, const struct reader *reader,
	const unsigned char *directory, struct err *err)
{
	uint32_t version = load_be32(directory + 8), team = load_be32(directory + 48);
	uint32_t at = fixed_length(version);
	uint32_t specials_at = load_be32(directory + 16) - load_be32(directory + 24) * HASH_BYTES;
	/* From 20500 on: runtime version, then pre-encryption slots and linkage, always 0 here. */
	if (at > DIRECTORY_20400 && !is_zero(directory + 92, at - 92))
		return refuse(reader, N_T("its code directory has unknown fields"), err);
	if (!take_text(directory, load_be32(directory + 20), &at, specials_at,
		    signature->identifier, sizeof(signature->identifier)) ||
		(team != 0 && !take_text(directory, team, &at, specials_at, signature->team,
				      sizeof(signature->team))))
		return refuse(reader, N_T("its identifier is wrong"), err);
	if (specials_at - at >= 16 || !is_zero(directory + at, specials_at - at))
		return refuse(reader, N_T("it has bytes that belong to nothing"), err);
	return 0;
}

static int read_directory(struct code_signature *signature, const struct reader *reader,
	const struct blob *blob, struct err *err)
{
	unsigned char head[MAX_DIRECTORY_HEAD] = {0};
	if (signature->directory_count == CODE_SIGNATURE_MAX_DIRECTORIES)
		return refuse(reader, N_T("it has too many code directories"), err);
	size_t length = blob->length < sizeof(head) ? blob->length : sizeof(head);
	if (length < DIRECTORY_20400)
		return refuse(reader, N_T("its code directory ends early"), err);
	if (read_at(reader, blob->at, head, length, err) < 0)
		return -1;
	if (check_fields(reader, blob, head, err) < 0)
		return -1;
	uint32_t slots_at = load_be32(head + 16), special = load_be32(head + 24);
	if (slots_at < fixed_length(load_be32(head + 8)) + special * HASH_BYTES)
		return refuse(reader, N_T("its code directory overlaps itself"), err);
	if (check_texts(signature, reader, head, err) < 0 ||
		check_special_slots(reader, head + slots_at, special, err) < 0)
		return -1;
	signature->flags = load_be32(head + 12);
	signature->directories[signature->directory_count++] = (struct code_directory){
		.slots_at = reader->offset + blob->at + slots_at,
		.slot_count = load_be32(head + 28),
		.page_shift = head[39],
	};
	return 0;
}

/* Of a whole element with a definite length of up to 16 MiB, its head included; else 0
 * (X.690, 8.1.3). */
static uint32_t der_length(const unsigned char start[5])
{
	uint32_t value = 0;
	unsigned extra = start[1] & 0x7f;
	if (start[1] < 0x80)
		return 2u + start[1];
	if (extra == 0 || extra > 3)
		return 0;
	for (unsigned i = 0; i < extra; i++)
		value = value << 8 | start[2 + i];
	return 2 + extra + value;
}

/* The CMS message is Apple's to judge; here only that it fills its wrapper: one SEQUENCE, DER or
 * of indefinite length as codesign writes it. Empty exactly when the signature is ad hoc. */
static int check_cms(struct code_signature *signature, const struct reader *reader, struct err *err)
{
	const struct blob *blob = find_blob(reader, SLOT_CMS);
	uint32_t length = blob ? blob->length - 8 : 0;
	bool adhoc = (signature->flags & FLAG_ADHOC) != 0;
	unsigned char start[5], end[2];
	signature->has_identity = length > 0;
	if (adhoc != (length == 0))
		return refuse(
			reader, N_T("its flags and its CMS message contradict each other"), err);
	if (length == 0)
		return 0;
	if (length < 16)
		return refuse(reader, N_T("its CMS message ends early"), err);
	if (read_at(reader, blob->at + 8, start, sizeof(start), err) < 0 ||
		read_at(reader, blob->at + blob->length - 2, end, sizeof(end), err) < 0)
		return -1;
	bool indefinite = start[1] == 0x80 && end[0] == 0 && end[1] == 0;
	if (start[0] != 0x30 || (!indefinite && der_length(start) != length))
		return refuse(reader, N_T("its CMS message has another length than its part"), err);
	return 0;
}

static int check_zeros_behind(const struct reader *reader, struct err *err)
{
	unsigned char bytes[4096];
	for (uint64_t at = reader->end; at < reader->length;) {
		size_t part = reader->length - at < sizeof(bytes) ? (size_t)(reader->length - at)
								  : sizeof(bytes);
		if (read_at(reader, (uint32_t)at, bytes, part, err) < 0)
			return -1;
		if (!is_zero(bytes, part))
			return refuse(reader, N_T("there are bytes behind it"), err);
		at += part;
	}
	return 0;
}

static int read_foreign(struct code_signature *signature, struct reader *reader, struct err *err)
{
	if (read_index(reader, err) < 0)
		return -1;
	if (reader->blobs[0].slot != SLOT_DIRECTORY)
		return refuse(reader, N_T("it has no code directory"), err);
	/* Alternates first, so that the main one's flags and names are what stays. */
	for (size_t i = reader->blob_count; i-- > 0;)
		if (is_directory_slot(reader->blobs[i].slot) &&
			read_directory(signature, reader, &reader->blobs[i], err) < 0)
			return -1;
	if (check_cms(signature, reader, err) < 0)
		return -1;
	return check_zeros_behind(reader, err);
}

int code_signature_read(struct code_signature *signature, int fd, const char *name, uint64_t offset,
	uint64_t length, uint64_t text_length, struct err *err)
{
	struct reader reader = {
		.fd = fd,
		.name = name,
		.offset = offset,
		.length = length,
		.text_length = text_length,
	};
	unsigned char head[ADHOC_SIGNATURE_HEAD];
	*signature = (struct code_signature){.offset = offset, .length = length};
	if (offset > UINT32_MAX || length > UINT32_MAX - offset || length < sizeof(head))
		return refuse(&reader, N_T("it lies outside the file"), err);
	if (read_at(&reader, 0, head, sizeof(head), err) < 0)
		return -1;
	if (claims_to_be_ours(head))
		return check_ours(signature, &reader, head, err);
	return read_foreign(signature, &reader, err);
}
