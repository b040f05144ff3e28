/* `hardtack cache ls|gc|verify`: what the cache holds, making room, and proving it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cache_gc.h"
#include "cache_list.h"
#include "interrupt.h"
#include "message.h"
#include "options.h"
#include "partial_blob.h"
#include "transfer_rate.h"

enum { DEFAULT_DAYS = 30, DAY_S = 24 * 60 * 60 };

struct cache_verb {
	const struct options *options;
	struct arena *arena;
	struct ui *ui;
	struct blob_cache *cache;
	struct cache_list list;
};

static int64_t days_since(int64_t then)
{
	int64_t now = (int64_t)time(NULL);
	return now > then ? (now - then) / DAY_S : 0;
}

static const char *size_text(struct cache_verb *verb, uint64_t size_bytes)
{
	AUTO_TEXT size = TEXT_INIT;
	text_add_size(&size, size_bytes);
	return arena_strdup(verb->arena, size.bytes);
}

/* ---- ls ---- */

static void show_file(struct cache_verb *verb, const struct cached_file *file, const char *kind)
{
	int64_t days = days_since(file->used_at);
	struct ui_field fields[] = {
		UI_TEXT("digest", file->name),
		UI_TEXT("kind", kind),
		UI_NUMBER("size", file->size_bytes),
		UI_NUMBER("unused_days", days),
		UI_TEXT("path", file->path),
	};
	UI_RECORD(verb->ui, "cached", fields, "%-8s  %10s  %s  %s", kind,
		size_text(verb, file->size_bytes),
		days == 0 ? T("today") : arena_printf(verb->arena, T("%lld d ago"), (long long)days),
		file->name);
}

static int cache_ls(struct cache_verb *verb, struct err *err)
{
	const struct cache_list *list = &verb->list;
	(void)err;
	for (size_t i = 0; i < list->blob_count; i++)
		show_file(verb, &list->blobs[i], cache_list_kind(&list->blobs[i], verb->arena));
	for (size_t i = 0; i < list->partial_count; i++)
		show_file(verb, &list->partials[i], "partial");
	ui_note(verb->ui, T("%s: blobs: %zu, %s; partial: %zu, %s"), blob_cache_path(verb->cache),
		list->blob_count, size_text(verb, list->blob_bytes), list->partial_count,
		size_text(verb, list->partial_bytes));
	return 0;
}

/* ---- gc ---- */

static int read_rules(struct cache_verb *verb, struct cache_gc_rules *rules, struct err *err)
{
	const struct options *options = verb->options;
	struct lock_file *locks =
		arena_alloc(verb->arena, (options->keep.count + 1) * sizeof(*locks));
	*rules = (struct cache_gc_rules){
		.locks = locks,
		.lock_count = options->keep.count,
		.older_than_days = options->older_than,
		.now = (int64_t)time(NULL),
	};
	if (options->max_size && transfer_rate_parse(options->max_size, &rules->max_bytes, err) < 0) {
		err_clear(err);
		err_set(err, CODE_USAGE, "--max-size %s is not a size", options->max_size);
		return err_hint(err, "Write it as 500M, 20G or 8GiB.");
	}
	for (size_t i = 0; i < options->keep.count; i++) {
		bool exists;
		if (lock_file_read(options->keep.items[i], verb->arena, &locks[i], &exists, err) <
			0)
			return -1;
		if (!exists)
			return err_set(err, CODE_USAGE, "--keep %s: there is no such file",
				options->keep.items[i]);
	}
	if (!rules->lock_count && !rules->older_than_days && !rules->max_bytes)
		rules->older_than_days = DEFAULT_DAYS;
	return 0;
}

static int remove_file(const struct cached_file *file, struct err *err)
{
	if (unlink(file->path) < 0 && errno != ENOENT)
		return err_set_errno(err, CODE_IO, "remove %s", file->path);
	return 0;
}

static int cache_gc(struct cache_verb *verb, struct err *err)
{
	struct cache_gc_rules rules;
	const struct cached_file **files;
	size_t count;
	uint64_t bytes = 0;
	bool busy, dry = verb->options->dry_run;
	if (read_rules(verb, &rules, err) < 0 ||
		blob_cache_use_alone(verb->cache, &busy, err) < 0)
		return -1;
	if (busy) {
		err_set(err, CODE_PREFLIGHT, "another hardtack is using the cache %s",
			blob_cache_path(verb->cache));
		return err_hint(err, "Run it again when that has ended.");
	}
	/* Listed anew: who used it before us may have added to it. */
	if (cache_list_read(verb->cache, verb->arena, &verb->list, err) < 0)
		return -1;
	cache_gc_choose(&verb->list, &rules, verb->arena, &files, &count);
	for (size_t i = 0; i < count; i++) {
		struct ui_field fields[] = {
			UI_TEXT("digest", files[i]->name),
			UI_NUMBER("size", files[i]->size_bytes),
		};
		if (!dry && remove_file(files[i], err) < 0)
			return -1;
		UI_RECORD(verb->ui, "removed", fields, "%10s  %s",
			size_text(verb, files[i]->size_bytes), files[i]->name);
		bytes += files[i]->size_bytes;
	}
	if (dry)
		ui_note(verb->ui, T("It would remove %zu files, %s"), count, size_text(verb, bytes));
	else
		ui_note(verb->ui, T("Removed %zu files, %s"), count, size_text(verb, bytes));
	return 0;
}

