/* Proves every byte of an installer file. */
#include "executable_verify.h"

#include <string.h>

#include "digest.h"
#include "file_io.h"
#include "message.h"
#include "page_scan.h"

enum { PAGE = 16384, SMALL_PAGE = 4096, MOST_SLOTS = PAGE_SCAN_WINDOW / SMALL_PAGE };

struct verify {
	struct page_scan scan; /* first: the callbacks get this */
	const struct executable_layout *layout;
	struct digest_sha256 root;
};

static int copy_again(struct err *err)
{
	return err_hint(err, "copy the file again and compare it with its .sha256");
}

static const char *region_of(const struct executable_layout *layout, uint64_t offset)
{
	if (offset < layout->locator.payload_offset)
		return N_T("the program");
	if (offset < locator_end(&layout->locator))
		return N_T("the payload");
	return N_T("the link data behind the payload");
}

static int page_differs(const struct verify *verify, uint64_t offset, size_t length,
	const struct sha256 *found, const struct sha256 *expected, struct err *err)
{
	char found_hex[SHA256_HEX_LENGTH + 1], expected_hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(found, found_hex);
	sha256_to_hex(expected, expected_hex);
	err_set(err, CODE_INTEGRITY,
		"%s is damaged in %s: %zu bytes at offset %llu have the SHA-256 %s, the code "
		"signature says %s",
		verify->scan.name, T(region_of(verify->layout, offset)), length,
		(unsigned long long)offset, found_hex, expected_hex);
	return copy_again(err);
}

/* The slots of this window, against its pages; found[] gets the pages' digests. */
static int check_directory(const struct verify *verify, const struct code_directory *directory,
	uint64_t offset, const unsigned char *bytes, size_t length, struct sha256 found[MOST_SLOTS],
	struct err *err)
{
	struct sha256 slots[MOST_SLOTS];
	size_t page = (size_t)1 << directory->page_shift;
	size_t count = (length + page - 1) / page;
	uint64_t first = offset >> directory->page_shift;
	if (file_pread(verify->scan.fd, verify->scan.name, slots, count * sizeof(slots[0]),
		    directory->slots_at + first * sizeof(slots[0]), err) < 0)
		return -1;
	digest_sha256_pages(bytes, length, page, found);
	for (size_t i = 0; i < count; i++) {
		size_t at = i * page, part = length - at < page ? length - at : page;
		if (!sha256_equal(&found[i], &slots[i]))
			return page_differs(verify, offset + at, part, &found[i], &slots[i], err);
	}
	return 0;
}

/* Zeros in bytes (the file's from offset on) what is in file[from, to). True when there was any. */
static bool mask(unsigned char *bytes, uint64_t offset, size_t length, uint64_t from, uint64_t to)
{
	uint64_t start = from > offset ? from : offset;
	uint64_t end = to < offset + length ? to : offset + length;
	if (start >= end)
		return false;
	memset(bytes + (start - offset), 0, (size_t)(end - start));
	return true;
}

/*
 * The pages' digests as the root has them: header and root field as zeros, the last page only as far
 * as the payload goes. known: the digests of the pages as they are, or NULL.
 */
static void digest_for_root(const struct verify *verify, uint64_t offset, unsigned char *bytes,
	size_t length, const struct sha256 *known, struct sha256 *digests)
{
	const struct locator *locator = &verify->layout->locator;
	uint64_t root_at = verify->layout->locator_offset + LOCATOR_ROOT_AT;
	uint64_t end = locator_end(locator);
	if (offset >= end)
		return;
	bool header = mask(bytes, offset, length, 0, locator->header_length);
	bool root = mask(bytes, offset, length, root_at, root_at + LOCATOR_ROOT_BYTES);
	if (known && !header && !root && length <= end - offset)
		memcpy(digests, known, (length + PAGE - 1) / PAGE * sizeof(*digests));
	else
		digest_sha256_pages(bytes, length <= end - offset ? length : (size_t)(end - offset),
			PAGE, digests);
}

static int check_padding(const struct verify *verify, uint64_t offset, const unsigned char *bytes,
	size_t length, struct err *err)
{
	const struct executable_layout *layout = verify->layout;
	uint64_t from = locator_end(&layout->locator);
	uint64_t to = macho_file_linkedit(&layout->macho)->fileoff;
	for (uint64_t at = from > offset ? from : offset; at < to && at < offset + length; at++) {
		if (bytes[at - offset] != 0) {
			err_set(err, CODE_INTEGRITY,
				"%s is damaged: the padding behind the payload is not zero at byte "
				"%llu",
				verify->scan.name, (unsigned long long)at);
			return copy_again(err);
		}
	}
	return 0;
}

static int work(struct page_scan *scan, uint64_t offset, unsigned char *bytes, size_t length,
	struct sha256 digests[PAGE_SCAN_DIGESTS], struct err *err)
{
	struct verify *verify = (struct verify *)scan;
	const struct code_signature *signature = &verify->layout->signature;
	struct sha256 found[MOST_SLOTS], plain[PAGE_SCAN_DIGESTS];
	bool have_plain = false;
	for (size_t i = 0; i < signature->directory_count; i++) {
		const struct code_directory *directory = &signature->directories[i];
		if (check_directory(verify, directory, offset, bytes, length, found, err) < 0)
			return -1;
		if (directory->page_shift != 14)
			continue;
		memcpy(plain, found, sizeof(plain));
		have_plain = true;
	}
	if (verify->layout->kind == EXECUTABLE_MACHO &&
		check_padding(verify, offset, bytes, length, err) < 0)
		return -1;
	digest_for_root(verify, offset, bytes, length, have_plain ? plain : NULL, digests);
	return 0;
}

static void fold(struct page_scan *scan, uint64_t offset, size_t length,
	const struct sha256 digests[PAGE_SCAN_DIGESTS])
{
	struct verify *verify = (struct verify *)scan;
	uint64_t end = locator_end(&verify->layout->locator);
	for (size_t i = 0; i * PAGE < length && offset + i * PAGE < end; i++)
		digest_sha256_update(&verify->root, digests[i].bytes, sizeof(digests[i].bytes));
}

static int check_root(struct verify *verify, struct err *err)
{
	const struct sha256 *expected = &verify->layout->locator.root;
	struct sha256 found = digest_sha256_final(&verify->root);
	if (sha256_equal(&found, expected))
		return 0;
	char found_hex[SHA256_HEX_LENGTH + 1], expected_hex[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&found, found_hex);
	sha256_to_hex(expected, expected_hex);
	err_set(err, CODE_INTEGRITY,
		"%s is damaged: program and payload have the digest %s, the locator says %s",
		verify->scan.name, found_hex, expected_hex);
	return copy_again(err);
}

int executable_verify(const struct executable_layout *layout, int fd, const char *name,
	struct executable_progress *progress, struct err *err)
{
	struct verify verify = {
		.scan = {.fd = fd, .name = name, .work = work, .fold = fold, .progress = progress},
		.layout = layout,
	};
	verify.scan.length = layout->kind == EXECUTABLE_MACHO ? layout->signature.offset
							      : locator_end(&layout->locator);
	digest_sha256_init(&verify.root);
	if (page_scan_run(&verify.scan, err) < 0)
		return -1;
	return check_root(&verify, err);
}
