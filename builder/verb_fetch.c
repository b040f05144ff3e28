/* `hardtack fetch`: every locked blob of a project into the cache. */
#include "build_output.h"
#include "image_archive.h"
#include "options.h"
#include "project_downloads.h"
#include "project_supply.h"

static int read_project(
	struct verb *verb, struct project *project, struct closure **closures, struct err *err)
{
	const char *path = verb->argument_count ? verb->arguments[0] : ".";
	struct finding_list findings;
	size_t count;
	const char *const *targets = image_want_targets(verb->options, &count);
	finding_list_init(&findings, verb->arena);
	/* What only packing needs (secrets, mounted files) is judged by build. */
	if (build_output_check_targets(targets, count, err) < 0 ||
		project_open(project, path, verb->options, verb->arena, &findings, err) < 0 ||
		finding_list_fail(&findings, err) < 0 ||
		image_want_check(project->composes, project->compose_count, verb->options,
			verb->arena, err) < 0)
		return -1;
	*closures = arena_alloc(verb->arena, project->compose_count * sizeof(**closures));
	for (size_t i = 0; project->file && i < project->compose_count; i++)
		project_downloads_add(
			project_variant(project, i)->file, verb->arena, &(*closures)[i], &findings);
	return finding_list_fail(&findings, err);
}

/* Archives save the way: what they have under the lock's digests need not travel. */
static int import_archives(struct verb *verb, struct project_supply *supply, struct err *err)
{
	const struct option_list *archives = &verb->options->archives;
	AUTO(image_set) set = image_set_new();
	for (size_t i = 0; i < archives->count; i++)
		if (image_archive_add(set, archives->items[i], supply->cache, err) < 0)
			return -1;
	return archives->count ? project_supply_import(supply, set, err) : 0;
}

static int supply_all(struct verb *verb, struct project_supply *supply, struct err *err)
{
	if (project_supply_lock(supply, err) < 0 || project_supply_plan(supply, err) < 0)
		return -1;
	if (verb->options->dry_run)
		return 0;
	if (import_archives(verb, supply, err) < 0)
		return -1;
	return project_supply_fetch(supply, err);
}

int verb_fetch(struct verb *verb, struct err *err)
{
	struct project project;
	struct closure *closures;
	struct project_supply supply = {0};
	AUTO(image_set) given = image_set_new();
	if (read_project(verb, &project, &closures, err) < 0)
		return -1;
	int status = project_supply_open(
		&supply, &project, closures, verb->options, given, verb->ui, verb->arena, err);
	if (status == 0)
		status = supply_all(verb, &supply, err);
	project_supply_close(&supply);
	return status;
}
