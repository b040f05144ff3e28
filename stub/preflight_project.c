/* Projects, containers and volumes that are there already: ours, or somebody else's? */
#include <string.h>
#include <unistd.h>

#include "docker_project.h"
#include "elsewhere.h"
#include "home_engine.h"
#include "message.h"
#include "preflight_check.h"
#include "receipt_lost.h"

enum { SIDES = 9, PROJECT_NAME_LIMIT = 63 };

/* Something of an installation is in the directory: at least the lock's file, which stays behind
 * when data does. */
static bool is_ours(const struct place *place)
{
	return access(place->directory, F_OK) == 0;
}

/* A name that nobody uses, or that is ours from an earlier answer; NULL: none. */
static int find_side(struct preflight *preflight, const char **name, struct err *err)
{
	struct session const *session = preflight->session;
	*name = NULL;
	/* A variant that goes on where the first choice was given up stays beside it. */
	bool movable = !session->options->directory && !session->manifest->variant;
	for (int i = 2; i <= SIDES && movable; i++) {
		struct place side = PLACE_INIT;
		const char *container, *from, **volumes;
		size_t volume_count;
		const char *candidate =
			arena_printf(session->arena, "%s-%d", preflight->place->first_project, i);
		if (strlen(candidate) > PROJECT_NAME_LIMIT)
			return 0;
		struct err refused = ERR_INIT;
		if (place_choose_as(&side, session, candidate, &refused) < 0) {
			if (refused.code == CODE_IO)
				continue; /* somebody else's folder */
			return *err = refused, -1;
		}
		if (docker_project_stranger(&preflight->docker, candidate, side.directory,
				&container, &from, err) < 0 ||
			docker_project_volumes(
				&preflight->docker, candidate, &volumes, &volume_count, err) < 0)
			return -1;
		if (container || (volume_count > 0 && !is_ours(&side)))
			continue;
		*name = candidate;
		return 0;
	}
	return 0;
}

/* At a terminal: beside it, or not at all. own: it may be this very application, and a second one is
 * hardly what the person means. */
static int ask_side(struct preflight *preflight, const char *check, const struct err *problem,
	const char *side, bool own, struct err *err)
{
	const struct session *session = preflight->session;
	bool yes;
	AUTO_FREE char *question =
		xprintf(T("Install beside it, as a project of its own (%s)?"), side);
	ui_problem(session->ui, UI_PROBLEM_WARNING, check, problem->text,
		own ? problem->hint : NULL);
	if (ui_confirm(session->ui, question, !own, &yes, err) < 0)
		return -1;
	if (!yes)
		return err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
	if (place_choose_as(preflight->place, session, side, err) < 0)
		return -1;
	return env_files_plan(preflight->env, session, preflight->place, err);
}

static int found_stranger(
	struct preflight *preflight, const char *check, struct err *problem, struct err *err)
{
	const char *side;
	if (find_side(preflight, &side, err) < 0)
		return -1;
	if (side && preflight_may_ask(preflight))
		return ask_side(preflight, check, problem, side, false, err);
	err_hint(problem,
		"install beside it with --project-name %s, or take the other one away first",
		side ? side : "NAME");
	preflight_error(preflight, check, problem);
	return 0;
}

/* Our own application, installed as another user or with another HOME. */
static int found_own(struct preflight *preflight, const struct elsewhere *own,
	const char *container, const char *from, struct err *err)
{
	struct err problem = ERR_INIT;
	const char *side;
	if (find_side(preflight, &side, err) < 0)
		return -1;
	const char *name = side ? side : "NAME";
	if (own->what)
		err_set(&problem, CODE_PREFLIGHT,
			"%s is installed already, in %s of the user %s (container %s)", own->what,
			own->directory, own->owner ? own->owner : "?", container);
	else
		err_set(&problem, CODE_PREFLIGHT,
			"Docker has another project with the name %s, from %s (container %s)",
			preflight->place->project, from, container);
	if (!own->what)
		err_hint(&problem,
			"this user may not look into that folder; if it is this application, "
			"installed with sudo, upgrade it with sudo and --dir \"%s\"; a second one with "
			"data of its own: --project-name %s",
			own->directory, name);
	else if (own->needs_sudo)
		err_hint(&problem,
			"to upgrade that one: with sudo, and --dir \"%s\"; a second one with data of "
			"its own: --project-name %s",
			own->directory, name);
	else
		err_hint(&problem,
			"to upgrade that one: --dir \"%s\"; a second one with data of its own: "
			"--project-name %s",
			own->directory, name);
	if (side && preflight_may_ask(preflight))
		return ask_side(preflight, "project", &problem, side, true, err);
	preflight_error(preflight, "project", &problem);
	preflight->elsewhere = !session_ignores(preflight->session, "project");
	return 0;
}

