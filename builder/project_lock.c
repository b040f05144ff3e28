/* The lock of a project. */
#include "project_lock.h"

#include <string.h>

#include "message.h"

#define DOWNLOAD_LIMIT (UINT64_C(4) << 30) /* bytes of a file whose size nobody has said */

static struct lock_change *add_change(struct project_lock *lock, enum lock_change_kind kind,
	const char *name, const char *platform, struct arena *arena)
{
	struct lock_change *change =
		ARENA_PUSH(arena, lock->changes, lock->change_count, lock->change_capacity);
	change->kind = kind;
	change->name = name;
	change->platform = platform;
	return change;
}

int project_lock_read(struct project_lock *lock, const struct project *project, struct arena *arena,
	struct err *err)
{
	*lock = (struct project_lock){0};
	lock->path = strcmp(project->directory, ".") == 0
			     ? LOCK_FILE_NAME
			     : arena_printf(arena, "%s/" LOCK_FILE_NAME, project->directory);
	return lock_file_read(lock->path, arena, &lock->file, &lock->exists, err);
}

/* ---- images ---- */

bool project_lock_may_move(
	const struct lock_update *update, const struct image_reference *reference)
{
	if (!update || update->all)
		return update != NULL;
	for (size_t i = 0; i < update->image_count; i++) {
		const struct image_reference *image = &update->images[i];
		if (strcmp(image->domain, reference->domain) != 0 ||
			strcmp(image->path, reference->path) != 0)
			continue;
		if ((!image->tag_given && !image->digest) ||
			image_reference_equal(image, reference))
			return true;
	}
	return false;
}

bool project_lock_has(const struct project_lock *lock, const struct image_want *want,
	const struct lock_update *update)
{
	return lock_file_image(&lock->file, want->reference_text, want->platform_text) &&
	       !project_lock_may_move(update, &want->reference);
}

static int lock_one(struct project_lock *lock, struct image_resolver *resolver,
	const struct image_want *want, struct arena *arena, struct err *err)
{
	struct lock_image fresh;
	const struct compose_service *service = want->service;
	if (image_resolve(resolver, &want->reference, &want->platform, arena, &fresh, err) < 0)
		return err_wrap(err, "%s:%u: service %s", service->place.file->path,
			service->place.line, service->name);
	struct lock_image *entry =
		lock_file_put(&lock->file, arena, want->reference_text, want->platform_text);
	const char *old = entry->manifest;
	fresh.reference = entry->reference;
	fresh.platform = entry->platform;
	*entry = fresh;
	if (old && strcmp(old, fresh.manifest) == 0)
		return 0;
	struct lock_change *change = add_change(lock, old ? LOCK_MOVED : LOCK_ADDED,
		image_reference_familiar(&want->reference, arena), entry->platform, arena);
	change->old_digest = old;
	change->new_digest = fresh.manifest;
	return 0;
}

/* Does it say something of this image alone, so that the others are asked for too? A host that is
 * lost costs only once (image_resolve). */
static bool is_of_one_image(const struct err *err)
{
	return err->code == CODE_NETWORK || err->code == CODE_CREDENTIALS ||
	       err->code == CODE_NOT_FOUND || err->code == CODE_INTEGRITY ||
	       err->code == CODE_INPUT;
}

static void show(struct ui *ui, const struct err *err)
{
	ui_problem(ui, UI_PROBLEM_ERROR, exit_code_name(err->code), err->text, err->hint);
}

/* One failure is the error itself; of several each is shown, and the error names them all. */
static int fail_all(struct text *names, size_t failed, const struct err *first,
	const struct err *last, struct ui *ui, struct err *err)
{
	*err = *last;
	if (failed < 2)
		return -1;
	show(ui, last);
	err_set(err, first->code, "images that no source could give (%zu): %s", failed,
		names->bytes);
	return err_hint(err, "`hardtack mirrors test` shows what each source has.");
}

int project_lock_images(struct project_lock *lock, struct image_resolver *resolver,
	const struct image_want *wants, size_t count, const struct lock_update *update,
	struct ui *ui, struct arena *arena, struct err *err)
{
	AUTO_TEXT names = TEXT_INIT;
	struct err first = ERR_INIT, last = ERR_INIT;
	size_t failed = 0;
	for (size_t i = 0; i < count; i++) {
		if (project_lock_has(lock, &wants[i], update))
			continue;
		const char *name = image_reference_familiar(&wants[i].reference, arena);
		ui_status(ui, T("%s (%s)"), name, wants[i].platform_text);
		if (lock_one(lock, resolver, &wants[i], arena, err) == 0)
			continue;
		if (!is_of_one_image(err))
			return -1;
		if (failed++ == 0)
			first = *err;
		else
			show(ui, &last);
		last = *err;
		err_clear(err);
		text_addf(&names, "%s%s (%s)", names.length ? ", " : "", name,
			wants[i].platform_text);
	}
	return failed ? fail_all(&names, failed, &first, &last, ui, err) : 0;
}

/* ---- what is no longer used ---- */

static bool is_used(const struct lock_image *image, const char *const *used, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(used[i], image->reference) == 0)
			return true;
	return false;
}

static bool is_download(const struct lock_download *download, const struct project *project)
{
	for (size_t i = 0; i < project->download_count; i++)
		if (strcmp(project->downloads[i]->url, download->url) == 0)
			return true;
	return false;
}