/* ---- verify ---- */

/* The same file as the one that was hashed: a good one may have taken its place. */
static int remove_damaged(
	const struct cached_file *file, const struct stat *hashed, struct err *err)
{
	struct stat now;
	if (stat(file->path, &now) < 0 || now.st_ino != hashed->st_ino)
		return 0;
	return remove_file(file, err);
}

static int check_blob(struct cache_verb *verb, const struct cached_file *file, uint64_t *done,
	bool *damaged, struct err *err)
{
	struct stat st;
	struct stream_file stream;
	struct digest_sha256 hash;
	char digest[SHA256_DIGEST_LENGTH + 1];
	const void *bytes;
	size_t length;
	int status;
	AUTO_FD fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*damaged = false;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_IO, "open %s", file->path);
	digest_sha256_init(&hash);
	stream_file_init(&stream, fd, file->path, 0, (uint64_t)st.st_size);
	while ((status = stream_next(&stream.source, &bytes, &length, err)) == 0 && length) {
		digest_sha256_update(&hash, bytes, length);
		ui_progress(verb->ui, *done += length, verb->list.blob_bytes);
	}
	stream_file_clear(&stream);
	struct sha256 sum = digest_sha256_final(&hash);
	sha256_to_digest(&sum, digest);
	/* A sector that cannot be read is damage like any other. */
	*damaged = status < 0 || strcmp(digest, file->name) != 0;
	err_clear(err);
	return *damaged ? remove_damaged(file, &st, err) : 0;
}

static int fail_damaged(struct cache_verb *verb, size_t damaged, struct err *err)
{
	ui_step_end(verb->ui, UI_FAILED, T("Damaged blobs: %zu of %zu"), damaged,
		verb->list.blob_count);
	err_set(err, CODE_INTEGRITY, "blobs of the cache that were damaged and have been removed: %zu",
		damaged);
	return err_hint(err,
		"Run fetch or build again: they are fetched anew. If it happens again, have the disk "
		"checked.");
}

static int cache_verify(struct cache_verb *verb, struct err *err)
{
	const struct cache_list *list = &verb->list;
	size_t damaged_count = 0;
	uint64_t done = 0;
	if (list->blob_count > 0 && blob_cache_use(verb->cache, err) < 0)
		return -1;
	ui_step_begin(verb->ui, "verify", T("Checking %zu blobs, %s"), list->blob_count,
		size_text(verb, list->blob_bytes));
	for (size_t i = 0; i < list->blob_count; i++) {
		const struct cached_file *file = &list->blobs[i];
		bool damaged;
		if (check_blob(verb, file, &done, &damaged, err) < 0)
			return -1;
		if (!damaged)
			continue;
		struct ui_field fields[] = {
			UI_TEXT("digest", file->name),
			UI_NUMBER("size", file->size_bytes),
		};
		UI_RECORD(verb->ui, "damaged", fields, "%s", file->name);
		damaged_count++;
	}
	if (damaged_count)
		return fail_damaged(verb, damaged_count, err);
	ui_step_end(verb->ui, UI_DONE, T("Every blob is what its name says: %zu, %s"),
		list->blob_count, size_text(verb, list->blob_bytes));
	return 0;
}

/* ---- the verb ---- */

static const struct {
	const char *name;
	int (*run)(struct cache_verb *verb, struct err *err);
} actions[] = {
	{"ls", cache_ls},
	{"gc", cache_gc},
	{"verify", cache_verify},
};

int verb_cache(struct verb *verb, struct err *err)
{
	AUTO(blob_cache) cache = NULL;
	struct cache_verb run = {
		.options = verb->options,
		.arena = verb->arena,
		.ui = verb->ui,
	};
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, verb->arguments[0]) != 0)
			continue;
		if (blob_cache_open(&cache, NULL, err) < 0)
			return -1;
		run.cache = cache;
		if (cache_list_read(cache, verb->arena, &run.list, err) < 0)
			return -1;
		return actions[i].run(&run, err);
	}
	err_set(err, CODE_USAGE, "the cache knows no \"%s\"", verb->arguments[0]);
	return err_hint(err, "There are ls, gc and verify.");
}
