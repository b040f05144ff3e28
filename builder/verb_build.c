/*
 * `hardtack build`: read the project, advise, close its world, lock and fetch what is missing, find
 * and prove the images, write one installer for each target, or hold it against a file.
 */
#include "bundle_writer.h"
#include "build_output.h"
#include "closure_names.h"
#include "control_program.h"
#include "image_archive.h"
#include "image_want.h"
#include "installer_against.h"
#include "layer_proof.h"
#include "lint.h"
#include "message.h"
#include "options.h"
#include "program_parts.h"
#include "project.h"
#include "project_supply.h"
#include "stub_image.h"

#include <stdio.h>
#include <string.h>

struct build {
	struct verb *verb;
	const struct options *options;
	struct arena *arena;
	struct ui *ui;
	struct project project;
	struct closure *closures; /* one a variant */
	struct finding_list findings;
	struct image_set *images;
	struct signing_key key;
	const struct signing_key *signer; /* &key, or NULL: unsigned */
	struct project_supply supply;    /* keeps the cache in use while it is packed */
	struct given_signatures given;   /* of the file of --verify-against */
	struct bundle_variant *variants; /* with the packed services, for the target at hand */
	size_t variant_count;
};

static void show_findings(struct build *build)
{
	finding_list_sort(&build->findings);
	for (size_t i = 0; i < build->findings.count; i++) {
		const struct finding *finding = &build->findings.items[i];
		if (finding->severity == FINDING_WARNING)
			ui_warning(build->ui, finding->remedy[0] ? finding->remedy : NULL,
				"%s:%u: %s [%s]", finding->file, finding->line, finding->text,
				finding->rule);
	}
}

/* Errors stop the build; with --strict warnings do too. */
static int judge_findings(struct build *build, struct err *err)
{
	if (finding_list_fail(&build->findings, err) < 0)
		return -1;
	size_t warnings = finding_count(&build->findings, FINDING_WARNING);
	if (build->options->strict && warnings)
		return err_set(err, CODE_INPUT, "--strict is given; warnings: %zu", warnings);
	return 0;
}

/* Before the long work: a forgotten passphrase is noticed at once. */
static int read_key(struct build *build, struct err *err)
{
	const struct passphrase_source source = {build->options->passphrase_file, build->ui};
	if (!build->options->sign)
		return 0;
	build->signer = &build->key;
	return signing_key_read(&build->key, build->options->sign, &source, err);
}

static int read_project(struct build *build, struct err *err)
{
	const char *path = build->verb->argument_count ? build->verb->arguments[0] : ".";
	finding_list_init(&build->findings, build->arena);
	if (project_open(
		    &build->project, path, build->options, build->arena, &build->findings, err) < 0)
		return -1;
	build->variant_count = build->project.compose_count;
	for (size_t i = 0; i < build->variant_count; i++)
		lint_project(build->project.composes[i], &build->findings);
	if (project_closures(
		    &build->project, build->options, &build->closures, &build->findings, err) < 0)
		return -1;
	show_findings(build);
	return judge_findings(build, err);
}

static int read_archives(struct build *build, struct err *err)
{
	const struct option_list *archives = &build->options->archives;
	AUTO(blob_cache) cache = NULL;
	build->images = image_set_new();
	if (!archives->count)
		return 0;
	ui_step_begin(build->ui, "read", T("Reading the image archives (%zu)"), archives->count);
	int status = blob_cache_open(&cache, NULL, err);
	for (size_t i = 0; status == 0 && i < archives->count; i++)
		status = image_archive_add(build->images, archives->items[i], cache, err);
	if (status == 0)
		ui_step_end(build->ui, UI_DONE, T("Images found: %zu; archives: %zu"),
			build->images->count, archives->count);
	return status;
}

/* What the archives have not: locked, fetched, from the cache. */
static int supply(struct build *build, struct err *err)
{
	struct project_supply *supply = &build->supply;
	if (project_supply_open(supply, &build->project, build->closures, build->options,
		    build->images, build->ui, build->arena, err) < 0 ||
		project_supply_lock(supply, err) < 0 || project_supply_plan(supply, err) < 0 ||
		project_supply_fetch(supply, err) < 0)
		return -1;
	return project_supply_images(supply, build->images, err);
}

