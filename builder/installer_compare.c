/* An output that compares. */
#include "installer_compare.h"

#include <stdlib.h>
#include <string.h>

#include "executable_verify.h"
#include "file_io.h"

enum { WINDOW = 64 * 1024 };

static uint64_t part_start(const struct installer_shape *shape, enum compare_part part)
{
	switch (part) {
	case COMPARE_STUB:
		return 0;
	case COMPARE_PAYLOAD:
		return shape->payload_offset;
	case COMPARE_LINK_DATA:
		return shape->payload_offset + shape->payload_length;
	case COMPARE_SIGNATURE:
		return shape->code_limit;
	case COMPARE_PARTS:
		break;
	}
	return shape->size;
}

static int begin(
	struct installer_output *output, const struct installer_shape *shape, struct err *err)
{
	struct installer_compare *compare = (struct installer_compare *)output;
	(void)err;
	compare->shape = *shape;
	compare->header = xmalloc((size_t)shape->payload_offset);
	digest_sha256_init(&compare->ours);
	digest_sha256_init(&compare->theirs);
	return 0;
}

/* [from, to) of the file, as far as it lies in a window at position, becomes zeros. */
static void blank(
	unsigned char *bytes, size_t length, uint64_t position, uint64_t from, uint64_t to)
{
	uint64_t start = from > position ? from : position;
	uint64_t end = to < position + length ? to : position + length;
	if (start < end)
		memset(bytes + (start - position), 0, (size_t)(end - start));
}

static void blank_what_follows(
	const struct installer_compare *compare, unsigned char *bytes, size_t length)
{
	const struct installer_shape *shape = &compare->shape;
	blank(bytes, length, compare->position, 0, shape->header_length);
	blank(bytes, length, compare->position, shape->locator_offset,
		shape->locator_offset + LOCATOR_BYTES);
}

static size_t first_difference(const unsigned char *a, const unsigned char *b, size_t length)
{
	size_t at = 0;
	while (at < length && a[at] == b[at])
		at++;
	return at;
}

/* One window that lies in one part; bytes that the file does not have differ. */
static int compare_window(struct installer_compare *compare, struct compare_pair *part,
	const unsigned char *bytes, size_t length, struct err *err)
{
	unsigned char *ours = compare->window, *theirs = compare->window + WINDOW;
	uint64_t left = compare->size > compare->position ? compare->size - compare->position : 0;
	size_t there = left < length ? (size_t)left : length;
	memcpy(ours, bytes, length);
	if (there &&
		file_pread(compare->fd, compare->path, theirs, there, compare->position, err) < 0)
		return -1;
	blank_what_follows(compare, ours, length);
	blank_what_follows(compare, theirs, there);
	if (part != &compare->parts[COMPARE_PAYLOAD]) {
		digest_sha256_update(&compare->ours, ours, length);
		digest_sha256_update(&compare->theirs, theirs, there);
	}
	if (!part->differs && (there < length || memcmp(ours, theirs, length) != 0)) {
		part->differs = true;
		part->ours = digest_sha256_of(ours, length);
		part->theirs = digest_sha256_of(theirs, there);
		part->first = compare->position + first_difference(ours, theirs, there);
	}
	compare->position += length;
	return 0;
}

static enum compare_part part_at(const struct installer_compare *compare)
{
	enum compare_part part = COMPARE_SIGNATURE;
	while (part_start(&compare->shape, part) > compare->position)
		part--;
	return part;
}

static void end_part(struct installer_compare *compare, struct compare_pair *part)
{
	struct sha256 ours = digest_sha256_final(&compare->ours);
	struct sha256 theirs = digest_sha256_final(&compare->theirs);
	if (part != &compare->parts[COMPARE_PAYLOAD]) {
		part->ours = ours;
		part->theirs = theirs;
	}
	digest_sha256_init(&compare->ours);
	digest_sha256_init(&compare->theirs);
}

static int put(struct installer_output *output, const void *bytes, size_t length, struct err *err)
{
	struct installer_compare *compare = (struct installer_compare *)output;
	const unsigned char *at = bytes;
	if (compare->position == 0)
		memcpy(compare->header, bytes, (size_t)compare->shape.payload_offset);
	while (length > 0) {
		enum compare_part part = part_at(compare);
		uint64_t end = part_start(&compare->shape, part + 1);
		uint64_t left = end - compare->position;
		size_t window = length < WINDOW ? length : WINDOW;
		if (window > left)
			window = (size_t)left;
		if (compare_window(compare, &compare->parts[part], at, window, err) < 0)
			return -1;
		if (compare->position == end)
			end_part(compare, &compare->parts[part]);
		at += window;
		length -= window;
	}
	return 0;
}

