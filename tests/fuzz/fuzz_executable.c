/*
 * Installers as files. The first byte chooses:
 *
 *     0   the rest is the file
 *     1   edits of an intact ELF installer      2   of a Mach-O     3   of one signed again
 *
 * An edit is an offset (3 bytes, little-endian) and a byte to put there; offset 0xffffff cuts the
 * file behind so many pages, 0xfffffe adds the byte at its end. Whatever 1 and 2 change, the
 * file is refused as CODE_INTEGRITY; of 3, what nobody can check (the CMS message) may change.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stub_fixture.h"
#include "executable_verify.h"
#include "file_io.h"
#include "installer_file.h"

struct file {
	unsigned char *bytes;
	size_t length;
};

enum { PAYLOAD = 20000, FILES = 3, CUT = 0xffffff, ADD = 0xfffffe, SPARE = 4096 };

static int write_payload(
	struct installer_payload *payload, struct stream_sink *sink, struct err *err)
{
	static unsigned char bytes[PAYLOAD];
	(void)payload;
	fixture_fill(bytes, sizeof(bytes), 42);
	return stream_write(sink, bytes, sizeof(bytes), err);
}

static struct file make(const char *target, const unsigned char *stub, size_t stub_length)
{
	struct err err = ERR_INIT;
	struct installer_file made;
	struct installer_payload payload = {PAYLOAD, write_payload};
	int fd = memfd_create("intact", 0);
	if (fd < 0 || installer_file_write_to(
			      &made, fd, "intact", target, stub, stub_length, &payload, &err) < 0)
		abort();
	struct file file = {malloc((size_t)made.size), (size_t)made.size};
	if (file_pread(fd, "intact", file.bytes, file.length, 0, &err) < 0)
		abort();
	close(fd);
	return file;
}

static const struct file *intact(int which)
{
	static struct file files[FILES];
	if (!files[0].bytes) {
		unsigned char *macho = fixture_macho(), *elf = fixture_elf(62);
		files[0] = make("linux-amd64", elf, FIXTURE_ELF);
		files[1] = make("darwin-arm64", macho, FIXTURE_MACHO);
		files[2].bytes = fixture_sign_again(
			files[1].bytes, files[1].length, 0, &files[2].length);
		free(macho);
		free(elf);
	}
	return &files[which];
}

/* Returns 0 when the bytes are an intact installer. */
static int judge(const unsigned char *bytes, size_t length)
{
	struct err err = ERR_INIT;
	struct executable_layout layout;
	int fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
		abort();
	int status = executable_layout_read(&layout, fd, "fuzz", NULL, &err);
	if (status == 0) {
		FUZZ_PROMISE(layout.file_size == length &&
			     locator_end(&layout.locator) <= length);
		status = executable_verify(&layout, fd, "fuzz", NULL, &err);
	}
	close(fd);
	FUZZ_PROMISE(status == 0 || (err.code == CODE_INTEGRITY && err.text[0]));
	return status;
}

static void try_edits(int which, const uint8_t *data, size_t size)
{
	const struct file *file = intact(which);
	size_t length = file->length;
	unsigned char *copy = malloc(length + SPARE);
	memcpy(copy, file->bytes, length);
	for (; size >= 4; data += 4, size -= 4) {
		uint32_t at = data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
		if (at == CUT)
			length = (size_t)data[3] * 512 < length ? (size_t)data[3] * 512 : length;
		else if (at == ADD && length < file->length + SPARE)
			copy[length++] = data[3];
		else if (length > 0)
			copy[at % length] = data[3];
	}
	bool same = length == file->length && memcmp(copy, file->bytes, length) == 0;
	int status = judge(copy, length);
	FUZZ_PROMISE(!same || status == 0);
	if (which < 2)
		FUZZ_PROMISE(same || status < 0);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 4 == 0)
		judge(data + 1, size - 1);
	else
		try_edits(data[0] % 4 - 1, data + 1, size - 1);
	return 0;
}
