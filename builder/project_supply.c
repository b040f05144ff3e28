/* Lock, fetch, hand over: the images and files of a project. */
#include "project_supply.h"

#include <string.h>

#include "image_locked.h"
#include "image_rewrapped.h"
#include "interrupt.h"
#include "message.h"
#include "project_downloads.h"

/* ---- opening ---- */

static int open_network(struct project_supply *supply, struct err *err)
{
	if (supply->network_is_open)
		return 0;
	supply->network_is_open = true;
	if (network_open(&supply->network, supply->options, supply->project->file, supply->arena,
		    err) < 0)
		return -1;
	network_warn_through(&supply->network, supply->ui);
	return image_resolver_new(
		&supply->resolver, &supply->network, supply->cache, supply->ui, err);
}

int project_supply_open(struct project_supply *supply, const struct project *project,
	struct closure *closures, const struct options *options, const struct image_set *archives,
	struct ui *ui, struct arena *arena, struct err *err)
{
	size_t count = 0;
	*supply = (struct project_supply){
		.project = project,
		.closures = closures,
		.options = options,
		.archives = archives,
		.ui = ui,
		.arena = arena,
	};
	if (blob_cache_open(&supply->cache, NULL, err) < 0 ||
		image_want_list(project->composes, project->compose_count, options, arena,
			&supply->wants, &supply->want_count, err) < 0 ||
		project_lock_read(&supply->lock, project, arena, err) < 0)
		return -1;
	/* An image that was given is neither locked nor fetched, on whatever platform. */
	for (size_t i = 0; i < supply->want_count; i++)
		if (!image_set_knows(archives, &supply->wants[i].reference))
			supply->wants[count++] = supply->wants[i];
	supply->want_count = count;
	return 0;
}

static void close_network(struct project_supply *supply)
{
	image_resolver_free(TAKE(supply->resolver));
	if (supply->network_is_open)
		network_close(&supply->network);
	supply->network_is_open = false;
}

void project_supply_close(struct project_supply *supply)
{
	close_network(supply);
	blob_cache_free(supply->cache);
	*supply = (struct project_supply){0};
}

/* ---- the lock ---- */

static int fail_not_locked(const struct project_supply *supply, struct err *err)
{
	AUTO_TEXT names = TEXT_INIT;
	for (size_t i = 0; i < supply->want_count; i++)
		if (!project_lock_has(&supply->lock, &supply->wants[i], NULL))
			text_addf(&names, "%s%s", names.length ? ", " : "",
				image_reference_familiar(
					&supply->wants[i].reference, supply->arena));
	const char *what = names.length ? names.bytes : "downloads";
	if (supply->options->verify_against) {
		err_set(err, CODE_NOT_FOUND,
			"these images are not locked, and only what is locked can be built again: %s",
			what);
		return err_hint(err,
			"Bring the hardtack.lock that the file was built with, or give the images "
			"with --image-archive FILE.");
	}
	err_set(err, CODE_NOT_FOUND, "these images are not locked, and --offline is given: %s",
		what);
	return err_hint(err,
		"Run `hardtack fetch` on this project where there is network, and bring hardtack.lock "
		"and the cache (%s); or give the images with --image-archive FILE (`docker save -o "
		"FILE IMAGE`).",
		blob_cache_path(supply->cache));
}

/* Whoever looks for these in the archives will say what there is instead. */
static void drop_not_locked(struct project_supply *supply)
{
	size_t count = 0;
	for (size_t i = 0; i < supply->want_count; i++)
		if (project_lock_has(&supply->lock, &supply->wants[i], NULL))
			supply->wants[count++] = supply->wants[i];
	supply->want_count = count;
}

/* A project that cannot be written to is packed all the same. */
static void write_lock(struct project_supply *supply)
{
	struct err err = ERR_INIT;
	bool changed, existed = supply->lock.exists;
	if (project_lock_write(&supply->lock, &changed, &err) < 0)
		ui_warning(supply->ui, T("these pins hold for this run only"), "%s", err.text);
	else if (changed && !existed)
		ui_note(supply->ui, T("Wrote %s: keep it with the project, it pins the images"),
			supply->lock.path);
	else if (changed)
		ui_note(supply->ui, T("Added to %s what it lacked"), supply->lock.path);
}

