/* Installers as whole files: written, verified, damaged in every way, signed again. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adhoc_signature.h"
#include "arena.h"
#include "executable_verify.h"
#include "file_io.h"
#include "installer_file.h"
#include "reject_corpus.h"
#include "stub_fixture.h"

/* A payload of a pattern, pushed in uneven pieces. `given` may differ from what length says. */
struct pattern {
	struct installer_payload payload;
	uint64_t given;
};

static int write_pattern(
	struct installer_payload *payload, struct stream_sink *sink, struct err *err)
{
	struct pattern *pattern = (struct pattern *)payload;
	static unsigned char bytes[100000];
	fixture_fill(bytes, sizeof(bytes), 42);
	size_t piece = 1;
	for (uint64_t left = pattern->given; left > 0;) {
		size_t part = left < piece ? (size_t)left : piece;
		if (stream_write(sink, bytes, part, err) < 0)
			return -1;
		left -= part;
		piece = piece * 3 < sizeof(bytes) ? piece * 3 : sizeof(bytes);
	}
	return 0;
}

static const char *const targets[] = {"darwin-arm64", "linux-arm64", "linux-amd64"};

static int write_file(struct installer_file *file, const char *path, const char *target,
	uint64_t length, struct err *err)
{
	struct pattern pattern = {{length, write_pattern}, length};
	bool macho = strcmp(target, "darwin-arm64") == 0;
	unsigned char *stub = macho ? fixture_macho()
				    : fixture_elf(strcmp(target, "linux-arm64") == 0 ? 183 : 62);
	int result = installer_file_write(file, path, target, stub,
		macho ? FIXTURE_MACHO : FIXTURE_ELF, &pattern.payload, err);
	free(stub);
	return result;
}

static int verify(const char *path, struct executable_layout *layout, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, CODE_IO, "open %s", path);
	if (executable_layout_read(layout, fd, path, NULL, err) < 0)
		return -1;
	return executable_verify(layout, fd, path, NULL, err);
}

static unsigned char *read_all(const char *path, size_t *length)
{
	struct stat st;
	struct err err = ERR_INIT;
	AUTO_FD fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0)
		abort();
	*length = (size_t)st.st_size;
	unsigned char *bytes = malloc(*length + 1);
	CHECK_OK(file_pread(fd, path, bytes, *length, 0, &err));
	return bytes;
}

static const uint64_t sizes[] = {0, 1, 16383, 16384, 16385, 5 * 16384, 262144, 1000003};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

TEST(every_target_and_size_verifies_and_says_where_the_payload_is)
{
	for (size_t t = 0; t < 3; t++) {
		for (size_t i = 0; i < SIZES; i++) {
			struct installer_file file;
			struct executable_layout layout;
			struct err err = ERR_INIT;
			struct stat st;
			size_t length;
			CHECK_OK(write_file(&file, "out", targets[t], sizes[i], &err));
			CHECK_OK(verify("out", &layout, &err));
			CHECK_STR(layout.target, targets[t]);
			CHECK_INT(layout.locator.payload_length, sizes[i]);
			CHECK_INT(layout.locator.payload_offset, file.payload_offset);
			CHECK_INT(layout.file_size, file.size);
			CHECK(sha256_equal(&layout.locator.root, &file.root));
			CHECK_INT(stat("out", &st), 0);
			CHECK_INT(st.st_mode & 07777, 0755);
			unsigned char *bytes = read_all("out", &length);
			struct sha256 whole = digest_sha256_of(bytes, length);
			CHECK(sha256_equal(&whole, &file.sha256));
			unsigned char pattern[1000];
			fixture_fill(pattern, sizeof(pattern), 42);
			if (sizes[i] > 0)
				CHECK_INT(bytes[file.payload_offset], pattern[0]);
			free(bytes);
		}
	}
}

/* The definition in locator.h, read slowly: page by page over a copy with zeros in it. */
TEST(root_is_what_the_format_says)
{
	for (size_t t = 0; t < 3; t++) {
		struct installer_file file;
		struct err err = ERR_INIT;
		size_t length;
		CHECK_OK(write_file(&file, "out", targets[t], 40000, &err));
		unsigned char *bytes = read_all("out", &length);
		int64_t at = locator_find(bytes, length);
		memset(bytes + at + 64, 0, 32);
		if (t == 0)
			memset(bytes, 0, FIXTURE_SECTION);
		size_t end = (size_t)file.payload_offset + 40000;
		unsigned char digests[64 * 32];
		size_t count = 0;
		for (size_t page = 0; page < end; page += 16384) {
			struct sha256 digest = digest_sha256_of(
				bytes + page, end - page < 16384 ? end - page : 16384);
			memcpy(digests + 32 * count++, digest.bytes, 32);
		}
		struct sha256 root = digest_sha256_of(digests, 32 * count);
		CHECK(sha256_equal(&root, &file.root));
		free(bytes);
	}
}

