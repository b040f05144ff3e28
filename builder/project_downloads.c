/* Downloads of a project, by name. */
#include "project_downloads.h"

#include <string.h>

#include "compose_path.h"
#include "percent_encoding.h"
#include "text.h"

/* The last part of a URL's path (RFC 3986), unescaped; NULL when it is no file name. */
static const char *file_name(const char *url, struct arena *arena)
{
	const char *path = strstr(url, "://") + 3;
	size_t end = strcspn(path, "?#"), begin = end, length;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	if (begin == 0) /* only a host */
		return NULL;
	const char *name = percent_decode(path + begin, end - begin, arena, &length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || strchr("/\\", name[i]))
			return NULL;
	if (length == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		!text_is_utf8(name, length))
		return NULL;
	return name;
}

/* Is one of them a folder on the way to the other, or the same? */
static bool collide(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b), shorter = m < n ? m : n;
	if (strncmp(a, b, shorter) != 0)
		return false;
	return m == n || (m < n ? b : a)[shorter] == '/';
}

static const struct closure_entry *find_collision(const struct closure *closure, const char *packed)
{
	for (size_t i = 0; i < closure->count; i++) {
		const struct closure_entry *entry = &closure->entries[i];
		size_t length = strlen(entry->packed);
		bool above = entry->kind == CLOSURE_DIRECTORY && strlen(packed) > length;
		if (!above && collide(entry->packed, packed))
			return entry;
	}
	return NULL;
}

/* Keeps the order: sorted by name. */
static void insert(struct closure *closure, struct arena *arena, const char *packed,
	const struct project_download *download)
{
	struct closure_entry entry = {
		.kind = CLOSURE_DOWNLOAD, .packed = packed, .mode = 0644, .download = download};
	size_t at = 0;
	(void)ARENA_PUSH(arena, closure->entries, closure->count, closure->capacity);
	while (at + 1 < closure->count && strcmp(closure->entries[at].packed, packed) < 0)
		at++;
	memmove(&closure->entries[at + 1], &closure->entries[at],
		(closure->count - 1 - at) * sizeof(entry));
	closure->entries[at] = entry;
}

void project_downloads_add(const struct project_file *file, struct arena *arena,
	struct closure *closure, struct finding_list *findings)
{
	for (size_t i = 0; i < file->download_count; i++) {
		const struct project_download *download = &file->downloads[i];
		const char *packed = compose_path_join(arena, "", download->to);
		if (text_ends_with(download->to, "/") || !*packed) {
			const char *name = file_name(download->url, arena);
			if (!name) {
				struct finding *finding = finding_add(findings, FINDING_ERROR,
					"download", file->path, download->line,
					"the address %s ends with no file name", download->url);
				finding_remedy(findings, finding, "say it in to: folder/name");
				continue;
			}
			packed = compose_path_join(arena, packed, name);
		}
		const struct closure_entry *other = find_collision(closure, packed);
		if (other)
			finding_add(findings, FINDING_ERROR, "download", file->path,
				download->line, "%s is in the way of the download %s",
				other->packed, packed);
		else
			insert(closure, arena, packed, download);
	}
}

const char *project_download_sha256(
	const struct project_download *download, const struct lock_file *lock)
{
	const struct lock_download *locked = lock_file_download(lock, download->url);
	return download->sha256 ? download->sha256 : locked ? locked->sha256 : NULL;
}
