/* Telling that an installation lives in another engine than the one that answers. */
#include "home_engine.h"

#include <string.h>

#include "docker_run.h"
#include "docker_volume.h"
#include "message.h"

/* An engine keeps its id; what makes one up for each answer has none. */
static int keeps_id(struct docker_cli *docker, const char *id, bool *keeps, struct err *err)
{
	struct docker_command command = {0};
	const char **lines;
	size_t count;
	docker_command_add(&command, docker->path, "info", "--format", "{{.ID}}");
	if (docker_command_lines(docker, &command, &lines, &count, err) < 0)
		return -1;
	*keeps = count > 0 && strcmp(lines[0], id) == 0;
	return 0;
}

static const char *name_of(struct docker_cli *docker, const char *product, const char *endpoint,
	const char *id)
{
	return arena_printf(docker->arena, "%s, %s%s%.12s", product && *product ? product : "Docker",
		endpoint && *endpoint ? endpoint : "?", id ? ", " : "", id ? id : "");
}

/* Two machines may say the same of themselves: then by their ids. */
static void name_both(struct docker_cli *docker, const struct receipt *receipt,
	const struct docker_engine *engine, const char *names[2])
{
	for (int with_id = 0; with_id < 2; with_id++) {
		names[0] = name_of(docker, receipt->engine, receipt->engine_endpoint,
			with_id ? receipt->engine_id : NULL);
		names[1] = name_of(docker, engine->product, engine->endpoint,
			with_id ? engine->id : NULL);
		if (strcmp(names[0], names[1]) != 0)
			return;
	}
}

int home_engine_hint(struct err *problem)
{
	if (*problem->hint)
		return -1;
	return err_hint(problem,
		"switch back to that engine (`docker context use NAME`, DOCKER_HOST; sudo drops "
		"it); if it is gone for good, or this folder was copied from another machine, "
		"restore a backup here, or run the installer's install with --ignore-preflight "
		"data");
}

int home_engine_check(struct docker_cli *docker, const struct docker_engine *engine,
	const struct receipt *receipt, const struct place *place, bool *elsewhere,
	struct err *problem, struct err *err)
{
	const char **volumes, *names[2];
	size_t count = 0;
	bool any, keeps = true;
	*elsewhere = false;
	if (!receipt || !receipt->engine_id || !*receipt->engine_id || !*engine->id ||
		strcmp(receipt->engine_id, engine->id) == 0)
		return 0;
	if (docker_project_has_containers(docker, place->project, false, &any, err) < 0)
		return -1;
	if (any)
		return 0;
	if (docker_project_volumes(docker, place->project, &volumes, &count, err) < 0 ||
		(count > 0 && keeps_id(docker, engine->id, &keeps, err) < 0))
		return -1;
	if (!keeps)
		return 0;
	*elsewhere = true;
	name_both(docker, receipt, engine, names);
	if (count > 0) {
		err_set(problem, CODE_PREFLIGHT,
			"the installation in %s lives in another Docker engine (%s); this one (%s) has a "
			"volume %s, which may be another installation's",
			place->directory, names[0], names[1], volumes[0]);
		err_hint(problem,
			"switch back to that engine (`docker context use NAME`, DOCKER_HOST; sudo "
			"drops it); if this folder was copied from another machine, install beside "
			"that volume with --project-name; if the volume is this installation's own all "
			"the same, run the installer's install with --ignore-preflight data");
	} else {
		err_set(problem, CODE_PREFLIGHT,
			"the installation in %s lives in another Docker engine (%s); this one (%s) has "
			"nothing of it",
			place->directory, names[0], names[1]);
	}
	return 0;
}