static int resolve(struct project_supply *supply, size_t unknown_downloads, struct err *err)
{
	if (open_network(supply, err) < 0 || blob_cache_use(supply->cache, err) < 0 ||
		project_lock_images(&supply->lock, supply->resolver, supply->wants,
			supply->want_count, NULL, supply->ui, supply->arena, err) < 0)
		return -1;
	return unknown_downloads ? project_lock_learn_downloads(&supply->lock, supply->project,
					   NULL, &supply->network, supply->cache, supply->arena, err)
				 : 0;
}

int project_supply_lock(struct project_supply *supply, struct err *err)
{
	size_t missing = 0, unknown_downloads = 0;
	for (size_t i = 0; i < supply->want_count; i++)
		missing += !project_lock_has(&supply->lock, &supply->wants[i], NULL);
	project_lock_downloads(
		&supply->lock, supply->project, NULL, &unknown_downloads, supply->arena);
	bool fixed = supply->options->offline || supply->options->verify_against;
	if (missing && fixed && supply->archives->count) {
		drop_not_locked(supply);
		missing = 0;
	}
	if ((missing || unknown_downloads) && fixed)
		return fail_not_locked(supply, err);
	if (missing || unknown_downloads) {
		ui_step_begin(supply->ui, "lock", T("Resolving images to digests (%zu)"), missing);
		if (resolve(supply, unknown_downloads, err) < 0) {
			ui_step_end(supply->ui, UI_FAILED, T("Not everything could be resolved"));
			return -1;
		}
		ui_step_end(supply->ui, UI_DONE, T("Resolved images to digests (%zu)"), missing);
	}
	if (!supply->options->dry_run && !supply->options->verify_against &&
		(supply->want_count || supply->lock.file.download_count))
		write_lock(supply);
	return 0;
}

/* ---- what has to be fetched ---- */

static struct fetch_blob *add_blob(struct project_supply *supply)
{
	return ARENA_PUSH(
		supply->arena, supply->blobs, supply->blob_count, supply->blob_capacity);
}

static void add_image_blob(struct project_supply *supply, const struct supplied_image *image,
	const char *digest, uint64_t size_bytes, bool is_manifest, const char *label)
{
	*add_blob(supply) = (struct fetch_blob){
		.digest = digest,
		.size_bytes = size_bytes,
		.label = label,
		.is_manifest = is_manifest,
		.sources = image->sources,
		.source_count = image->source_count,
	};
}

static void add_image(struct project_supply *supply, struct supplied_image *image)
{
	const struct lock_image *locked = &image->locked;
	struct arena *arena = supply->arena;
	image->first_blob = supply->blob_count;
	add_image_blob(supply, image, locked->manifest, locked->manifest_size, true,
		arena_printf(arena, T("%s manifest"), image->label));
	add_image_blob(supply, image, locked->config, locked->config_size, false,
		arena_printf(arena, T("%s config"), image->label));
	for (size_t i = 0; i < locked->layer_count; i++)
		add_image_blob(supply, image, locked->layers[i].digest, locked->layers[i].size_bytes,
			false,
			arena_printf(arena, T("%s layer %zu/%zu"), image->label, i + 1,
				locked->layer_count));
	image->blob_count = supply->blob_count - image->first_blob;
}

static void add_download(struct project_supply *supply, const struct closure_entry *entry)
{
	const struct project_download *download = entry->download;
	const struct lock_download *locked = lock_file_download(&supply->lock.file, download->url);
	const char *sha256 = project_download_sha256(download, &supply->lock.file);
	struct fetch_blob *blob = add_blob(supply);
	*blob = (struct fetch_blob){
		.digest = arena_printf(supply->arena, "sha256:%s", sha256),
		.size_bytes = locked && locked->size_bytes ? locked->size_bytes : UINT64_MAX,
		.label = entry->packed,
	};
	mirror_policy_urls(&supply->network.policy, download->url, supply->arena, &blob->urls,
		&blob->url_count);
}

