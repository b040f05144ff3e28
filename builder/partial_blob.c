/* Blobs on their way into the cache. */
#include "partial_blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "stream.h"

static char *path_of_digest(const struct blob_cache *cache, const char *digest)
{
	return xprintf(
		"%s/partial/sha256-%s", blob_cache_path(cache), digest + strlen("sha256:"));
}

static char *path_of_url(const struct blob_cache *cache, const char *url)
{
	char hex[SHA256_HEX_LENGTH + 1];
	struct sha256 name = digest_sha256_of(url, strlen(url));
	sha256_to_hex(&name, hex);
	return xprintf("%s/partial/url-%s", blob_cache_path(cache), hex);
}

uint64_t partial_blob_length(const struct blob_cache *cache, const char *digest)
{
	struct stat st;
	AUTO_FREE char *path = path_of_digest(cache, digest);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* Does the path still lead to this file? Its last writer may have made it a blob. */
static bool is_still_named(int fd, const char *path)
{
	struct stat ours, named;
	return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
	       ours.st_ino == named.st_ino;
}

/* Opens and locks the file. *busy: another process has it. */
static int open_locked(const char *path, bool *busy, int *out, struct err *err)
{
	for (;;) {
		AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			return err_set_errno(err, CODE_IO, "create %s", path);
		*busy = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
		if (*busy)
			return 0;
		if (is_still_named(fd, path)) {
			*out = TAKE_FD(fd);
			return 0;
		}
	}
}

/* Hashes what is there. A file that cannot be the beginning is begun anew. */
static int take_over(struct partial_blob *partial, struct err *err)
{
	struct stat st;
	struct stream_file file;
	const void *bytes;
	size_t length;
	int status;
	if (fstat(partial->fd, &st) < 0)
		return err_set_errno(err, CODE_IO, "read %s", partial->path);
	uint64_t size = (uint64_t)st.st_size;
	if (!partial->digest || size > partial->size_bytes)
		return partial_blob_restart(partial, err);
	digest_sha256_init(&partial->hash);
	stream_file_init(&file, partial->fd, partial->path, 0, size);
	while ((status = stream_next(&file.source, &bytes, &length, err)) == 0 && length)
		digest_sha256_update(&partial->hash, bytes, length);
	stream_file_clear(&file);
	partial->length = size;
	if (status == 0 && lseek(partial->fd, (off_t)size, SEEK_SET) < 0)
		return err_set_errno(err, CODE_IO, "read %s", partial->path);
	return status;
}

int partial_blob_open(struct partial_blob *partial, struct blob_cache *cache, const char *digest,
	const char *url, uint64_t size_bytes, enum partial_state *state, struct err *err)
{
	AUTO(arena) arena = arena_new();
	AUTO_FREE char *folder = xprintf("%s/partial", blob_cache_path(cache));
	struct blob_source found;
	bool busy;
	*partial = (struct partial_blob){.fd = -1,
		.path = digest ? path_of_digest(cache, digest) : path_of_url(cache, url),
		.cache = cache,
		.digest = digest,
		.size_bytes = size_bytes};
	if (file_make_directories(folder, 0777, err) < 0 ||
		open_locked(partial->path, &busy, &partial->fd, err) < 0)
		return err_wrap(err, "the cache %s", blob_cache_path(cache));
	*state = busy ? PARTIAL_BUSY : PARTIAL_OURS;
	if (busy)
		return 0;
	/* Only now: who had the lock before us may have finished. */
	if (digest && blob_cache_find(cache, digest, size_bytes, arena, &found)) {
		unlink(partial->path);
		partial->size_bytes = found.size_bytes;
		*state = PARTIAL_ARRIVED;
		return 0;
	}
	return take_over(partial, err);
}

int partial_blob_write(
	struct partial_blob *partial, const void *bytes, size_t length, struct err *err)
{
	if (length > partial->size_bytes - partial->length)
		return err_set(err, CODE_INTEGRITY, "more bytes came than the %llu that it has",
			(unsigned long long)partial->size_bytes);
	if (file_write(partial->fd, partial->path, bytes, length, err) < 0) {
		/* A full disk may have taken a part; the hash knows nothing of it. */
		if (ftruncate(partial->fd, (off_t)partial->length) == 0)
			lseek(partial->fd, (off_t)partial->length, SEEK_SET);
		return -1;
	}
	digest_sha256_update(&partial->hash, bytes, length);
	partial->length += length;
	return 0;
}

struct partial_blob_mark partial_blob_mark(const struct partial_blob *partial)
{
	return (struct partial_blob_mark){partial->length, partial->hash};
}

int partial_blob_rewind(
	struct partial_blob *partial, const struct partial_blob_mark *mark, struct err *err)
{
	partial->length = mark->length;
	partial->hash = mark->hash;
	if (ftruncate(partial->fd, (off_t)mark->length) < 0 ||
		lseek(partial->fd, (off_t)mark->length, SEEK_SET) < 0)
		return err_set_errno(err, CODE_IO, "write %s", partial->path);
	return 0;
}

int partial_blob_restart(struct partial_blob *partial, struct err *err)
{
	struct partial_blob_mark nothing = {0};
	digest_sha256_init(&nothing.hash);
	return partial_blob_rewind(partial, &nothing, err);
}

/* The name makes it a blob. */
static int give_name(struct partial_blob *partial, const char *digest, struct err *err)
{
	AUTO(arena) arena = arena_new();
	AUTO_FREE char *folder = xprintf("%s/blobs/sha256", blob_cache_path(partial->cache));
	const char *path = blob_cache_blob_path(partial->cache, digest, arena);
	if (file_make_directories(folder, 0777, err) < 0)
		return -1;
	/* Not fsynced: whoever reads a blob proves it again, a size that is wrong counts as missing,
	 * and after a power cut it is fetched anew. Waiting for the disk cost a tenth of the time. */
	if (rename(partial->path, path) < 0)
		return err_set_errno(err, CODE_IO, "rename %s to %s", partial->path, path);
	return 0;
}

int partial_blob_finish(struct partial_blob *partial, bool *proven, char *out, struct err *err)
{
	struct digest_sha256 hash = partial->hash;
	struct sha256 sum = digest_sha256_final(&hash);
	sha256_to_digest(&sum, out);
	*proven = (partial->size_bytes == UINT64_MAX || partial->length == partial->size_bytes) &&
		  (!partial->digest || strcmp(out, partial->digest) == 0);
	return *proven ? give_name(partial, out, err) : partial_blob_restart(partial, err);
}

void partial_blob_close(struct partial_blob *partial)
{
	struct stat st;
	/* Bytes are for the next run; a file without any is litter. It is still locked: nobody else's. */
	if (partial->fd >= 0 && fstat(partial->fd, &st) == 0 && st.st_size == 0 &&
		is_still_named(partial->fd, partial->path))
		unlink(partial->path);
	if (partial->fd >= 0)
		close(partial->fd);
	free(partial->path);
	*partial = (struct partial_blob)PARTIAL_BLOB_INIT;
}
