/* `hardtack lock`: every image and download of a project as digests, into hardtack.lock. */
#include "blob_cache.h"
#include "build_output.h"
#include "message.h"
#include "options.h"
#include "project_lock.h"

#include <string.h>
#include <unistd.h>

struct locking {
	struct verb *verb;
	const struct options *options;
	struct arena *arena;
	struct ui *ui;
	struct project project;
	struct project_lock lock;
	struct image_want *wants;
	size_t want_count;
	struct lock_update update;
	bool updates;
	size_t unknown_downloads;
};

static const struct lock_update *update_of(const struct locking *locking)
{
	return locking->updates ? &locking->update : NULL;
}

/* [PROJECT] [--update [IMAGE...]]: the first argument is the project, unless --update is given and
 * no file has that name. */
static const char *project_argument(struct locking *locking, int *first_image)
{
	const struct verb *verb = locking->verb;
	bool named = verb->argument_count > 0 &&
		     (!locking->updates || access(verb->arguments[0], F_OK) == 0);
	*first_image = named;
	return named ? verb->arguments[0] : ".";
}

static bool names_an_image(const struct locking *locking, const struct image_reference *image)
{
	const struct lock_update one = {.images = image, .image_count = 1};
	for (size_t i = 0; i < locking->want_count; i++)
		if (project_lock_may_move(&one, &locking->wants[i].reference))
			return true;
	return false;
}

static int fail_unknown_image(const struct locking *locking, const char *text, struct err *err)
{
	AUTO_TEXT list = TEXT_INIT;
	for (size_t i = 0; i < locking->want_count; i++)
		if (i == 0 || strcmp(locking->wants[i].reference_text,
				      locking->wants[i - 1].reference_text) != 0)
			text_addf(&list, "%s%s", i ? ", " : "",
				image_reference_familiar(
					&locking->wants[i].reference, locking->arena));
	err_set(err, CODE_USAGE, "no service of the project uses the image %s", text);
	return err_hint(err, "There is: %s.", list.bytes);
}

/* --update without an image moves all pins. */
static int read_update(struct locking *locking, int first, struct err *err)
{
	const struct verb *verb = locking->verb;
	size_t count = (size_t)(verb->argument_count - first);
	struct image_reference *images = arena_alloc(locking->arena, (count + 1) * sizeof(*images));
	if (count && !locking->updates) {
		err_set(err, CODE_USAGE, "%s: one project at a time", verb->arguments[first]);
		return err_hint(err, "To move the pin of an image: hardtack lock --update IMAGE");
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = verb->arguments[first + (int)i];
		if (image_reference_parse(text, locking->arena, &images[i], err) < 0) {
			err->code = CODE_USAGE;
			return err_wrap(err, "--update");
		}
		if (!names_an_image(locking, &images[i]))
			return fail_unknown_image(locking, text, err);
	}
	locking->update.all = locking->updates && !count;
	locking->update.images = images;
	locking->update.image_count = count;
	return 0;
}

static int read_project(struct locking *locking, struct err *err)
{
	struct finding_list findings;
	size_t target_count;
	int first_image;
	const char *path = project_argument(locking, &first_image);
	const char *const *targets = image_want_targets(locking->options, &target_count);
	finding_list_init(&findings, locking->arena);
	if (build_output_check_targets(targets, target_count, err) < 0 ||
		project_open(&locking->project, path, locking->options, locking->arena, &findings,
			err) < 0 ||
		finding_list_fail(&findings, err) < 0 ||
		image_want_check(locking->project.composes, locking->project.compose_count,
			locking->options, locking->arena, err) < 0 ||
		image_want_list(locking->project.composes, locking->project.compose_count,
			locking->options, locking->arena, &locking->wants, &locking->want_count,
			err) < 0)
		return -1;
	if (read_update(locking, first_image, err) < 0)
		return -1;
	return project_lock_read(&locking->lock, &locking->project, locking->arena, err);
}

static int fail_offline(const struct locking *locking, struct err *err)
{
	AUTO_TEXT list = TEXT_INIT;
	for (size_t i = 0; i < locking->want_count; i++) {
		const struct image_want *want = &locking->wants[i];
		if (!project_lock_has(&locking->lock, want, update_of(locking)))
			text_addf(&list, "%s%s (%s)", list.length ? ", " : "",
				image_reference_familiar(&want->reference, locking->arena),
				want->platform_text);
	}
	if (!list.length)
		text_add(&list, "downloads");
	err_set(err, CODE_NETWORK, "--offline is given, but this is not locked yet: %s",
		list.bytes);
	return err_hint(err, "Run it once with the network; hardtack.lock then holds for all.");
}