static const char *image_label(const struct project_supply *supply, const struct image_want *want)
{
	const char *name = image_reference_familiar(&want->reference, supply->arena);
	for (size_t i = 0; i < supply->want_count; i++)
		if (&supply->wants[i] != want &&
			strcmp(supply->wants[i].reference_text, want->reference_text) == 0)
			return arena_printf(supply->arena, "%s %s", name, want->platform_text);
	return name;
}

static void list_blobs(struct project_supply *supply)
{
	supply->blob_count = 0;
	for (size_t i = 0; i < supply->want_count; i++)
		add_image(supply, &supply->images[i]);
	for (size_t v = 0; v < supply->project->compose_count; v++)
		for (size_t i = 0; i < supply->closures[v].count; i++)
			if (supply->closures[v].entries[i].kind == CLOSURE_DOWNLOAD)
				add_download(supply, &supply->closures[v].entries[i]);
	blob_fetch_plan(supply->cache, supply->blobs, supply->blob_count, &supply->totals);
}

/* Rules of mirrors are needed for the lists alone; clients come with open_network(). */
static int fill_images(struct project_supply *supply, struct err *err)
{
	supply->images = arena_alloc(
		supply->arena, (supply->want_count + 1) * sizeof(*supply->images));
	if (!supply->network_is_open && network_settings(&supply->network, supply->options,
						supply->project->file, supply->arena, err) < 0)
		return -1;
	for (size_t i = 0; i < supply->want_count; i++) {
		struct supplied_image *image = &supply->images[i];
		const struct image_want *want = &supply->wants[i];
		const struct lock_image *locked = lock_file_image(
			&supply->lock.file, want->reference_text, want->platform_text);
		BUG_ON(!locked);
		image->want = want;
		image->label = image_label(supply, want);
		image->locked = *locked;
		image_rewrapped_recall(supply->cache, &image->locked, supply->arena);
		mirror_policy_sources(&supply->network.policy, &want->reference, &want->platform,
			supply->arena, &image->sources, &image->source_count);
	}
	return 0;
}

/* ---- before the first byte ---- */

static const char *size_text(const struct project_supply *supply, uint64_t size_bytes)
{
	AUTO_TEXT size = TEXT_INIT;
	text_add_size(&size, size_bytes);
	return arena_strdup(supply->arena, size.bytes);
}

static size_t missing_blobs(const struct project_supply *supply)
{
	return supply->totals.blobs - supply->totals.cached_blobs;
}

/* "docker.m.daocloud.io, docker.io": in the order in which they are asked. */
static const char *source_names(const struct project_supply *supply, const struct supplied_image *image)
{
	AUTO_TEXT names = TEXT_INIT;
	for (size_t i = 0; i < image->source_count; i++)
		text_addf(&names, "%s%s", i ? ", " : "", image->sources[i].name);
	return arena_strdup(supply->arena, names.bytes);
}

static bool is_complete(const struct project_supply *supply, const struct supplied_image *image)
{
	for (size_t i = 0; i < image->blob_count; i++)
		if (!supply->blobs[image->first_blob + i].cached)
			return false;
	return true;
}

static void show_sources(const struct project_supply *supply)
{
	const char *last = "";
	for (size_t i = 0; i < supply->want_count; i++) {
		const struct supplied_image *image = &supply->images[i];
		const char *registry = image->want->reference.domain;
		if (is_complete(supply, image) || strcmp(registry, last) == 0)
			continue;
		ui_note(supply->ui, T("  %s from %s"), registry, source_names(supply, image));
		last = registry; /* wants are sorted by reference */
	}
}

