/* Reading the cache's folders. */
#include "cache_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "oci_image.h"
#include "text.h"

static bool is_hex_name(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);
	return strncmp(name, prefix, length) == 0 &&
	       strlen(name + length) == SHA256_HEX_LENGTH &&
	       strspn(name + length, "0123456789abcdef") == SHA256_HEX_LENGTH;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cached_file *)a)->name, ((const struct cached_file *)b)->name);
}

struct listing {
	struct arena *arena;
	struct cached_file *items;
	size_t count, capacity;
	uint64_t bytes;
};

static void add(struct listing *listing, const char *folder, const char *file, const char *name)
{
	struct stat st;
	const char *path = arena_printf(listing->arena, "%s/%s", folder, file);
	/* Another process may have taken it away meanwhile. */
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	*ARENA_PUSH(listing->arena, listing->items, listing->count, listing->capacity) =
		(struct cached_file){
			.name = arena_strdup(listing->arena, name),
			.path = path,
			.size_bytes = (uint64_t)st.st_size,
			.used_at = (int64_t)st.st_mtime,
		};
	listing->bytes += (uint64_t)st.st_size;
}

enum kind { BLOBS, PARTIALS, RECORDS };

static void add_kind(
	struct listing *listing, const char *folder, const char *file, enum kind kind)
{
	if (kind == BLOBS && is_hex_name(file, ""))
		add(listing, folder, file, arena_printf(listing->arena, "sha256:%s", file));
	else if (kind == PARTIALS && (is_hex_name(file, "sha256-") || is_hex_name(file, "url-")))
		add(listing, folder, file, file);
	else if (kind == RECORDS && is_hex_name(file, "sha256-"))
		add(listing, folder, file, arena_printf(listing->arena, "proofs/%s", file));
}

static int list(struct listing *listing, const char *folder, enum kind kind, struct err *err)
{
	DIR *handle = opendir(folder);
	if (!handle && errno == ENOENT)
		return 0;
	if (!handle)
		return err_set_errno(err, CODE_IO, "open %s", folder);
	for (const struct dirent *item; (item = readdir(handle));)
		add_kind(listing, folder, item->d_name, kind);
	closedir(handle);
	if (listing->count > 0)
		qsort(listing->items, listing->count, sizeof(*listing->items), by_name);
	return 0;
}

int cache_list_read(const struct blob_cache *cache, struct arena *arena, struct cache_list *out,
	struct err *err)
{
	struct listing blobs = {.arena = arena}, partials = {.arena = arena}, records = {.arena = arena};
	const char *path = blob_cache_path(cache);
	if (list(&blobs, arena_printf(arena, "%s/blobs/sha256", path), BLOBS, err) < 0 ||
		list(&partials, arena_printf(arena, "%s/partial", path), PARTIALS, err) < 0 ||
		list(&records, arena_printf(arena, "%s/proofs", path), RECORDS, err) < 0)
		return -1;
	*out = (struct cache_list){
		.blobs = blobs.items,
		.blob_count = blobs.count,
		.blob_bytes = blobs.bytes,
		.partials = partials.items,
		.partial_count = partials.count,
		.partial_bytes = partials.bytes,
		.records = records.items,
		.record_count = records.count,
	};
	return 0;
}

static const char *document_kind(const struct cached_file *blob, struct arena *arena)
{
	char *bytes;
	struct err ignored = ERR_INIT;
	struct oci_config config;
	enum oci_document kind;
	size_t length;
	if (file_read_all(blob->path, OCI_DOCUMENT_LIMIT, arena, &bytes, &length, &ignored) < 0)
		return "file";
	if (oci_document_kind(bytes, length, blob->name, &kind, &ignored) == 0)
		return kind == OCI_DOCUMENT_INDEX ? "index" : "manifest";
	if (oci_config_parse(bytes, length, blob->name, arena, &config, &ignored) == 0)
		return "config";
	return "file";
}

const char *cache_list_kind(const struct cached_file *blob, struct arena *arena)
{
	enum { TAR_MAGIC_AT = 257 };
	unsigned char head[TAR_MAGIC_AT + 5] = {0};
	AUTO_FD fd = open(blob->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || pread(fd, head, sizeof(head), 0) < 2)
		return "file";
	if ((head[0] == 0x1f && head[1] == 0x8b) || memcmp(head + TAR_MAGIC_AT, "ustar", 5) == 0)
		return "layer";
	return head[0] == '{' ? document_kind(blob, arena) : "file";
}