/* The same in FORMAT.md's own words. */
TEST(the_python_in_format_md_computes_the_root)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	char *text = NULL;
	CHECK_OK(
		file_read_all(TEST_DATA "/../bundle/FORMAT.md", 1 << 20, arena, &text, NULL, &err));
	char *begin = text ? strstr(text, "```python\n") : NULL;
	char *end = begin ? strstr(begin, "```\n\n") : NULL;
	CHECK(end != NULL);
	if (!end)
		return;
	*end = '\0';
	char *script = arena_printf(arena,
		"import struct, sys\nfrom hashlib import sha256\n"
		"MAGIC = b'\\x89' + b'hardtack locator' + "
		"bytes.fromhex('0d0a1a0ae35c917fd826ba04c96ef1')\n"
		"data = open('out', 'rb').read()\n%s"
		"sys.exit(root.hex() != sys.argv[1] or length != 40000)\n",
		begin + strlen("```python\n"));
	CHECK_OK(file_write_all("root.py", script, strlen(script), 0600, &err));
	for (size_t t = 0; t < 3; t++) {
		struct installer_file file;
		char hex[SHA256_HEX_LENGTH + 1];
		CHECK_OK(write_file(&file, "out", targets[t], 40000, &err));
		sha256_to_hex(&file.root, hex);
		CHECK_INT(system(arena_printf(arena, "python3 root.py %s", hex)), 0);
		CHECK(system("python3 root.py 00 2>/dev/null") != 0);
	}
}

TEST(same_inputs_give_the_same_bytes)
{
	for (size_t t = 0; t < 3; t++) {
		struct installer_file a, b;
		struct err err = ERR_INIT;
		CHECK_OK(write_file(&a, "first name", targets[t], 33333, &err));
		CHECK_OK(write_file(&b, "another", targets[t], 33333, &err));
		CHECK(sha256_equal(&a.sha256, &b.sha256));
	}
}

/* Verifies bytes as a file; the code, or 0. */
static int verify_bytes(const unsigned char *bytes, size_t length, struct err *err)
{
	struct executable_layout layout;
	AUTO_FD fd = open("damaged", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	*err = (struct err)ERR_INIT;
	if (file_write(fd, "damaged", bytes, length, err) < 0)
		return -1;
	if (executable_layout_read(&layout, fd, "damaged", NULL, err) < 0 ||
		executable_verify(&layout, fd, "damaged", NULL, err) < 0)
		return err->code;
	return 0;
}

static int verify_flip(int fd, unsigned char *bytes, size_t at, unsigned char bit, struct err *err)
{
	struct executable_layout layout;
	unsigned char changed = bytes[at] ^ bit;
	*err = (struct err)ERR_INIT;
	if (pwrite(fd, &changed, 1, (off_t)at) != 1)
		abort();
	int result = executable_layout_read(&layout, fd, "flipped", NULL, err) < 0 ||
				     executable_verify(&layout, fd, "flipped", NULL, err) < 0
			     ? err->code
			     : 0;
	if (pwrite(fd, bytes + at, 1, (off_t)at) != 1)
		abort();
	return result;
}

/* Flips every byte of file[from, to), stride bytes apart; counts those that are not found. */
static void flip_range(int fd, unsigned char *bytes, size_t from, size_t to, size_t stride)
{
	int missed = 0;
	struct err err = ERR_INIT;
	for (size_t at = from; at < to; at += stride) {
		unsigned char bit = (unsigned char)(1u << at % 8);
		int code = verify_flip(fd, bytes, at, bit, &err);
		if (code != CODE_INTEGRITY && missed++ < 5)
			check_report(__FILE__, __LINE__, "byte %zu ^ %#x: code %d (%s)", at, bit,
				code, err.text);
	}
	CHECK_INT(missed, 0);
}

TEST(a_flipped_byte_of_a_macho_is_found_wherever_it_is)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t length;
	CHECK_OK(write_file(&file, "out", "darwin-arm64", 20000, &err));
	unsigned char *bytes = read_all("out", &length);
	AUTO_FD fd = open("out", O_RDWR | O_CLOEXEC);
	size_t linkedit = FIXTURE_LINKEDIT + 32768;
	flip_range(fd, bytes, 0, FIXTURE_SECTION, 1);                 /* headers and their pad */
	flip_range(fd, bytes, FIXTURE_SECTION, FIXTURE_LOCATOR, 509); /* program */
	flip_range(fd, bytes, FIXTURE_LOCATOR - 32, FIXTURE_LOCATOR + 160, 1); /* locator */
	flip_range(fd, bytes, FIXTURE_LOCATOR + 160, FIXTURE_LINKEDIT, 509);
	flip_range(fd, bytes, FIXTURE_LINKEDIT, linkedit, 127); /* payload, padding */
	flip_range(fd, bytes, linkedit, length, 1);             /* link data, signature */
	free(bytes);
}