static void prune_images(
	struct project_lock *lock, const char *const *used, size_t count, struct arena *arena)
{
	for (size_t i = 0; i < lock->file.image_count;) {
		const struct lock_image *image = &lock->file.images[i];
		struct image_reference reference;
		struct err ignored = ERR_INIT;
		if (is_used(image, used, count)) {
			i++;
			continue;
		}
		const char *name =
			image_reference_parse(image->reference, arena, &reference, &ignored) < 0
				? image->reference
				: image_reference_familiar(&reference, arena);
		add_change(lock, LOCK_REMOVED, name, image->platform, arena)->old_digest =
			image->manifest;
		lock_file_remove(&lock->file, image);
	}
}

static int list_used(const struct compose_project *compose, const char **used, size_t *count,
	struct arena *arena, struct err *err)
{
	/* Services of other profiles too: they are packed another time. */
	for (size_t i = 0; i < compose->service_count; i++) {
		struct image_reference reference;
		if (!compose->services[i].image)
			continue;
		if (image_reference_parse(compose->services[i].image, arena, &reference, err) < 0)
			return -1;
		used[(*count)++] = image_reference_text(&reference, arena);
	}
	return 0;
}

int project_lock_prune(struct project_lock *lock, const struct project *project,
	struct arena *arena, struct err *err)
{
	size_t count = 0, limit = 0;
	for (size_t i = 0; i < project->compose_count; i++)
		limit += project->composes[i]->service_count;
	const char **used = arena_alloc(arena, (limit + 1) * sizeof(*used));
	for (size_t i = 0; i < project->compose_count; i++)
		if (list_used(project->composes[i], used, &count, arena, err) < 0)
			return -1;
	prune_images(lock, used, count, arena);
	for (size_t i = 0; i < lock->file.download_count;) {
		const struct lock_download *download = &lock->file.downloads[i];
		if (is_download(download, project)) {
			i++;
			continue;
		}
		add_change(lock, LOCK_REMOVED, download->url, NULL, arena)->old_digest =
			download->sha256;
		lock_file_remove_download(&lock->file, download);
	}
	return 0;
}

/* ---- downloads ---- */

/* Puts a hash; says so when it is another than before. */
static void put_download(struct project_lock *lock, const char *url, const char *sha256,
	uint64_t size_bytes, struct arena *arena)
{
	struct lock_download *entry = lock_file_put_download(&lock->file, arena, url);
	const char *old = entry->sha256;
	if (old && strcmp(old, sha256) == 0) {
		entry->size_bytes = size_bytes ? size_bytes : entry->size_bytes;
		return;
	}
	entry->sha256 = arena_strdup(arena, sha256);
	entry->size_bytes = size_bytes;
	struct lock_change *change =
		add_change(lock, old ? LOCK_MOVED : LOCK_ADDED, entry->url, NULL, arena);
	change->old_digest = old;
	change->new_digest = entry->sha256;
}

/* A hash that has to be found out: nobody said it, or the person wants it anew. */
static bool is_unknown(const struct project_lock *lock, const struct project_download *download,
	const struct lock_update *update)
{
	return !download->sha256 &&
	       (!lock_file_download(&lock->file, download->url) || (update && update->all));
}

void project_lock_downloads(struct project_lock *lock, const struct project *project,
	const struct lock_update *update, size_t *unknown, struct arena *arena)
{
	*unknown = 0;
	for (size_t i = 0; i < project->download_count; i++) {
		const struct project_download *download = project->downloads[i];
		if (download->sha256)
			put_download(lock, download->url, download->sha256, 0, arena);
		else if (is_unknown(lock, download, update))
			++*unknown;
	}
}

/* A file of unknown hash on its way to a nameless file in the cache's folder. */
struct arriving_file {
	struct stream_sink sink;
	int fd;
	const char *name;
	uint64_t size_bytes;
};

static int file_arrives(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct arriving_file *file = (struct arriving_file *)sink;
	file->size_bytes += length;
	return file_write(file->fd, file->name, bytes, length, err);
}

static int learn(struct project_lock *lock, const char *url, struct network *network,
	struct http_connection *connection, struct blob_cache *cache, struct arena *arena,
	struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	struct registry_failure failure = {0};
	struct stream_file stream;
	struct blob_source stored;
	uint64_t size_bytes = 0;
	bool restarted = false;
	const char *path = arena_printf(arena, "%s/download", blob_cache_path(cache));
	if (file_make_directories(blob_cache_path(cache), 0777, err) < 0 ||
		file_output_open(&output, path, 0600, err) < 0)
		return -1;
	struct arriving_file file = {{file_arrives}, output.fd, path, 0};
	if (registry_get_file(network->registry, connection, url, DOWNLOAD_LIMIT, 0, &restarted,
		    &size_bytes, &file.sink, &failure, err) < 0)
		return -1;
	if (file.size_bytes == 0)
		return err_set(err, CODE_INTEGRITY, "%s: what came is empty", url);
	stream_file_init(&stream, output.fd, path, 0, file.size_bytes);
	int result = blob_cache_store(cache, &stream.source, arena, &stored, err);
	stream_file_clear(&stream);
	if (result < 0)
		return -1;
	put_download(lock, url, stored.digest + strlen("sha256:"), stored.size_bytes, arena);
	return 0;
}

int project_lock_learn_downloads(struct project_lock *lock, const struct project *project,
	const struct lock_update *update, struct network *network, struct blob_cache *cache,
	struct arena *arena, struct err *err)
{
	AUTO(http_connection) connection = http_connection_new(network->http);
	for (size_t i = 0; i < project->download_count; i++) {
		const struct project_download *download = project->downloads[i];
		if (is_unknown(lock, download, update) &&
			learn(lock, download->url, network, connection, cache, arena, err) < 0)
			return err_wrap(err, "%s:%u", project->file->path, download->line);
	}
	return 0;
}

int project_lock_write(struct project_lock *lock, bool *changed, struct err *err)
{
	return lock_file_write(&lock->file, lock->path, changed, err);
}
