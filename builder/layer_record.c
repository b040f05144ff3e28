/* Records of proven layers in the cache. */
#include "layer_record.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "number.h"
#include "text.h"

enum { RECORD_MOST_BYTES = 512 };

static char *folder_of(const struct blob_cache *cache)
{
	return xprintf("%s/proofs", blob_cache_path(cache));
}

static char *path_of(const struct blob_cache *cache, const struct image_layer *layer)
{
	return xprintf("%s/proofs/sha256-%s", blob_cache_path(cache),
		layer->blob.digest + strlen("sha256:"));
}

static bool is_gzip(const struct image_layer *layer)
{
	return oci_layer_kind(layer->media_type) == OCI_LAYER_TAR_GZIP;
}

/* The one text that a record of this layer may have, given its size. */
static void write_text(const struct image_layer *layer, uint64_t unpacked_bytes, struct text *out)
{
	char sum_hex[SHA256_HEX_LENGTH + 1];
	text_addf(out, "hardtack layer proof 1\nblob %s\n%s %s\nunpacked %llu\n", layer->blob.digest,
		is_gzip(layer) ? "gzip" : "tar", layer->diff_id,
		(unsigned long long)unpacked_bytes);
	struct sha256 sum = digest_sha256_of(out->bytes, out->length);
	sha256_to_hex(&sum, sum_hex);
	text_addf(out, "sum %s\n", sum_hex);
}

/* A file of this user that nobody else can have written. */
static bool is_own(int fd)
{
	struct stat st;
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       st.st_nlink == 1 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static bool read_size(const char *text, uint64_t *unpacked_bytes)
{
	static const char key[] = "\nunpacked ";
	char digits[24] = "";
	const char *at = strstr(text, key);
	size_t length = at ? strspn(at + strlen(key), "0123456789") : 0;
	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, at + strlen(key), length);
	return number_parse_u64(digits, unpacked_bytes);
}

bool layer_record_recall(const struct blob_cache *cache, struct image_layer *layer)
{
	char found[RECORD_MOST_BYTES + 1];
	uint64_t unpacked_bytes;
	AUTO_TEXT expected = TEXT_INIT;
	AUTO_FREE char *path = path_of(cache, layer);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t length = is_own(fd) ? read(fd, found, RECORD_MOST_BYTES) : -1;
	if (length <= 0)
		return false;
	found[length] = '\0';
	if (!read_size(found, &unpacked_bytes))
		return false;
	write_text(layer, unpacked_bytes, &expected);
	if (expected.length != (size_t)length || memcmp(expected.bytes, found, expected.length) != 0)
		return false;
	layer->unpacked_bytes = unpacked_bytes;
	futimens(fd, NULL);
	return true;
}

void layer_record_keep(const struct blob_cache *cache, const struct image_layer *layer)
{
	struct err ignored = ERR_INIT;
	AUTO_TEXT record = TEXT_INIT;
	AUTO_FREE char *folder = folder_of(cache);
	AUTO_FREE char *path = path_of(cache, layer);
	write_text(layer, layer->unpacked_bytes, &record);
	if (file_make_directories(folder, 0777, &ignored) < 0)
		return;
	/* In place: a half-written one is none, by its sum. */
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (is_own(fd) && ftruncate(fd, 0) == 0)
		file_write(fd, path, record.bytes, record.length, &ignored);
}
