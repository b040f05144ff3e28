/*
 * Installers around the limits that 32-bit fields set: above 2 GiB, just under 4 GiB, above it.
 * Writes up to 4 GiB into the temporary directory, one file at a time.
 */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executable_verify.h"
#include "file_io.h"
#include "installer_file.h"
#include "macho_writer.h"
#include "page_digest.h"
#include "stub_fixture.h"

static const uint64_t GIB = UINT64_C(1) << 30;

/* Each 256 KiB begins with its number. */
static int write_numbered(
	struct installer_payload *payload, struct stream_sink *sink, struct err *err)
{
	static unsigned char block[STREAM_CHUNK];
	uint64_t number = 0;
	for (uint64_t left = payload->length; left > 0; number++) {
		size_t part = left < sizeof(block) ? (size_t)left : sizeof(block);
		store_le64(block, number);
		if (stream_write(sink, block, part, err) < 0)
			return -1;
		left -= part;
	}
	return 0;
}

static int write_macho(struct installer_file *file, uint64_t length, struct err *err)
{
	struct installer_payload payload = {length, write_numbered};
	unsigned char *stub = fixture_macho();
	int result = installer_file_write(
		file, "large", "darwin-arm64", stub, FIXTURE_MACHO, &payload, err);
	free(stub);
	return result;
}

static int verify(uint64_t size, struct err *err)
{
	struct executable_layout layout;
	AUTO_FD fd = open("large", O_RDONLY | O_CLOEXEC);
	if (executable_layout_read(&layout, fd, "large", NULL, err) < 0)
		return -1;
	CHECK_INT(layout.file_size, size);
	return executable_verify(&layout, fd, "large", NULL, err);
}

/* The last byte of payload, link data and signature changed, one after the other. */
static void damage(const struct installer_file *file)
{
	AUTO_FD fd = open("large", O_RDWR | O_CLOEXEC);
	const uint64_t places[] = {file->payload_offset + file->payload_length - 1, file->size - 1};
	for (size_t i = 0; i < 2; i++) {
		struct err err = ERR_INIT;
		unsigned char byte;
		CHECK_OK(file_pread(fd, "large", &byte, 1, places[i], &err));
		byte ^= 0x80;
		CHECK_OK(file_pwrite(fd, "large", &byte, 1, places[i], &err));
		CHECK_FAILS(verify(file->size, &err), CODE_INTEGRITY);
		byte ^= 0x80;
		CHECK_OK(file_pwrite(fd, "large", &byte, 1, places[i], &err));
	}
}

static uint64_t largest_payload(void)
{
	unsigned char *stub = fixture_macho();
	struct err err = ERR_INIT;
	uint64_t low = 0, high = 8 * GIB;
	while (low + 1 < high) {
		uint64_t middle = (low + high) / 2;
		struct macho_plan plan;
		if (macho_writer_plan(&plan, stub, FIXTURE_MACHO, middle, &err) == 0)
			low = middle;
		else
			high = middle;
		macho_writer_clear(&plan);
	}
	free(stub);
	return low;
}

TEST(a_macho_above_2_gib_is_written_and_verified)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	CHECK_OK(write_macho(&file, 2 * GIB + 1, &err));
	CHECK(file.size > 2 * GIB);
	CHECK_OK(verify(file.size, &err));
	unlink("large");
}

TEST(the_largest_macho_is_written_and_verified_and_its_last_bytes_count)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	uint64_t length = largest_payload();
	CHECK(length > 4 * GIB - 36 * 1024 * 1024);
	CHECK_OK(write_macho(&file, length, &err));
	CHECK(file.size < 4 * GIB);
	CHECK_OK(verify(file.size, &err));
	damage(&file);
	unlink("large");
}

TEST(a_larger_macho_is_refused_before_anything_is_written)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	CHECK_FAILS(write_macho(&file, largest_payload() + 1, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "must end below 4 GiB");
	CHECK(access("large", F_OK) < 0);
}

/* Sparse, made by hand: a small installer whose locator says 5 GiB of zeros. */
TEST(an_elf_above_4_gib_verifies)
{
	static const unsigned char zeros[STREAM_CHUNK];
	struct installer_payload none = {0};
	struct installer_file file;
	struct locator locator;
	struct page_digest pages;
	struct err err = ERR_INIT;
	unsigned char *stub = fixture_elf(62);
	uint64_t length = 5 * GIB + 5;
	CHECK_OK(installer_file_write(
		&file, "large", "linux-amd64", stub, FIXTURE_ELF, &none, &err));
	AUTO_FD fd = open("large", O_RDWR | O_CLOEXEC);
	unsigned char head[32768];
	CHECK_INT(file.payload_offset, sizeof(head));
	CHECK_OK(file_pread(fd, "large", head, sizeof(head), 0, &err));
	unsigned char *at = head + locator_find(head, sizeof(head));
	CHECK_OK(locator_parse(&locator, at, "large", &err));
	locator.payload_length = length;
	memset(&locator.root, 0, sizeof(locator.root));
	locator_format(&locator, at);
	page_digest_init(&pages, false);
	page_digest_update(&pages, head, sizeof(head));
	for (uint64_t left = length; left > 0;) {
		size_t part = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
		page_digest_update(&pages, zeros, part);
		left -= part;
	}
	locator.root = page_digest_root(&pages);
	page_digest_clear(&pages);
	locator_format(&locator, at);
	CHECK_OK(file_pwrite(fd, "large", head, sizeof(head), 0, &err));
	CHECK_INT(ftruncate(fd, (off_t)(sizeof(head) + length)), 0);
	CHECK_OK(verify(sizeof(head) + length, &err));
	CHECK_OK(file_pwrite(fd, "large", "x", 1, 4 * GIB + 7, &err));
	CHECK_FAILS(verify(sizeof(head) + length, &err), CODE_INTEGRITY);
	free(stub);
}
