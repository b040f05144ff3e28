/* `hardtack mirrors test`: what each source of the project's images really has, and how quick. */
#include "image_want.h"
#include "message.h"
#include "mirror_trial.h"
#include "options.h"
#include "project_lock.h"

#include <string.h>

#include "ui_width.h"

struct trial_row {
	const char *image; /* "postgres:17 (linux/arm64)" */
	const char *platform;
	const struct image_source *source;
	struct mirror_trial trial;
};

struct testing {
	struct verb *verb;
	struct arena *arena;
	struct ui *ui;
	struct project project;
	struct project_lock lock;
	struct image_want *wants;
	size_t want_count;
	struct network *network;
	struct image_resolver *resolver;
	struct trial_row *rows;
	size_t row_count, row_capacity;
};

/* ---- trying ---- */

/* A host that did not answer is not asked about every image. */
static const struct trial_row *unreachable(const struct testing *testing, const char *host)
{
	for (size_t i = 0; i < testing->row_count; i++)
		if (testing->rows[i].trial.content == MIRROR_UNREACHABLE &&
			strcmp(testing->rows[i].source->host, host) == 0)
			return &testing->rows[i];
	return NULL;
}

static int try_source(struct testing *testing, const struct image_want *want,
	const struct image_source *source, const struct lock_image *pinned,
	struct lock_image *found, struct trial_row *row, struct err *err)
{
	const char *name = image_reference_familiar(&want->reference, testing->arena);
	*row = (struct trial_row){
		.image = arena_printf(testing->arena, "%s (%s)", name, want->platform_text),
		.platform = want->platform_text,
		.source = source,
	};
	const struct trial_row *lost = unreachable(testing, source->host);
	if (lost) {
		row->trial = lost->trial;
		*found = (struct lock_image){0};
		return 0;
	}
	ui_status(testing->ui, T("%s at %s"), name, source->name);
	return mirror_trial_run(testing->resolver, testing->network, source, &want->reference,
		&want->platform, pinned, testing->arena, &row->trial, found, err);
}

/* An image's rows: the mirrors in order, the origin last; but it is asked first, since it decides
 * what the others are held against. */
static int try_image(struct testing *testing, const struct image_want *want, struct err *err)
{
	struct image_source *sources;
	struct lock_image found, first;
	size_t count;
	const struct lock_image *pinned =
		lock_file_image(&testing->lock.file, want->reference_text, want->platform_text);
	mirror_policy_sources(&testing->network->policy, &want->reference, &want->platform,
		testing->arena, &sources, &count);
	struct trial_row *rows = arena_alloc(testing->arena, count * sizeof(*rows));
	for (size_t n = 0; n < count; n++) {
		size_t at = n == 0 ? count - 1 : n - 1;
		if (try_source(testing, want, &sources[at], pinned, &found, &rows[at], err) < 0)
			return -1;
		if (!pinned && found.manifest) {
			first = found;
			pinned = &first;
		}
	}
	/* The origin's own word is what "same" means. */
	if (rows[count - 1].trial.content == MIRROR_FOUND)
		rows[count - 1].trial.content = MIRROR_SAME;
	for (size_t i = 0; i < count; i++)
		*ARENA_PUSH(testing->arena, testing->rows, testing->row_count,
			testing->row_capacity) = rows[i];
	return 0;
}

static int try_all(struct testing *testing, struct err *err)
{
	ui_step_begin(testing->ui, "mirrors", T("Asking every source of the images (%zu)"),
		testing->want_count);
	for (size_t i = 0; i < testing->want_count; i++)
		if (try_image(testing, &testing->wants[i], err) < 0) {
			ui_step_end(testing->ui, UI_FAILED, T("Not all sources were asked"));
			return -1;
		}
	ui_step_end(testing->ui, UI_DONE, T("Asked every source of the images (%zu)"),
		testing->want_count);
	return 0;
}

/* ---- showing ---- */

static const char *verdict(enum mirror_content content)
{
	static const char *const texts[] = {
		[MIRROR_UNREACHABLE] = N_T("not reachable"),
		[MIRROR_REFUSED] = N_T("refuses"),
		[MIRROR_ABSENT] = N_T("does not have it"),
		[MIRROR_BROKEN] = N_T("serves no usable image"),
		[MIRROR_DIFFERENT] = N_T("another image under this name"),
		[MIRROR_REPUSHED] = N_T("same image, pushed again (other digests)"),
		[MIRROR_STALE_TAG] = N_T("same image by digest; the tag means another one"),
		[MIRROR_FOUND] = N_T("has an image; nothing to compare it with"),
		[MIRROR_SAME] = N_T("same image"),
	};
	return T(texts[content]);
}

static const char *speed_text(uint64_t bytes_per_s, struct arena *arena)
{
	AUTO_TEXT text = TEXT_INIT;
	if (!bytes_per_s)
		return "-";
	text_add_size(&text, bytes_per_s);
	text_add(&text, "/s");
	return arena_strdup(arena, text.bytes);
}