int preflight_check_project(struct preflight *preflight, struct err *err)
{
	const struct place *place = preflight->place;
	struct err problem = ERR_INIT;
	const char *container, *from, **volumes;
	struct elsewhere own;
	size_t count;
	if (!preflight_can_look(preflight))
		return 0;
	if (preflight_look(preflight, err) < 0)
		return -1;
	docker_project_find_stranger(preflight->containers, preflight->container_count,
		place->directory, &container, &from);
	/* Its folder is gone, and an installation lies here: it was moved. */
	if (container && docker_project_is_gone(from) && access(place->compose_file, F_OK) == 0)
		container = NULL;
	if (container && elsewhere_look(&own, preflight->session, from))
		return found_own(preflight, &own, container, from, err);
	if (container) {
		err_set(&problem, CODE_PREFLIGHT,
			"Docker has another project with the name %s, from %s (container %s)",
			place->project, from, container);
		return found_stranger(preflight, "project", &problem, err);
	}
	/* With secrets it is worse: preflight_check_data(). */
	if (is_ours(place) || preflight->env->new_secret || preflight->session->options->erase_data)
		return 0;
	if (docker_project_volumes(&preflight->docker, place->project, &volumes, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	err_set(&problem, CODE_PREFLIGHT,
		"Docker has the volume %s of a project %s, and nothing is installed in %s: the "
		"data "
		"is not this installation's",
		volumes[0], place->project, place->directory);
	return found_stranger(preflight, "data", &problem, err);
}

/* Where data is put, or deleted, on purpose, it may be in another engine than it was. */
int preflight_check_home(struct preflight *preflight, struct err *err)
{
	const struct session *session = preflight->session;
	const struct place *place = preflight->place;
	struct err problem = ERR_INIT, ignored = ERR_INIT;
	struct receipt *receipt;
	if (!preflight_can_look(preflight) ||
		receipt_find(place, session, &receipt, &ignored) < 0 ||
		(!receipt && receipt_find_retired(place, session, &receipt, &ignored) < 0))
		return 0;
	if (home_engine_check(&preflight->docker, &preflight->engine, receipt, place,
		    &preflight->other_engine, &problem, err) < 0)
		return -1;
	if (!preflight->other_engine)
		return 0;
	if (!*problem.hint)
		err_hint(&problem,
			"switch back to that engine (`docker context use NAME`, DOCKER_HOST; sudo drops "
			"it); to move here, make a backup there and restore it here; to begin without "
			"that data, say --ignore-preflight data");
	(preflight->restoring || session->options->erase_data ? preflight_warning
							      : preflight_error)(
		preflight, "data", &problem);
	return 0;
}

static bool is_own_container(const struct preflight *preflight, const char *name)
{
	for (size_t i = 0; i < preflight->container_count; i++)
		if (strcmp(preflight->containers[i].name, name) == 0)
			return true;
	return false;
}

/* A name that the compose file fixes, and that is not ours already. */
static bool wants_name(const struct preflight *preflight, const struct manifest_service *service)
{
	return service->active && service->container_name &&
	       !is_own_container(preflight, service->container_name);
}

/* Most names are free: one question for all. */
static int any_name_taken(struct preflight *preflight, bool *any, struct err *err)
{
	const struct manifest *manifest = preflight->session->manifest;
	struct arena *arena = preflight->session->arena;
	const char **filters = arena_alloc(arena, (manifest->service_count + 1) * sizeof(*filters));
	size_t count = 0;
	for (size_t i = 0; i < manifest->service_count; i++)
		if (wants_name(preflight, &manifest->services[i]))
			filters[count++] = arena_printf(
				arena, "name=%s", manifest->services[i].container_name);
	return docker_containers_match(&preflight->docker, filters, count, false, any, err);
}

/* container_name: names a container for the whole engine, whatever the project. */
int preflight_check_containers(struct preflight *preflight, struct err *err)
{
	const struct manifest *manifest = preflight->session->manifest;
	bool any;
	if (!preflight_can_look(preflight))
		return 0;
	if (preflight_look(preflight, err) < 0 || any_name_taken(preflight, &any, err) < 0)
		return -1;
	if (!any)
		return 0;
	for (size_t i = 0; i < manifest->service_count; i++) {
		const struct manifest_service *service = &manifest->services[i];
		struct err problem = ERR_INIT;
		const char *project;
		bool found;
		if (!wants_name(preflight, service))
			continue;
		if (docker_container_project(
			    &preflight->docker, service->container_name, &found, &project, err) < 0)
			return -1;
		if (!found || strcmp(project, preflight->place->project) == 0)
			continue;
		if (*project)
			err_set(&problem, CODE_PREFLIGHT,
				"there is a container %s already, of the project %s; service %s "
				"wants "
				"that name",
				service->container_name, project, service->name);
		else
			err_set(&problem, CODE_PREFLIGHT,
				"there is a container %s already; service %s wants that name",
				service->container_name, service->name);
		err_hint(&problem,
			"stop it and give it another name: `docker stop %s`, then `docker rename "
			"%s "
			"%s-old`",
			service->container_name, service->container_name, service->container_name);
		preflight_error(preflight, "container", &problem);
	}
	return 0;
}

/* A new password for an old database locks the person out of it. */
int preflight_check_data(struct preflight *preflight, struct err *err)
{
	const struct env_files *env = preflight->env;
	struct err problem = ERR_INIT;
	const char **names, *side;
	size_t count;
	/* Elsewhere: it is there with its .env, and nobody looks for one here. */
	if (!preflight_can_look(preflight) || preflight->elsewhere || !env->new_secret ||
		preflight->session->options->erase_data)
		return 0;
	const char *lost = preflight_lost_secret(preflight);
	if (!lost)
		return 0;
	if (docker_project_volumes(
		    &preflight->docker, preflight->place->project, &names, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	if (env->items[0].exists) {
		err_set(&problem, CODE_PREFLIGHT,
			"Docker has data of an earlier installation (volume %s), but %s has no %s: "
			"a "
			"new one would not fit the old data",
			names[0], preflight->place->env_file, lost);
		err_hint(&problem,
			"put that line back; if this version brought it and the old data does not "
			"know it, go on with --ignore-preflight data");
	} else {
		err_set(&problem, CODE_PREFLIGHT,
			"Docker has data of an earlier installation (volume %s), but its %s is "
			"gone: "
			"new passwords would not fit the old data",
			names[0], preflight->place->env_file);
		if (find_side(preflight, &side, err) < 0)
			return -1;
		err_hint(&problem,
			"put that .env back, or install beside it with --project-name %s",
			side ? side : "NAME");
	}
	preflight_error(preflight, "data", &problem);
	return 0;
}
