/* Image archives as sets of files. */
#include "archive_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "tar_reader.h"
#include "text.h"

enum {
	LINK_LIMIT = 8,          /* links behind links */
	SMALL_ENTRY = 64 * 1024, /* of a compressed tar: kept in memory … */
	MEMORY_LIMIT = 4 << 20,  /* … up to this much, then in the cache too */
	PATHS_LIMIT = 64 << 20,  /* bytes of all paths and links */
};

struct file {
	const char *path;
	const char *link; /* resolved: a path in the archive; NULL for a regular file */
	bool link_is_bad; /* leads out of the archive */
	struct blob_source blob;
};

struct archive_input {
	const char *name;
	struct arena *arena;
	const char *folder; /* its real path; NULL for a tar */
	struct file *files; /* of a tar, sorted by path */
	size_t count, capacity;
	size_t memory_used;
	size_t path_bytes;
};

const char *archive_input_name(const struct archive_input *input)
{
	return input->name;
}

/* ---- paths ---- */

/* "a/b" and "../c" make "a/c" when base is "a/b/"; NULL when it leads out. */
static const char *resolve(const char *base, const char *relative, struct arena *arena)
{
	AUTO_TEXT out = TEXT_INIT;
	if (relative[0] == '/')
		return NULL;
	text_add(&out, base);
	for (const char *at = relative; *at;) {
		size_t length = strcspn(at, "/");
		if (length == 2 && at[0] == '.' && at[1] == '.') {
			if (out.length == 0)
				return NULL;
			const char *slash = strrchr(out.bytes, '/');
			size_t keep = slash ? (size_t)(slash - out.bytes) : 0;
			out.length = keep;
			out.bytes[keep] = '\0';
		} else if (length > 0 && !(length == 1 && at[0] == '.')) {
			if (out.length > 0)
				text_add(&out, "/");
			text_add_bytes(&out, at, length);
		}
		at += length;
		at += *at == '/';
	}
	return out.length > 0 ? arena_strdup(arena, out.bytes) : NULL;
}

static const char *directory_of(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "";
}

static const char *blob_name(const struct archive_input *input, const char *path)
{
	AUTO_TEXT shown = TEXT_INIT;
	text_add_printable(&shown, path, strlen(path));
	return arena_printf(input->arena, "%s: %s", input->name, shown.bytes);
}

static int refuse_path(const struct archive_input *input, const char *path, struct err *err)
{
	return err_set(
		err, CODE_INPUT, "%s: the path leads out of the archive", blob_name(input, path));
}

/* ---- folders ---- */

static int find_in_folder(const struct archive_input *input, const char *path, bool *found,
	struct blob_source *out, struct err *err)
{
	struct stat st;
	const char *full = arena_printf(input->arena, "%s/%s", input->folder, path);
	AUTO_FREE char *real = realpath(full, NULL);
	size_t length = strlen(input->folder);
	if (!real) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return err_set_errno(err, CODE_IO, "open %s", full);
	}
	if (strncmp(real, input->folder, length) != 0 ||
		(real[length] != '/' && length > 1 /* not the root folder */))
		return refuse_path(input, path, err);
	if (stat(real, &st) < 0)
		return err_set_errno(err, CODE_IO, "open %s", full);
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", full);
	*found = true;
	*out = (struct blob_source){
		.size_bytes = (uint64_t)st.st_size,
		.name = blob_name(input, path),
		.fd = -1,
		.path = arena_strdup(input->arena, real),
	};
	return 0;
}

/* ---- tars ---- */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static const struct file *find_file(const struct archive_input *input, const char *path)
{
	struct file key = {.path = path};
	if (input->count == 0)
		return NULL;
	return bsearch(&key, input->files, input->count, sizeof(key), by_path);
}

int archive_input_find(const struct archive_input *input, const char *path, bool *found,
	struct blob_source *out, struct err *err)
{
	*found = false;
	const char *plain = strlen(path) <= TAR_PATH_LIMIT ? resolve("", path, input->arena) : NULL;
	if (!plain)
		return refuse_path(input, path, err);
	if (input->folder)
		return find_in_folder(input, plain, found, out, err);
	const struct file *file = find_file(input, plain);
	for (int links = 0; file && (file->link || file->link_is_bad); links++) {
		if (file->link_is_bad || links == LINK_LIMIT)
			return err_set(err, CODE_INPUT, "%s: the link leads nowhere in the archive",
				blob_name(input, file->path));
		file = find_file(input, file->link);
	}
	if (!file)
		return 0;
	*found = true;
	*out = file->blob;
	/* The name of the link is what the documents call it. */
	out->name = blob_name(input, plain);
	return 0;
}

bool archive_input_has_folder(const struct archive_input *input, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < input->count; i++)
		if (strncmp(input->files[i].path, name, length) == 0 &&
			input->files[i].path[length] == '/')
			return true;
	return false;
}

static int keep_in_memory(struct archive_input *input, struct stream_source *data,
	const struct tar_entry *entry, struct file *file, struct err *err)
{
	char *bytes = arena_alloc(input->arena, (size_t)entry->size_bytes + 1);
	const void *chunk = NULL;
	size_t length = 0, at = 0;
	do {
		if (stream_next(data, &chunk, &length, err) < 0)
			return -1;
		if (length > 0)
			memcpy(bytes + at, chunk, length);
		at += length;
	} while (length > 0);
	file->blob.bytes = bytes;
	input->memory_used += at;
	return 0;
}