static void show_row(
	const struct testing *testing, const struct trial_row *row, int image_width, int name_width)
{
	const struct mirror_trial *trial = &row->trial;
	struct ui_field fields[] = {
		UI_TEXT("image", row->image),
		UI_TEXT("source", row->source->name),
		UI_BOOL("origin", row->source->origin),
		UI_TEXT("content", mirror_trial_name(trial->content)),
		UI_TEXT("manifest", trial->manifest),
		UI_NUMBER("elapsed_ms", trial->elapsed_ms),
		UI_NUMBER("bytes_per_s", trial->bytes_per_s),
		UI_TEXT("reason", trial->reason[0] ? trial->reason : NULL),
	};
	const char *elapsed = trial->manifest ? arena_printf(testing->arena, "%llu ms",
							(unsigned long long)trial->elapsed_ms)
					      : "-";
	const char *said = verdict(trial->content);
	if (trial->reason[0])
		said = arena_printf(testing->arena, T("%s: %s"), said, trial->reason);
	UI_RECORD(testing->ui, "mirror", fields, "%-*s  %-*s  %8s  %11s  %s", image_width,
		row->image, name_width, row->source->name, elapsed,
		speed_text(trial->bytes_per_s, testing->arena), said);
}

static void show_rows(const struct testing *testing)
{
	size_t image_width = 0, name_width = 0;
	for (size_t i = 0; i < testing->row_count; i++) {
		size_t image = ui_width(testing->rows[i].image);
		size_t name = ui_width(testing->rows[i].source->name);
		image_width = image > image_width ? image : image_width;
		name_width = name > name_width ? name : name_width;
	}
	for (size_t i = 0; i < testing->row_count; i++)
		show_row(testing, &testing->rows[i], (int)image_width, (int)name_width);
}

/* An image that no source has: 4 when one might tomorrow, 5 when one asks for a login, else 6. */
static int code_of(const struct testing *testing, const char *image)
{
	int code = CODE_NOT_FOUND;
	for (size_t i = 0; i < testing->row_count; i++) {
		const struct trial_row *row = &testing->rows[i];
		if (strcmp(row->image, image) != 0)
			continue;
		if (mirror_trial_is_usable(row->trial.content))
			return CODE_OK;
		if (row->trial.content == MIRROR_UNREACHABLE)
			code = CODE_NETWORK;
		else if (row->trial.content == MIRROR_REFUSED && code != CODE_NETWORK)
			code = CODE_CREDENTIALS;
	}
	return code;
}

static int judge(const struct testing *testing, struct err *err)
{
	AUTO_TEXT images = TEXT_INIT;
	int worst = CODE_OK;
	for (size_t i = 0; i < testing->row_count; i++) {
		const char *image = testing->rows[i].image;
		if (i > 0 && strcmp(testing->rows[i - 1].image, image) == 0)
			continue;
		int code = code_of(testing, image);
		if (code == CODE_OK)
			continue;
		text_addf(&images, "%s%s", images.length ? ", " : "", image);
		worst = code > worst ? code : worst;
	}
	if (worst == CODE_OK)
		return 0;
	err_set(err, worst, "no source serves %s", images.bytes);
	return err_hint(err, "Name another mirror: --mirror REGISTRY=PLACE (docs/mirrors.md).");
}

int verb_mirrors(struct verb *verb, struct err *err)
{
	AUTO_NETWORK network = {0};
	AUTO(image_resolver) resolver = NULL;
	struct finding_list findings;
	struct testing testing = {
		.verb = verb, .arena = verb->arena, .ui = verb->ui, .network = &network};
	if (strcmp(verb->arguments[0], "test") != 0) {
		err_set(err, CODE_USAGE, "unknown command: mirrors %s", verb->arguments[0]);
		return err_hint(err, "There is: hardtack mirrors test [PROJECT]");
	}
	const char *path = verb->argument_count > 1 ? verb->arguments[1] : ".";
	finding_list_init(&findings, testing.arena);
	if (project_open(&testing.project, path, verb->options, testing.arena, &findings, err) <
			0 ||
		finding_list_fail(&findings, err) < 0 ||
		image_want_check(testing.project.composes, testing.project.compose_count,
			verb->options, testing.arena, err) < 0 ||
		image_want_list(testing.project.composes, testing.project.compose_count,
			verb->options, testing.arena, &testing.wants, &testing.want_count,
			err) < 0 ||
		project_lock_read(&testing.lock, &testing.project, testing.arena, err) < 0)
		return -1;
	if (verb->options->offline)
		return err_set(err, CODE_USAGE, "mirrors test needs the network");
	if (network_open(&network, verb->options, testing.project.file, testing.arena, err) < 0 ||
		image_resolver_new(&resolver, &network, NULL, NULL, err) < 0)
		return -1;
	network_warn_through(&network, testing.ui);
	testing.resolver = resolver;
	if (try_all(&testing, err) < 0)
		return -1;
	show_rows(&testing);
	return judge(&testing, err);
}
