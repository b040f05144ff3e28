/* hardtack.lock in memory: finding, putting, comparing; and its way to the disk. */
#include "lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file_io.h"
#include "image_platform.h"
#include "yaml_document.h"

int lock_file_read(
	const char *path, struct arena *arena, struct lock_file *out, bool *exists, struct err *err)
{
	struct stat st;
	char *bytes;
	size_t length;
	*out = (struct lock_file){0};
	*exists = stat(path, &st) == 0 || errno != ENOENT;
	if (!*exists)
		return 0;
	if (file_read_all(path, YAML_LIMIT_BYTES, arena, &bytes, &length, err) < 0)
		return -1;
	if (lock_file_parse(arena, path, bytes, length, out, err) < 0)
		return err_hint(err,
			"hardtack writes this file: take it back from version control, or remove "
			"it and run `hardtack lock` again.");
	return 0;
}

static bool has_bytes(const char *path, const struct text *wanted)
{
	struct err ignored = ERR_INIT;
	AUTO(arena) arena = arena_new();
	char *bytes;
	size_t length;
	return file_read_all(path, YAML_LIMIT_BYTES, arena, &bytes, &length, &ignored) == 0 &&
	       length == wanted->length && memcmp(bytes, wanted->bytes, length) == 0;
}

int lock_file_write(struct lock_file *lock, const char *path, bool *changed, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	lock_file_text(lock, &text);
	*changed = !has_bytes(path, &text);
	return *changed ? file_write_all(path, text.bytes, text.length, 0644, err) : 0;
}

/* The normal form of a platform's text; what is none stays as it is. */
static const char *normal_platform(const char *text, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	struct oci_platform platform;
	return image_platform_parse(text, arena, &platform, &ignored) < 0
		       ? text
		       : image_platform_text(&platform, arena);
}

struct lock_image *lock_file_image(
	const struct lock_file *lock, const char *reference, const char *platform)
{
	AUTO(arena) arena = arena_new();
	const char *wanted = normal_platform(platform, arena);
	for (size_t i = 0; i < lock->image_count; i++)
		if (strcmp(lock->images[i].reference, reference) == 0 &&
			strcmp(lock->images[i].platform, wanted) == 0)
			return &lock->images[i];
	return NULL;
}

struct lock_download *lock_file_download(const struct lock_file *lock, const char *url)
{
	for (size_t i = 0; i < lock->download_count; i++)
		if (strcmp(lock->downloads[i].url, url) == 0)
			return &lock->downloads[i];
	return NULL;
}

struct lock_image *lock_file_put(
	struct lock_file *lock, struct arena *arena, const char *reference, const char *platform)
{
	struct lock_image *image = lock_file_image(lock, reference, platform);
	if (image)
		return image;
	image = ARENA_PUSH(arena, lock->images, lock->image_count, lock->image_capacity);
	image->reference = arena_strdup(arena, reference);
	image->platform = arena_strdup(arena, normal_platform(platform, arena));
	return image;
}

struct lock_download *lock_file_put_download(
	struct lock_file *lock, struct arena *arena, const char *url)
{
	struct lock_download *download = lock_file_download(lock, url);
	if (download)
		return download;
	download =
		ARENA_PUSH(arena, lock->downloads, lock->download_count, lock->download_capacity);
	download->url = arena_strdup(arena, url);
	return download;
}

void lock_file_remove(struct lock_file *lock, const struct lock_image *image)
{
	size_t at = (size_t)(image - lock->images);
	lock->image_count--;
	memmove(&lock->images[at], &lock->images[at + 1],
		(lock->image_count - at) * sizeof(*lock->images));
}

void lock_file_remove_download(struct lock_file *lock, const struct lock_download *download)
{
	size_t at = (size_t)(download - lock->downloads);
	lock->download_count--;
	memmove(&lock->downloads[at], &lock->downloads[at + 1],
		(lock->download_count - at) * sizeof(*lock->downloads));
}

bool lock_image_same(const struct lock_image *a, const struct lock_image *b)
{
	if (strcmp(a->manifest, b->manifest) != 0 || strcmp(a->config, b->config) != 0 ||
		a->layer_count != b->layer_count)
		return false;
	for (size_t i = 0; i < a->layer_count; i++)
		if (strcmp(a->layers[i].digest, b->layers[i].digest) != 0)
			return false;
	return true;
}