static void show_plan(const struct project_supply *supply)
{
	const struct fetch_totals *totals = &supply->totals;
	uint64_t missing_bytes = totals->bytes - totals->cached_bytes - totals->partial_bytes;
	struct ui_field fields[] = {
		UI_NUMBER("blobs", missing_blobs(supply)),
		UI_NUMBER("bytes", missing_bytes),
		UI_NUMBER("unknown_sizes", totals->unknown_sizes),
		UI_NUMBER("cached_blobs", totals->cached_blobs),
		UI_NUMBER("cached_bytes", totals->cached_bytes),
		UI_NUMBER("partial_bytes", totals->partial_bytes),
	};
	if (ui_is_json(supply->ui))
		UI_RECORD(supply->ui, "plan", fields, "%s", "");
	else if (missing_blobs(supply) == 0)
		ui_note(supply->ui, T("Nothing to fetch: the cache has all of it (blobs: %zu, %s)"),
			totals->blobs, size_text(supply, totals->bytes));
	else
		ui_note(supply->ui,
			T("To fetch: %zu blobs, %s; in the cache: %zu, %s; begun earlier: %s"),
			missing_blobs(supply), size_text(supply, missing_bytes),
			totals->cached_blobs, size_text(supply, totals->cached_bytes),
			size_text(supply, totals->partial_bytes));
}

int project_supply_plan(struct project_supply *supply, struct err *err)
{
	if (fill_images(supply, err) < 0)
		return -1;
	list_blobs(supply);
	if (supply->blob_count == 0)
		return 0;
	show_plan(supply);
	if (!supply->options->offline)
		show_sources(supply);
	return 0;
}

/* ---- archives ---- */

static const struct blob_source *find_in_image(const struct image *image, const char *digest)
{
	if (image->problem || image->manifest_is_made)
		return NULL;
	if (strcmp(image->manifest.digest, digest) == 0)
		return &image->manifest;
	if (strcmp(image->config_blob.digest, digest) == 0)
		return &image->config_blob;
	for (size_t i = 0; i < image->layer_count; i++)
		if (strcmp(image->layers[i].blob.digest, digest) == 0)
			return &image->layers[i].blob;
	return NULL;
}

static int import_blob(
	struct project_supply *supply, const struct blob_source *blob, struct err *err)
{
	AUTO_BLOB_READER reader = {0};
	struct blob_source stored;
	if (blob_source_open(blob, &reader, err) < 0)
		return -1;
	return blob_cache_store(supply->cache, &reader.source, supply->arena, &stored, err);
}

int project_supply_import(
	struct project_supply *supply, const struct image_set *archives, struct err *err)
{
	size_t imported = 0;
	if (blob_cache_use(supply->cache, err) < 0)
		return -1;
	for (size_t b = 0; b < supply->blob_count; b++) {
		struct fetch_blob *blob = &supply->blobs[b];
		const struct blob_source *found = NULL;
		for (size_t i = 0; i < archives->count && !found && !blob->cached; i++)
			found = find_in_image(archives->images[i], blob->digest);
		if (!found)
			continue;
		if (import_blob(supply, found, err) < 0)
			return -1;
		imported++;
	}
	ui_note(supply->ui, T("Blobs taken from the archives: %zu"), imported);
	list_blobs(supply);
	return 0;
}

int project_supply_explain(
	const struct project_supply *supply, const struct image *image, struct err *err)
{
	if (err->code != CODE_INTEGRITY || !image->archive ||
		strcmp(image->archive, blob_cache_path(supply->cache)) != 0)
		return -1;
	return blob_cache_explain(err);
}

/* ---- fetching ---- */

static int fail_offline(const struct project_supply *supply, struct err *err)
{
	AUTO_TEXT names = TEXT_INIT;
	for (size_t i = 0; i < supply->want_count; i++)
		if (!is_complete(supply, &supply->images[i]))
			text_addf(&names, "%s%s", names.length ? ", " : "",
				supply->images[i].label);
	for (size_t i = 0; i < supply->blob_count; i++)
		if (supply->blobs[i].url_count && !supply->blobs[i].cached)
			text_addf(&names, "%s%s", names.length ? ", " : "",
				supply->blobs[i].label);
	err_set(err, CODE_NOT_FOUND, "--offline is given, but the cache %s lacks %s in %zu blobs of: %s",
		blob_cache_path(supply->cache),
		size_text(supply, supply->totals.bytes - supply->totals.cached_bytes),
		missing_blobs(supply), names.bytes);
	return err_hint(err,
		"Run `hardtack fetch` on this project where there is network, and bring the cache "
		"(HARDTACK_CACHE names it).");
}