static int find_image(struct build *build, const struct compose_project *compose,
	const struct compose_service *service, const char *target, struct service_image *out,
	struct err *err)
{
	struct image_want want;
	if (image_want_of(service, build->options, target, build->arena, &want, err) < 0)
		return -1;
	out->service = service;
	out->reference = want.reference;
	if (image_set_find(build->images, &want.reference, &want.platform, &out->image, err) < 0)
		return err_wrap(err, "%s:%u: service %s", service->place.file->path,
			service->place.line, service->name);
	lint_known_fatal(compose, service, out->image->config.env, out->image->config.env_count,
		&build->findings);
	return 0;
}

static int find_variant_images(
	struct build *build, struct bundle_variant *variant, const char *target, struct err *err)
{
	const struct compose_project *compose = variant->project->compose;
	variant->images =
		arena_alloc(build->arena, compose->service_count * sizeof(*variant->images));
	for (size_t i = 0; i < compose->service_count; i++)
		if (compose->services[i].packed &&
			find_image(build, compose, &compose->services[i], target,
				&variant->images[variant->image_count++], err) < 0)
			return -1;
	return 0;
}

static int find_images(struct build *build, const char *target, struct err *err)
{
	build->variants =
		arena_alloc(build->arena, build->variant_count * sizeof(*build->variants));
	for (size_t i = 0; i < build->variant_count; i++) {
		build->variants[i].project = project_variant(&build->project, i);
		build->variants[i].closure = &build->closures[i];
		if (find_variant_images(build, &build->variants[i], target, err) < 0)
			return -1;
	}
	return judge_findings(build, err);
}

static bool is_listed(struct image *const *images, size_t count, const struct image *image)
{
	for (size_t i = 0; i < count; i++)
		if (images[i] == image)
			return true;
	return false;
}

/* Each image once, however many services, variants and targets use it; again: those too that were
 * proven for an earlier target. */
static size_t list_images(const struct build *build, bool again, struct image ***out)
{
	size_t most = 0, count = 0;
	for (size_t i = 0; i < build->variant_count; i++)
		most += build->variants[i].image_count;
	struct image **images = *out = arena_alloc(build->arena, (most + 1) * sizeof(**out));
	for (size_t i = 0; i < build->variant_count; i++)
		for (size_t j = 0; j < build->variants[i].image_count; j++) {
			struct image *image = build->variants[i].images[j].image;
			if ((again || image->unpacked_bytes == 0) &&
				!is_listed(images, count, image))
				images[count++] = image;
		}
	return count;
}

static int prove_images(struct build *build, struct err *err)
{
	struct image **images, *failed = NULL;
	size_t count = list_images(build, false, &images);
	ui_step_begin(build->ui, "prove", T("Checking the layers of the images"));
	/* Whoever compares with a file that exists believes nothing that was written down. */
	const struct blob_cache *memory =
		build->options->verify_against ? NULL : build->supply.cache;
	if (layer_proof_run(images, count, memory, &failed, err) < 0) {
		ui_step_end(build->ui, UI_FAILED, T("A layer is not what its image says"));
		return project_supply_explain(&build->supply, failed, err);
	}
	ui_step_end(build->ui, UI_DONE, T("Every layer is what its image says"));
	return 0;
}

/*
 * A layer with a record is read for the first time while it is packed. When that finds damage, the
 * proof of all layers says which image it is and what to do, in the words of a first build.
 */
static int explain_damage(struct build *build, struct err *err)
{
	struct image **images, *failed = NULL;
	struct err found = ERR_INIT;
	if (err->code != CODE_INTEGRITY)
		return -1;
	size_t count = list_images(build, true, &images);
	if (layer_proof_run(images, count, NULL, &failed, &found) == 0)
		return -1;
	*err = found;
	return project_supply_explain(&build->supply, failed, err);
}

/* The bundle of one target, planned to the last byte. */
struct packing {
	struct bundle_plan plan;
	struct bundle_writer writer;
	struct control_program control;
	const struct stub_image *stub;
};

