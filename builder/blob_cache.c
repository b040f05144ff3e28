/* The cache folder: blobs by digest. */
#include "blob_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "interrupt.h"
#include "text.h"

struct blob_cache {
	char *path;
	int lock; /* CACHE/in-use, or -1 */
};

static char *default_path(void)
{
	const char *chosen = getenv("HARDTACK_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	if (chosen && *chosen)
		return xstrdup(chosen);
	/* "All paths must be absolute; if not, ignore" (XDG base directory specification). */
	if (xdg && *xdg == '/')
		return xprintf("%s/hardtack", xdg);
	if (!home || *home != '/')
		return NULL;
#ifdef __APPLE__
	return xprintf("%s/Library/Caches/hardtack", home);
#else
	return xprintf("%s/.cache/hardtack", home);
#endif
}

int blob_cache_open(struct blob_cache **out, const char *path, struct err *err)
{
	AUTO_FREE char *chosen = path ? xstrdup(path) : default_path();
	if (!chosen) {
		err_set(err, CODE_USAGE, "there is no place for the cache: HOME is not set");
		return err_hint(err, "Set HARDTACK_CACHE to a folder.");
	}
	*out = xmalloc(sizeof(**out));
	*(*out) = (struct blob_cache){.path = TAKE(chosen), .lock = -1};
	return 0;
}

void blob_cache_free(struct blob_cache *cache)
{
	if (!cache)
		return;
	if (cache->lock >= 0)
		close(cache->lock);
	free(cache->path);
	free(cache);
}

const char *blob_cache_path(const struct blob_cache *cache)
{
	return cache->path;
}

/* The lock file, or -1 where none can be made. */
static int open_lock(const struct blob_cache *cache)
{
	AUTO_FREE char *path = xprintf("%s/in-use", cache->path);
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
	return fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC);
}

static int lock_interruptibly(int fd, int operation)
{
	while (flock(fd, operation) < 0)
		if (errno != EINTR || interrupt_pending())
			return -1;
	return 0;
}

int blob_cache_use(struct blob_cache *cache, struct err *err)
{
	if (cache->lock >= 0)
		return 0;
	if (file_make_directories(cache->path, 0777, err) < 0)
		return err_wrap(err, "the cache %s", cache->path);
	AUTO_FD fd = open_lock(cache);
	/* A file system without locks, or one that cannot be written to: nothing is collected
	 * there either. */
	if (fd < 0 || (lock_interruptibly(fd, LOCK_SH) < 0 && !interrupt_pending()))
		return 0;
	cache->lock = TAKE_FD(fd);
	return interrupt_check(err);
}

int blob_cache_use_alone(struct blob_cache *cache, bool *busy, struct err *err)
{
	*busy = false;
	AUTO_FD fd = open_lock(cache);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set_errno(err, CODE_IO, "open %s/in-use", cache->path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_set_errno(err, CODE_IO, "lock %s/in-use", cache->path);
		*busy = true;
		return 0;
	}
	cache->lock = TAKE_FD(fd);
	return 0;
}

const char *blob_cache_blob_path(
	const struct blob_cache *cache, const char *digest, struct arena *arena)
{
	return arena_printf(arena, "%s/blobs/sha256/%s", cache->path, digest + strlen("sha256:"));
}

static void fill(struct blob_source *out, const char *path, const char *digest, uint64_t size_bytes,
	struct arena *arena)
{
	*out = (struct blob_source){
		.digest = arena_strdup(arena, digest),
		.size_bytes = size_bytes,
		.name = path,
		.fd = -1,
		.path = path,
	};
}

bool blob_cache_find(const struct blob_cache *cache, const char *digest, uint64_t size_bytes,
	struct arena *arena, struct blob_source *out)
{
	struct stat st;
	const char *path = blob_cache_blob_path(cache, digest, arena);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
		(size_bytes != UINT64_MAX && (uint64_t)st.st_size != size_bytes))
		return false;
	fill(out, path, digest, (uint64_t)st.st_size, arena);
	return true;
}

void blob_cache_touch(const struct blob_source *blob)
{
	/* Fails in a cache that is only lent to us; its owner counts for himself. */
	if (blob->path)
		utimensat(AT_FDCWD, blob->path, NULL, 0);
}

int blob_cache_store(struct blob_cache *cache, struct stream_source *source, struct arena *arena,
	struct blob_source *out, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	AUTO_FREE char *folder = xprintf("%s/blobs/sha256", cache->path);
	AUTO_FREE char *incoming = xprintf("%s/incoming", folder);
	char digest[SHA256_DIGEST_LENGTH + 1];
	struct digest_sha256 hash;
	uint64_t size_bytes = 0;
	const void *bytes = NULL;
	size_t length = 0;
	if (file_make_directories(folder, 0777, err) < 0 ||
		file_output_open(&output, incoming, 0644, err) < 0)
		return err_wrap(err, "the cache %s", cache->path);
	digest_sha256_init(&hash);
	for (;;) {
		if (stream_next(source, &bytes, &length, err) < 0)
			return -1;
		if (length == 0)
			break;
		digest_sha256_update(&hash, bytes, length);
		if (file_write(output.fd, incoming, bytes, length, err) < 0)
			return err_wrap(err, "the cache %s", cache->path);
		size_bytes += length;
	}
	struct sha256 sum = digest_sha256_final(&hash);
	sha256_to_digest(&sum, digest);
	/* Only now the name is known. */
	const char *path = blob_cache_blob_path(cache, digest, arena);
	free(output.path);
	output.path = xstrdup(path);
	if (file_output_commit(&output, err) < 0)
		return err_wrap(err, "the cache %s", cache->path);
	fill(out, path, digest, size_bytes, arena);
	return 0;
}

int blob_cache_explain(struct err *err)
{
	err->hint[0] = '\0';
	return err_hint(err,
		"`hardtack cache verify` takes damaged blobs out of the cache; then run it again.");
}