static int run_fetch(struct project_supply *supply, struct err *err)
{
	struct fetch_settings settings = {.jobs = supply->network.jobs};
	struct fetch_totals totals;
	int status = blob_fetch_run(supply->cache, supply->network.registry, supply->network.http,
		supply->blobs, supply->blob_count, &settings, supply->arena, supply->ui, &totals,
		err);
	supply->totals.received_bytes += totals.received_bytes;
	return status;
}

static bool has_failed(const struct project_supply *supply, const struct supplied_image *image)
{
	for (size_t i = 0; i < image->blob_count; i++)
		if (supply->blobs[image->first_blob + i].failed)
			return true;
	return false;
}

/* A mirror that pushed an image again has it under other digests. true: there is one to go on
 * with. */
static bool take_rewrapped(struct project_supply *supply)
{
	for (size_t i = 0; i < supply->want_count; i++) {
		struct supplied_image *image = &supply->images[i];
		struct image_source *source;
		if (!has_failed(supply, image) ||
			!image_rewrapped_find(supply->resolver, supply->cache, image->sources,
				image->source_count, &image->locked, supply->arena, &source))
			continue;
		ui_warning(supply->ui,
			T("config and contents are those of the lock; the installer gets the "
			  "manifest of this mirror"),
			T("%s: the manifest of the lock cannot be had, %s has the same image in "
			  "other wrapping: %s"),
			image->label, source->name, image->locked.manifest);
		image->sources = source;
		image->source_count = 1;
		list_blobs(supply);
		return true;
	}
	return false;
}

static bool may_be_elsewhere(const struct err *err)
{
	return err->code == CODE_NETWORK || err->code == CODE_NOT_FOUND ||
	       err->code == CODE_INTEGRITY || err->code == CODE_CREDENTIALS;
}

int project_supply_fetch(struct project_supply *supply, struct err *err)
{
	if (supply->blob_count && blob_cache_use(supply->cache, err) < 0)
		return -1;
	if (missing_blobs(supply) == 0) {
		close_network(supply);
		return interrupt_check(err);
	}
	if (supply->options->offline)
		return fail_offline(supply, err);
	if (open_network(supply, err) < 0)
		return -1;
	ui_step_begin(supply->ui, "fetch", T("Fetching"));
	int status = run_fetch(supply, err);
	for (size_t i = 0; status < 0 && may_be_elsewhere(err) && i < supply->want_count; i++) {
		if (!take_rewrapped(supply))
			break;
		err_clear(err);
		status = run_fetch(supply, err);
	}
	if (status < 0) {
		ui_step_end(supply->ui, UI_FAILED, T("Not everything could be fetched"));
		return -1;
	}
	close_network(supply);
	ui_step_end(supply->ui, UI_DONE, T("Fetched %s"),
		size_text(supply, supply->totals.received_bytes));
	return interrupt_check(err); /* nobody else looks at the flag from here on */
}

/* ---- handing over ---- */

static int hand_over_download(
	struct project_supply *supply, struct closure_entry *entry, struct err *err)
{
	const char *sha256 = project_download_sha256(entry->download, &supply->lock.file);
	struct blob_source *blob = ARENA_NEW(supply->arena, struct blob_source);
	if (!blob_cache_find(supply->cache, arena_printf(supply->arena, "sha256:%s", sha256),
		    UINT64_MAX, supply->arena, blob))
		return err_set(err, CODE_NOT_FOUND, "the download %s is not in the cache",
			entry->packed);
	blob_cache_touch(blob);
	entry->blob = blob;
	return 0;
}

int project_supply_images(struct project_supply *supply, struct image_set *set, struct err *err)
{
	for (size_t i = 0; i < supply->want_count; i++)
		if (image_locked_add(set, &supply->images[i].locked, supply->cache, err) < 0)
			return -1;
	for (size_t v = 0; v < supply->project->compose_count; v++)
		for (size_t i = 0; i < supply->closures[v].count; i++)
			if (supply->closures[v].entries[i].kind == CLOSURE_DOWNLOAD &&
				hand_over_download(supply, &supply->closures[v].entries[i], err) < 0)
				return -1;
	return 0;
}
