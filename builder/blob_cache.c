/* The cache folder: blobs by digest. */
#include "blob_cache.h"

#include <string.h>
#include <sys/stat.h>

#include "text.h"

struct blob_cache {
	char *path;
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
	(*out)->path = TAKE(chosen);
	return 0;
}

void blob_cache_free(struct blob_cache *cache)
{
	if (!cache)
		return;
	free(cache->path);
	free(cache);
}

const char *blob_cache_path(const struct blob_cache *cache)
{
	return cache->path;
}

static const char *path_of(const struct blob_cache *cache, const char *digest, struct arena *arena)
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
	const char *path = path_of(cache, digest, arena);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size_bytes)
		return false;
	fill(out, path, digest, size_bytes, arena);
	return true;
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
	const char *path = path_of(cache, digest, arena);
	free(output.path);
	output.path = xstrdup(path);
	if (file_output_commit(&output, err) < 0)
		return err_wrap(err, "the cache %s", cache->path);
	fill(out, path, digest, size_bytes, arena);
	return 0;
}