TEST(every_bit_of_the_signature_head_counts)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t length;
	CHECK_OK(write_file(&file, "out", "darwin-arm64", 20000, &err));
	unsigned char *bytes = read_all("out", &length);
	AUTO_FD fd = open("out", O_RDWR | O_CLOEXEC);
	size_t at = FIXTURE_LINKEDIT + 32768 + FIXTURE_LINK_DATA;
	for (size_t i = 0; i < ADHOC_SIGNATURE_HEAD * 8; i++)
		CHECK_INT(verify_flip(fd, bytes, at + i / 8, (unsigned char)(1 << i % 8), &err),
			CODE_INTEGRITY);
	free(bytes);
}

TEST(a_flipped_byte_of_an_elf_is_found_wherever_it_is)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t length;
	CHECK_OK(write_file(&file, "out", "linux-amd64", 20000, &err));
	unsigned char *bytes = read_all("out", &length);
	AUTO_FD fd = open("out", O_RDWR | O_CLOEXEC);
	flip_range(fd, bytes, 0, 128, 1);
	flip_range(fd, bytes, 128, 0x4fc0 - 32, 127);
	flip_range(fd, bytes, 0x4fc0 - 32, 0x4fc0 + 160, 1);
	flip_range(fd, bytes, 0x4fc0 + 160, length, 127);
	flip_range(fd, bytes, length - 32, length, 1);
	free(bytes);
}

TEST(a_cut_or_lengthened_file_is_refused)
{
	for (size_t t = 0; t < 3; t++) {
		struct installer_file file;
		struct err err = ERR_INIT;
		size_t length;
		CHECK_OK(write_file(&file, "out", targets[t], 50000, &err));
		unsigned char *bytes = read_all("out", &length);
		bytes[length] = 0;
		CHECK_INT(verify_bytes(bytes, length, &err), 0);
		CHECK_INT(verify_bytes(bytes, length + 1, &err), CODE_INTEGRITY);
		CHECK_CONTAINS(err.text, "1 bytes behind its end");
		for (size_t cut = 1; cut <= length; cut += cut < 40 ? 1 : 1231)
			CHECK_INT(verify_bytes(bytes, length - cut, &err), CODE_INTEGRITY);
		CHECK_INT(verify_bytes(bytes, length - 1, &err), CODE_INTEGRITY);
		CHECK_CONTAINS(err.text, "cut short");
		CHECK_CONTAINS(err.hint, "copy the file again");
		free(bytes);
	}
}