static int add_entry(struct archive_input *input, struct tar_reader *reader,
	const struct tar_entry *entry, int fd, struct blob_cache *cache, struct err *err)
{
	if (entry->type == TAR_DIRECTORY)
		return 0;
	struct file *file = ARENA_PUSH(input->arena, input->files, input->count, input->capacity);
	input->path_bytes +=
		strlen(entry->path) + (entry->link_target ? strlen(entry->link_target) : 0);
	if (input->path_bytes > PATHS_LIMIT)
		return err_set(
			err, CODE_INPUT, "%s: the paths of its entries are too long", input->name);
	file->path = arena_strdup(input->arena, entry->path);
	file->blob = (struct blob_source){.size_bytes = entry->size_bytes, .fd = -1};
	if (entry->link_target) {
		const char *base =
			entry->type == TAR_SYMLINK ? directory_of(entry->path, input->arena) : "";
		file->link = resolve(base, entry->link_target, input->arena);
		file->link_is_bad = !file->link;
		return 0;
	}
	if (entry->data_offset != UINT64_MAX) {
		file->blob.fd = fd;
		file->blob.offset = entry->data_offset;
		return 0;
	}
	struct stream_source *data = tar_reader_data(reader);
	if (entry->size_bytes <= SMALL_ENTRY && input->memory_used < MEMORY_LIMIT)
		return keep_in_memory(input, data, entry, file, err);
	if (blob_cache_store(cache, data, input->arena, &file->blob, err) < 0)
		return -1;
	file->blob.digest = NULL; /* whoever asks has an expectation of his own */
	return 0;
}

static int read_entries(struct archive_input *input, struct tar_reader *reader, int fd,
	struct blob_cache *cache, struct err *err)
{
	const struct tar_entry *entry;
	for (;;) {
		if (tar_reader_next(reader, &entry, err) < 0)
			return -1;
		if (!entry)
			break;
		if (add_entry(input, reader, entry, fd, cache, err) < 0)
			return -1;
	}
	if (input->count > 0)
		qsort(input->files, input->count, sizeof(*input->files), by_path);
	return 0;
}

/* ---- opening ---- */

enum form { FORM_TAR, FORM_COMPRESSED, FORM_OTHER };

static enum form form_of(const unsigned char magic[static 6], const char **other)
{
	static const struct {
		const char *name; /* NULL: we can */
		size_t length;
		unsigned char bytes[6];
	} forms[] = {
		{NULL, 2, {0x1f, 0x8b}},
		{NULL, 4, {0x28, 0xb5, 0x2f, 0xfd}},
		{"bzip2", 3, {'B', 'Z', 'h'}},
		{"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
		{"lz4", 4, {0x04, 0x22, 0x4d, 0x18}},
		{"zip", 4, {'P', 'K', 3, 4}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (memcmp(magic, forms[i].bytes, forms[i].length) != 0)
			continue;
		*other = forms[i].name;
		return forms[i].name ? FORM_OTHER : FORM_COMPRESSED;
	}
	return FORM_TAR;
}

static int read_tar(struct archive_input *input, int fd, uint64_t size, struct blob_cache *cache,
	struct err *err)
{
	AUTO(tar_reader) reader = NULL;
	unsigned char magic[6] = {0};
	const char *other = NULL;
	size_t length = size < sizeof(magic) ? (size_t)size : sizeof(magic);
	if (file_pread(fd, input->name, magic, length, 0, err) < 0)
		return -1;
	enum form form = form_of(magic, &other);
	if (form == FORM_OTHER) {
		err_set(err, CODE_INPUT, "%s is compressed with %s", input->name, other);
		return err_hint(err, "Unpack it first, or compress it with gzip or zstd.");
	}
	if (form == FORM_TAR) {
		if (tar_reader_open_file(&reader, TAR_FOREIGN, fd, input->name, 0, size, err) < 0)
			return -1;
		return read_entries(input, reader, fd, cache, err);
	}
	struct stream_file file;
	stream_file_init(&file, fd, input->name, 0, size);
	int result = tar_reader_open_compressed(&reader, &file.source, input->name, err);
	if (result == 0)
		result = read_entries(input, reader, -1, cache, err);
	stream_file_clear(&file);
	return result;
}

int archive_input_open(struct archive_input **out, const char *path, struct blob_cache *cache,
	struct arena *arena, int *fd, struct err *err)
{
	struct stat st;
	struct archive_input *input = ARENA_NEW(arena, struct archive_input);
	*fd = -1;
	input->name = arena_strdup(arena, path);
	input->arena = arena;
	AUTO_FD opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (opened < 0 || fstat(opened, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	*out = input;
	if (S_ISDIR(st.st_mode)) {
		AUTO_FREE char *real = realpath(path, NULL);
		if (!real)
			return err_set_errno(err, CODE_INPUT, "open %s", path);
		input->folder = arena_strdup(arena, real);
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", path);
	if (read_tar(input, opened, (uint64_t)st.st_size, cache, err) < 0)
		return -1;
	*fd = TAKE_FD(opened);
	return 0;
}