static int plan_target(
	struct build *build, const char *target, struct packing *packing, struct err *err)
{
	packing->stub = stub_image_find(target);
	const char *name = build_output_name(&build->project, target, build->arena);
	if (find_images(build, target, err) < 0 || prove_images(build, err) < 0 ||
		bundle_plan_make(&packing->plan, build->variants, build->variant_count,
			build->arena, err) < 0)
		return -1;
	packing->plan.given = &build->given;
	if (program_parts_fill(target, &packing->plan.manifest, build->arena, err) < 0 ||
		control_program_add(&packing->control, &packing->plan, packing->stub, name,
			build->signer, build->ui, err) < 0 ||
		bundle_plan_finish(&packing->plan, build->signer, err) < 0)
		return -1;
	return bundle_writer_init(&packing->writer, &packing->plan, build->ui, err);
}

static int write_installer(
	struct build *build, const char *target, struct packing *packing, struct err *err)
{
	struct installer_file file;
	const char *path = build_output_path(build->options, &build->project, target, build->arena);
	ui_step_begin(build->ui, "write", T("Writing %s"), path);
	if (installer_file_write(&file, path, target, packing->stub->bytes, packing->stub->length,
		    &packing->writer.payload, err) < 0 ||
		build_output_companions(path, &file, build->signer, err) < 0 ||
		(build->options->sbom && build_output_sbom(path, build->arena, err) < 0)) {
		ui_step_end(build->ui, UI_FAILED, T("%s was not written"), path);
		return explain_damage(build, err);
	}
	AUTO_TEXT size = TEXT_INIT;
	text_add_size(&size, file.size);
	ui_step_end(build->ui, UI_DONE, T("Wrote %s, %s"), path, size.bytes);
	build_output_record(build->ui, path, target, &file, build->signer);
	return 0;
}

static int make_target(struct build *build, const char *target, struct err *err)
{
	struct packing packing = {.control = CONTROL_PROGRAM_INIT};
	const char *against = build->options->verify_against;
	if (against)
		installer_against_signatures(against, &build->given, build->arena);
	int status = plan_target(build, target, &packing, err);
	if (status == 0 && against)
		status = installer_against(against, packing.stub, &packing.writer, build->ui, err);
	else if (status == 0)
		status = write_installer(build, target, &packing, err);
	control_program_clear(&packing.control);
	return status;
}

static int check_names(const struct build *build, struct err *err)
{
	for (size_t i = 0; i < build->variant_count; i++)
		if (closure_names_check(&build->closures[i], err) < 0)
			return -1;
	return 0;
}

static int make_targets(struct build *build, struct err *err)
{
	size_t count;
	const char *const *targets = image_want_targets(build->options, &count);
	if (build_output_check(build->options, targets, count, err) < 0 ||
		image_want_check(build->project.composes, build->project.compose_count,
			build->options, build->arena, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (strncmp(targets[i], "darwin-", 7) == 0 && check_names(build, err) < 0)
			return err_wrap(err, "build for %s", targets[i]);
	if (read_archives(build, err) < 0 || supply(build, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (make_target(build, targets[i], err) < 0)
			return err_wrap(err, "build for %s", targets[i]);
	return 0;
}

/* --verify-against: the file says which target; there is one, and no output. */
static int aim_at_file(struct options *options, struct arena *arena, struct err *err)
{
	const char **target = arena_alloc(arena, sizeof(*target));
	if (options->output)
		return err_set(err, CODE_USAGE, "--verify-against writes nothing: leave out -o");
	if (installer_against_target(options->verify_against, target, err) < 0)
		return -1;
	if (options->targets.count > 1 ||
		(options->targets.count && strcmp(options->targets.items[0], *target) != 0))
		return err_set(err, CODE_USAGE, "%s is for %s: leave out --target",
			options->verify_against, *target);
	options->targets = (struct option_list){target, 1, 1};
	return 0;
}

int verb_build(struct verb *verb, struct err *err)
{
	struct options options = *verb->options;
	struct build build = {
		.verb = verb,
		.options = &options,
		.arena = verb->arena,
		.ui = verb->ui,
	};
	if (options.verify_against && aim_at_file(&options, verb->arena, err) < 0)
		return -1;
	int status = read_key(&build, err) < 0 || read_project(&build, err) < 0 ||
				     make_targets(&build, err) < 0
			     ? -1
			     : 0;
	signing_key_clear(&build.key);
	image_set_free(build.images);
	project_supply_close(&build.supply);
	return status;
}