static int ask(struct locking *locking, struct network *network, struct err *err)
{
	AUTO(blob_cache) cache = NULL;
	AUTO(image_resolver) resolver = NULL;
	if (blob_cache_open(&cache, NULL, err) < 0 ||
		image_resolver_new(&resolver, network, cache, locking->ui, err) < 0 ||
		project_lock_images(&locking->lock, resolver, locking->wants, locking->want_count,
			update_of(locking), locking->ui, locking->arena, err) < 0)
		return -1;
	if (!locking->unknown_downloads)
		return 0;
	return project_lock_learn_downloads(&locking->lock, &locking->project, update_of(locking),
		network, cache, locking->arena, err);
}

static int resolve_missing(struct locking *locking, struct err *err)
{
	AUTO_NETWORK network = {0};
	size_t missing = 0;
	for (size_t i = 0; i < locking->want_count; i++)
		missing +=
			!project_lock_has(&locking->lock, &locking->wants[i], update_of(locking));
	project_lock_downloads(&locking->lock, &locking->project, update_of(locking),
		&locking->unknown_downloads, locking->arena);
	if (!missing && !locking->unknown_downloads)
		return 0;
	if (locking->options->offline)
		return fail_offline(locking, err);
	if (network_open(&network, locking->options, locking->project.file, locking->arena, err) <
		0)
		return -1;
	network_warn_through(&network, locking->ui);
	ui_step_begin(locking->ui, "lock", T("Resolving images to digests (%zu)"), missing);
	if (ask(locking, &network, err) < 0) {
		ui_step_end(locking->ui, UI_FAILED, T("Not everything could be resolved"));
		return -1;
	}
	ui_step_end(locking->ui, UI_DONE, T("Resolved images to digests (%zu)"), missing);
	return 0;
}

/* stdout: what changed, a line each. */
static void show_change(const struct locking *locking, const struct lock_change *change)
{
	static const char *const states[] = {"added", "moved", "removed"};
	struct ui_field fields[] = {
		UI_TEXT("state", states[change->kind]),
		UI_TEXT("name", change->name),
		UI_TEXT("platform", change->platform),
		UI_TEXT("old", change->old_digest),
		UI_TEXT("new", change->new_digest),
	};
	const char *name = change->platform ? arena_printf(locking->arena, "%s (%s)", change->name,
						      change->platform)
					    : change->name;
	if (change->kind == LOCK_ADDED)
		UI_RECORD(locking->ui, "pin", fields, "%s: %s", name, change->new_digest);
	else if (change->kind == LOCK_MOVED)
		UI_RECORD(locking->ui, "pin", fields, "%s: %s -> %s", name, change->old_digest,
			change->new_digest);
	else
		UI_RECORD(locking->ui, "pin", fields, T("%s: removed, nothing uses it"), name);
}

static int write_lock(struct locking *locking, struct err *err)
{
	const struct project_lock *lock = &locking->lock;
	size_t unseen = 0;
	bool changed;
	if (project_lock_write(&locking->lock, &changed, err) < 0)
		return -1;
	for (size_t i = 0; i < lock->change_count; i++)
		show_change(locking, &lock->changes[i]);
	for (size_t i = 0; i < lock->file.image_count; i++)
		unseen += lock->file.images[i].seen_at != NULL;
	if (unseen)
		ui_note(locking->ui,
			T("Pins that only a mirror vouches for: %zu (seen_at in %s); "
			  "`hardtack lock --update` asks the registry again"),
			unseen, lock->path);
	if (changed)
		ui_note(locking->ui, T("Wrote %s: images %zu, downloads %zu"), lock->path,
			lock->file.image_count, lock->file.download_count);
	else
		ui_note(locking->ui, T("%s is up to date: images %zu, downloads %zu"), lock->path,
			lock->file.image_count, lock->file.download_count);
	return 0;
}

int verb_lock(struct verb *verb, struct err *err)
{
	struct locking locking = {
		.verb = verb,
		.options = verb->options,
		.arena = verb->arena,
		.ui = verb->ui,
		.updates = verb->options->update,
	};
	if (read_project(&locking, err) < 0 || resolve_missing(&locking, err) < 0 ||
		project_lock_prune(&locking.lock, &locking.project, locking.arena, err) < 0)
		return -1;
	return write_lock(&locking, err);
}