TEST(errors_name_the_damaged_part)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t length;
	CHECK_OK(write_file(&file, "out", "darwin-arm64", 50000, &err));
	unsigned char *bytes = read_all("out", &length);
	AUTO_FD fd = open("out", O_RDWR | O_CLOEXEC);
	CHECK_INT(verify_flip(fd, bytes, FIXTURE_SECTION, 1, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "damaged in the program");
	CHECK_INT(verify_flip(fd, bytes, file.payload_offset + 16384, 1, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "damaged in the payload: 16384 bytes at offset 65536");
	CHECK_INT(verify_flip(fd, bytes, FIXTURE_LINKEDIT + 65536, 1, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "link data behind the payload");
	CHECK_INT(verify_flip(fd, bytes, length - 500, 1, &err), CODE_INTEGRITY);
	free(bytes);
}

TEST(a_payload_of_another_length_than_it_said_leaves_no_file)
{
	for (int grow = -1; grow <= 1; grow += 2) {
		struct pattern pattern = {{70000, write_pattern}, (uint64_t)(70000 + grow)};
		struct installer_file file;
		struct err err = ERR_INIT;
		unsigned char *stub = fixture_macho();
		CHECK_FAILS(installer_file_write(&file, "none", "darwin-arm64", stub, FIXTURE_MACHO,
				    &pattern.payload, &err),
			CODE_INPUT);
		CHECK(access("none", F_OK) < 0);
		free(stub);
	}
}

TEST(a_write_that_fails_leaves_no_file)
{
	struct rlimit old, small = {60000, 60000};
	struct installer_file file;
	struct err err = ERR_INIT;
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK_FAILS(write_file(&file, "none", "darwin-arm64", 100000, &err), CODE_IO);
	CHECK_CONTAINS(err.text, "write none");
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK(access("none", F_OK) < 0);
	CHECK_INT(system("test -z \"$(ls -A)\""), 0);
}

TEST(a_stub_of_another_target_is_refused)
{
	struct installer_payload none = {0};
	struct installer_file file;
	struct err err = ERR_INIT;
	unsigned char *macho = fixture_macho(), *elf = fixture_elf(62);
	CHECK_FAILS(
		installer_file_write(&file, "none", "linux-arm64", elf, FIXTURE_ELF, &none, &err),
		CODE_INPUT);
	CHECK_FAILS(installer_file_write(
			    &file, "none", "linux-amd64", macho, FIXTURE_MACHO, &none, &err),
		CODE_INPUT);
	CHECK_FAILS(
		installer_file_write(&file, "none", "darwin-arm64", elf, FIXTURE_ELF, &none, &err),
		CODE_INPUT);
	CHECK_FAILS(
		installer_file_write(&file, "none", "plan9-mips", elf, FIXTURE_ELF, &none, &err),
		CODE_USAGE);
	fixture_locator(elf + 0x1000);
	CHECK_FAILS(
		installer_file_write(&file, "none", "linux-amd64", elf, FIXTURE_ELF, &none, &err),
		CODE_INPUT);
	CHECK_CONTAINS(err.text, "single empty locator");
	CHECK(access("none", F_OK) < 0);
	free(macho);
	free(elf);
}

/* ---- signed again, by others ---- */

static unsigned char *signed_again(uint32_t cms_length, size_t *length)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t first;
	CHECK_OK(write_file(&file, "out", "darwin-arm64", 20000, &err));
	unsigned char *bytes = read_all("out", &first);
	unsigned char *again = fixture_sign_again(bytes, first, cms_length, length);
	free(bytes);
	return again;
}

TEST(a_file_that_was_signed_again_verifies)
{
	size_t length;
	struct err err = ERR_INIT;
	unsigned char *bytes = signed_again(0, &length);
	CHECK_INT(verify_bytes(bytes, length, &err), 0);
	CHECK_STR(err.text, "");
	struct executable_layout layout;
	CHECK_OK(verify("damaged", &layout, &err));
	CHECK(!layout.signature.ours);
	CHECK_STR(layout.signature.identifier, "stub");
	CHECK_INT(layout.signature.directories[0].page_shift, 12);
	free(bytes);
}

TEST(a_file_that_was_signed_with_a_certificate_verifies)
{
	size_t length;
	struct err err = ERR_INIT;
	struct executable_layout layout;
	unsigned char *bytes = signed_again(300, &length);
	CHECK_INT(verify_bytes(bytes, length, &err), 0);
	CHECK_OK(verify("damaged", &layout, &err));
	CHECK(layout.signature.has_identity);
	CHECK_INT(layout.signature.flags, 0x10000);
	free(bytes);
}

/* Nearly every byte: what only Apple's signature would notice is the identifier's text, and the
 * flags and execSegFlags that anybody may choose. */
TEST(a_flipped_byte_of_a_foreign_signature_is_found)
{
	size_t length;
	struct err err = ERR_INIT;
	unsigned char *bytes = signed_again(0, &length);
	CHECK_INT(verify_bytes(bytes, length, &err), 0);
	AUTO_FD fd = open("damaged", O_RDWR | O_CLOEXEC);
	size_t at = FIXTURE_LINKEDIT + 32768 + FIXTURE_LINK_DATA, directory = at + 36;
	flip_range(fd, bytes, 0, FIXTURE_SECTION, 7);
	flip_range(fd, bytes, at - 64, directory + 12, 1);
	flip_range(fd, bytes, directory + 16, directory + 80, 1);
	flip_range(fd, bytes, directory + 92, length, 1);
	free(bytes);
}

TEST(a_damaged_payload_that_was_signed_again_is_found_by_the_root)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t first, length;
	CHECK_OK(write_file(&file, "out", "darwin-arm64", 20000, &err));
	unsigned char *bytes = read_all("out", &first);
	static const size_t places[] = {FIXTURE_SECTION, FIXTURE_LOCATOR + 64, FIXTURE_LINKEDIT,
		FIXTURE_LINKEDIT + 19999, FIXTURE_LINKEDIT + 20000 /* padding */};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bytes[places[i]] ^= 4;
		unsigned char *again = fixture_sign_again(bytes, first, 0, &length);
		CHECK_INT(verify_bytes(again, length, &err), CODE_INTEGRITY);
		bytes[places[i]] ^= 4;
		free(again);
	}
	free(bytes);
}

