/* Page digests and scans: the same result in whatever pieces, on however many threads. */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "file_io.h"
#include "page_digest.h"
#include "page_scan.h"

enum { MOST = 9 * 1024 * 1024 };

static unsigned char *pattern(void)
{
	unsigned char *bytes = malloc(MOST);
	unsigned seed = 5;
	for (size_t i = 0; i < MOST; i++)
		bytes[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
	return bytes;
}

/* The definition, slowly. */
static struct sha256 slow_root(const unsigned char *bytes, size_t length)
{
	struct digest_sha256 root;
	digest_sha256_init(&root);
	for (size_t at = 0; at < length; at += 16384) {
		struct sha256 page =
			digest_sha256_of(bytes + at, length - at < 16384 ? length - at : 16384);
		digest_sha256_update(&root, page.bytes, 32);
	}
	return digest_sha256_final(&root);
}

TEST(root_and_page_digests_do_not_depend_on_the_pieces)
{
	static const size_t lengths[] = {0, 1, 16383, 16384, 16385, 300000, 4194304, 4194305, MOST};
	static const size_t pieces[] = {MOST, 777777, 16384, 1000};
	unsigned char *bytes = pattern();
	for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
		for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
			struct page_digest pages;
			page_digest_init(&pages, true);
			for (size_t at = 0; at < lengths[l]; at += pieces[p])
				page_digest_update(&pages, bytes + at,
					lengths[l] - at < pieces[p] ? lengths[l] - at : pieces[p]);
			struct sha256 root = page_digest_root(&pages),
				      slow = slow_root(bytes, lengths[l]);
			CHECK(sha256_equal(&root, &slow));
			/* What follows the root grows the page that it ended in. */
			page_digest_update(&pages, "tail", 4);
			page_digest_end(&pages);
			CHECK_INT(pages.count, (lengths[l] + 4 + 16383) / 16384);
			if (lengths[l] >= 16384) {
				struct sha256 first = digest_sha256_of(bytes, 16384);
				CHECK(sha256_equal(&pages.digests[0], &first));
			}
			size_t start = (pages.count - 1) * 16384;
			if (start <= lengths[l]) {
				unsigned char last[16384 + 4];
				memcpy(last, bytes + start, lengths[l] - start);
				memcpy(last + (lengths[l] - start), "tail", 4);
				struct sha256 expected =
					digest_sha256_of(last, lengths[l] - start + 4);
				CHECK(sha256_equal(&pages.digests[pages.count - 1], &expected));
			}
			page_digest_clear(&pages);
		}
	}
	free(bytes);
}

struct sums {
	struct page_scan scan;
	struct digest_sha256 root;
	uint64_t folded, fail_at;
};

static int work(struct page_scan *scan, uint64_t offset, unsigned char *bytes, size_t length,
	struct sha256 digests[PAGE_SCAN_DIGESTS], struct err *err)
{
	struct sums *sums = (struct sums *)scan;
	if (offset >= sums->fail_at) {
		usleep(offset == sums->fail_at ? 3000 : 0); /* the lowest fault comes last */
		return err_set(err, CODE_INTEGRITY, "window %llu", (unsigned long long)offset);
	}
	for (size_t i = 0; i * 16384 < length; i++)
		digests[i] = digest_sha256_of(
			bytes + i * 16384, length - i * 16384 < 16384 ? length - i * 16384 : 16384);
	return 0;
}

static void fold(struct page_scan *scan, uint64_t offset, size_t length,
	const struct sha256 digests[PAGE_SCAN_DIGESTS])
{
	struct sums *sums = (struct sums *)scan;
	CHECK_INT(offset, sums->folded);
	sums->folded += length;
	for (size_t i = 0; i * 16384 < length; i++)
		digest_sha256_update(&sums->root, digests[i].bytes, 32);
}

TEST(a_scan_gives_the_same_root_on_1_to_16_threads)
{
	unsigned char *bytes = pattern();
	struct err err = ERR_INIT;
	AUTO_FD fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK_OK(file_write(fd, "file", bytes, MOST, &err));
	for (unsigned threads = 1; threads <= 16; threads += threads < 4 ? 1 : 6) {
		for (uint64_t length = MOST - 262145; length <= MOST; length += 262145) {
			struct sums sums = {.scan = {fd, "file", length, threads, work, fold, NULL},
				.fail_at = UINT64_MAX};
			digest_sha256_init(&sums.root);
			CHECK_OK(page_scan_run(&sums.scan, &err));
			struct sha256 root = digest_sha256_final(&sums.root),
				      slow = slow_root(bytes, length);
			CHECK(sha256_equal(&root, &slow));
		}
	}
	free(bytes);
}

TEST(the_error_is_the_lowest_windows_whichever_thread_was_first)
{
	struct err err = ERR_INIT;
	AUTO_FD fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(ftruncate(fd, MOST), 0);
	for (unsigned threads = 1; threads <= 16; threads *= 4) {
		struct sums sums = {.scan = {fd, "file", MOST, threads, work, fold, NULL},
			.fail_at = 10 * 262144};
		digest_sha256_init(&sums.root);
		CHECK_FAILS(page_scan_run(&sums.scan, &err), CODE_INTEGRITY);
		CHECK_STR(err.text, "window 2621440");
		CHECK(sums.folded <= sums.fail_at);
		err_clear(&err);
	}
}

TEST(an_early_end_and_an_unreadable_file_are_errors_that_name_the_place)
{
	struct err err = ERR_INIT;
	AUTO_FD fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(ftruncate(fd, 300000), 0);
	struct sums sums = {
		.scan = {fd, "file", 400000, 2, work, fold, NULL}, .fail_at = UINT64_MAX};
	digest_sha256_init(&sums.root);
	CHECK_FAILS(page_scan_run(&sums.scan, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "at byte 262144");
	AUTO_FD closed = open("file", O_WRONLY | O_CLOEXEC);
	struct sums other = {
		.scan = {closed, "file", 300000, 2, work, fold, NULL}, .fail_at = UINT64_MAX};
	digest_sha256_init(&other.root);
	CHECK_FAILS(page_scan_run(&other.scan, &err), CODE_IO);
	CHECK_CONTAINS(err.text, "at byte 0: read file");
}
