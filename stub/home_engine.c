/* Telling that an installation lives in another engine than the one that answers. */
#include "home_engine.h"

#include <string.h>

#include "docker_volume.h"
#include "message.h"

static bool has_nothing(
	struct docker_cli *docker, const char *project, bool *nothing, struct err *err)
{
	const char **volumes;
	size_t count = 0;
	bool any;
	if (docker_project_has_containers(docker, project, false, &any, err) < 0 ||
		(!any && docker_project_volumes(docker, project, &volumes, &count, err) < 0))
		return false;
	*nothing = !any && count == 0;
	return true;
}

static const char *where(const char *endpoint)
{
	return endpoint && *endpoint ? endpoint : "?";
}

int home_engine_hint(struct err *problem)
{
	return err_hint(problem,
		"switch back to that engine (`docker context use NAME`, DOCKER_HOST; sudo drops "
		"it); if it is gone for good, restore a backup here, or run the installer's install "
		"with --ignore-preflight data");
}

int home_engine_check(struct docker_cli *docker, const struct docker_engine *engine,
	const struct receipt *receipt, const char *project, bool *elsewhere, struct err *problem,
	struct err *err)
{
	bool nothing;
	*elsewhere = false;
	if (!receipt || !receipt->engine_id || !*receipt->engine_id || !*engine->id ||
		strcmp(receipt->engine_id, engine->id) == 0)
		return 0;
	if (!has_nothing(docker, project, &nothing, err))
		return -1;
	if (!nothing)
		return 0;
	*elsewhere = true;
	err_set(problem, CODE_PREFLIGHT,
		"the installation in %s lives in another Docker engine (%s, %s); this one (%s, %s) has "
		"nothing of it",
		receipt->directory, receipt->engine ? receipt->engine : "Docker",
		where(receipt->engine_endpoint), *engine->product ? engine->product : "Docker",
		where(engine->endpoint));
	return 0;
}