static void refuse_signature(const struct corpus_case *item)
{
	struct installer_file file;
	struct err err = ERR_INIT;
	size_t length;
	CHECK_OK(write_file(&file, "out", "darwin-arm64", 20000, &err));
	unsigned char *bytes =
		strcmp(item->base, "ours") == 0
			? read_all("out", &length)
			: signed_again(strcmp(item->base, "identity") == 0 ? 300 : 0, &length);
	corpus_apply(item, bytes, FIXTURE_LINKEDIT + 32768 + FIXTURE_LINK_DATA);
	CHECK_INT(verify_bytes(bytes, length, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, item->says);
	free(bytes);
}

TEST(every_signature_of_the_reject_corpus_is_refused_by_name)
{
	CHECK(corpus_each(TEST_DATA "/reject/code_signature", refuse_signature) >= 45);
}

/* Random bytes in a foreign signature, in and around its code directory's head. */
TEST(random_changes_of_a_signature_are_survived)
{
	size_t length;
	unsigned seed = 2;
	struct err err = ERR_INIT;
	unsigned char *bytes = signed_again(0, &length);
	CHECK_INT(verify_bytes(bytes, length, &err), 0);
	AUTO_FD fd = open("damaged", O_RDWR | O_CLOEXEC);
	size_t at = FIXTURE_LINKEDIT + 32768 + FIXTURE_LINK_DATA;
	for (int round = 0; round < 5000; round++) {
		struct executable_layout layout;
		unsigned char changed[260];
		memcpy(changed, bytes + at, sizeof(changed));
		for (int changes = 1 + round % 4; changes > 0; changes--) {
			unsigned where = (seed = seed * 1664525u + 1013904223u) >> 8;
			unsigned value = (seed = seed * 1664525u + 1013904223u) >> 12;
			changed[where % sizeof(changed)] =
				(unsigned char)(round % 2 ? value : value % 4);
		}
		CHECK_OK(file_pwrite(fd, "damaged", changed, sizeof(changed), at, &err));
		err_clear(&err);
		if (executable_layout_read(&layout, fd, "damaged", NULL, &err) < 0)
			CHECK_INT(err.code, CODE_INTEGRITY);
	}
	free(bytes);
}

/* ---- progress ---- */

struct counted {
	struct executable_progress progress;
	uint64_t last, total, stop_at;
	int calls;
};

static int count_update(
	struct executable_progress *progress, uint64_t done, uint64_t total, struct err *err)
{
	struct counted *counted = (struct counted *)progress;
	CHECK(done >= counted->last && done <= total);
	counted->last = done;
	counted->total = total;
	counted->calls++;
	if (counted->stop_at && done >= counted->stop_at)
		return err_set(err, CODE_INTERRUPTED, "stop");
	return 0;
}

TEST(progress_rises_to_the_end_and_can_stop_it)
{
	struct installer_file file;
	struct executable_layout layout;
	struct err err = ERR_INIT;
	struct counted counted = {.progress = {count_update}};
	CHECK_OK(write_file(&file, "out", "linux-arm64", 30000000, &err));
	AUTO_FD fd = open("out", O_RDONLY | O_CLOEXEC);
	CHECK_OK(executable_layout_read(&layout, fd, "out", NULL, &err));
	CHECK_OK(executable_verify(&layout, fd, "out", &counted.progress, &err));
	CHECK_INT(counted.last, file.size);
	CHECK(counted.calls >= 2 && counted.calls <= 9);
	counted = (struct counted){.progress = {count_update}, .stop_at = 1};
	CHECK_FAILS(
		executable_verify(&layout, fd, "out", &counted.progress, &err), CODE_INTERRUPTED);
}

TEST(the_stub_insists_on_its_own_locator)
{
	struct installer_file file;
	struct executable_layout layout, other;
	struct err err = ERR_INIT;
	CHECK_OK(write_file(&file, "a", "linux-amd64", 10, &err));
	CHECK_OK(write_file(&file, "b", "linux-amd64", 11, &err));
	CHECK_OK(verify("a", &layout, &err));
	AUTO_FD fd = open("b", O_RDONLY | O_CLOEXEC);
	CHECK_FAILS(executable_layout_read(&other, fd, "b", layout.locator_bytes, &err),
		CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "not the program that is running");
}