/* Reads bytes of the file; what it does not have reads as zeros. */
static int read_there(const struct installer_compare *compare, unsigned char *bytes, size_t length,
	uint64_t offset, struct err *err)
{
	uint64_t left = compare->size > offset ? compare->size - offset : 0;
	size_t there = left < length ? (size_t)left : length;
	memset(bytes, 0, length);
	return there ? file_pread(compare->fd, compare->path, bytes, there, offset, err) : 0;
}

static int patch(struct installer_output *output, const void *bytes, size_t length, uint64_t offset,
	struct err *err)
{
	struct installer_compare *compare = (struct installer_compare *)output;
	unsigned char theirs[LOCATOR_BYTES];
	BUG_ON(length != sizeof(theirs) || offset != compare->shape.locator_offset);
	memcpy(compare->header + offset, bytes, length);
	if (read_there(compare, theirs, length, offset, err) < 0)
		return -1;
	compare->locator_differs = memcmp(bytes, theirs, length) != 0;
	return 0;
}

/* Only a file that is the same has a digest that is known without another reading. */
static int digest(struct installer_output *output, struct sha256 *sha256, struct err *err)
{
	(void)output;
	(void)err;
	*sha256 = (struct sha256){0};
	return 0;
}

void installer_compare_init(
	struct installer_compare *compare, int fd, const char *path, uint64_t size)
{
	*compare = (struct installer_compare){
		.output = {begin, put, patch, digest},
		.fd = fd,
		.path = path,
		.size = size,
		.window = xmalloc((size_t)2 * WINDOW),
	};
}

void installer_compare_clear(struct installer_compare *compare)
{
	free(compare->header);
	free(compare->window);
}

/* ---- what came out ---- */

static bool same_program(const struct installer_compare *compare)
{
	return !compare->locator_differs && !compare->parts[COMPARE_STUB].differs &&
	       !compare->parts[COMPARE_PAYLOAD].differs &&
	       !compare->parts[COMPARE_LINK_DATA].differs;
}

bool installer_compare_same(struct installer_compare *compare, struct err *err)
{
	size_t length = (size_t)compare->shape.header_length;
	AUTO_FREE unsigned char *theirs = xmalloc(length + 1);
	return same_program(compare) && !compare->parts[COMPARE_SIGNATURE].differs &&
	       compare->size == compare->shape.size &&
	       read_there(compare, theirs, length, 0, err) == 0 &&
	       memcmp(compare->header, theirs, length) == 0;
}

/* What signing again changes: where the signature lies, and how long __LINKEDIT is. Offsets from
 * <mach-o/loader.h>. */
static bool blank_signature_fields(unsigned char *header, size_t length, const char *name)
{
	struct err err = ERR_INIT;
	struct macho_file macho;
	if (macho_file_parse(&macho, header, length, name, &err) < 0)
		return false;
	const struct macho_command *signature = macho_file_command(&macho, LC_CODE_SIGNATURE);
	const struct macho_segment *linkedit = macho_file_linkedit(&macho);
	if (!signature)
		return false;
	memset(header + signature->at + 8, 0, 8); /* dataoff, datasize */
	memset(header + linkedit->at + 32, 0, 8); /* vmsize */
	memset(header + linkedit->at + 48, 0, 8); /* filesize */
	return true;
}

static bool same_header(struct installer_compare *compare)
{
	struct err err = ERR_INIT;
	size_t length = (size_t)compare->shape.payload_offset;
	AUTO_FREE unsigned char *ours = xmalloc(length), *theirs = xmalloc(length);
	memcpy(ours, compare->header, length);
	return read_there(compare, theirs, length, 0, &err) == 0 &&
	       blank_signature_fields(ours, length, compare->path) &&
	       blank_signature_fields(theirs, length, compare->path) &&
	       memcmp(ours, theirs, (size_t)compare->shape.header_length) == 0;
}

bool installer_compare_only_signature(struct installer_compare *compare)
{
	struct err err = ERR_INIT;
	struct executable_layout layout;
	return compare->shape.header_length > 0 && same_program(compare) && same_header(compare) &&
	       executable_layout_read(&layout, compare->fd, compare->path, NULL, &err) == 0 &&
	       !layout.signature.ours && layout.signature.offset == compare->shape.code_limit &&
	       executable_verify(&layout, compare->fd, compare->path, NULL, &err) == 0;
}
