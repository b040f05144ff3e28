/* Stopping, removing and starting what runs: compose first, else docker itself. */
#include "docker_services.h"

#include <string.h>
#include <unistd.h>

#include "docker_run.h"
#include "docker_volume.h"
#include "message.h"

/* ---- by the label ---- */

static int stop_by_label(struct docker_cli *docker, const char *project, struct err *err)
{
	struct docker_container *containers;
	size_t count, running = 0;
	struct docker_command command = {0};
	if (docker_project_containers(docker, project, &containers, &count, err) < 0)
		return -1;
	const char **ids = arena_alloc(docker->arena, (count + 1) * sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		if ((containers[i].running || containers[i].restarting) && !containers[i].one_off)
			ids[running++] = containers[i].id;
	docker_command_add(&command, docker->path, "stop");
	return docker_command_each(docker, &command, ids, running, err);
}

static int remove_by_label(struct docker_cli *docker, const char *project, struct err *err)
{
	return docker_project_remove(docker, project, false, err) < 0
		       ? -1
		       : docker_project_remove_networks(docker, project, err);
}

/* ---- compose first ---- */

/* Without its file, compose has nothing to say, and nobody is to be warned. */
static bool may_ask_compose(const struct docker_cli *docker, const struct compose_project *project)
{
	return docker->compose_path && access(project->file, R_OK) == 0;
}

/* Version 1 lays its words out. */
static const char *in_one_line(const struct docker_cli *docker, const char *words)
{
	char *line = arena_strdup(docker->arena, words);
	for (char *at = line; (at = strchr(at, '\n')) != NULL;)
		*at = ' ';
	return line;
}

static void warn(const struct docker_cli *docker, const struct compose_project *project,
	const struct err *why, struct ui *ui)
{
	const char *words = in_one_line(docker, why->text);
	if (docker->compose_unreadable && project->env_file)
		ui_warning(ui, T("correct that line before the next `start`"),
			T("compose cannot work with %s (%s); this was done by docker itself"),
			project->env_file, words);
	else
		ui_warning(ui, NULL, T("%s; this was done by docker itself"), words);
}

/* What docker says is news when compose only could not read, or when the engine has gone away (that
 * has a hint); else both failed for one reason, and compose has told it. */
static int choose_words(const struct docker_cli *docker, const struct err *compose, struct err *err)
{
	if (!docker->compose_unreadable && err->code == CODE_DOCKER && !*err->hint)
		*err = *compose;
	return -1;
}

static int do_it(struct docker_cli *docker, const struct compose_project *project,
	int (*by_compose)(
		struct docker_cli *docker, const struct compose_project *project, struct err *err),
	int (*by_label)(struct docker_cli *docker, const char *project, struct err *err),
	struct ui *ui, struct err *err)
{
	struct err refused = ERR_INIT;
	bool asked = may_ask_compose(docker, project);
	if (asked && by_compose(docker, project, &refused) == 0)
		return 0;
	if (asked && refused.code != CODE_STEP) {
		*err = refused;
		return -1;
	}
	if (by_label(docker, project->name, err) < 0)
		return asked ? choose_words(docker, &refused, err) : -1;
	if (asked)
		warn(docker, project, &refused, ui);
	return 0;
}

int docker_services_stop(struct docker_cli *docker, const struct compose_project *project,
	struct ui *ui, struct err *err)
{
	return do_it(docker, project, docker_compose_stop, stop_by_label, ui, err);
}

int docker_services_remove(struct docker_cli *docker, const struct compose_project *project,
	struct ui *ui, struct err *err)
{
	return do_it(docker, project, docker_compose_down, remove_by_label, ui, err);
}

/* Only where compose could not read: what it met while it started something is met again. */
int docker_services_start_again(struct docker_cli *docker, const struct compose_project *project,
	const char *const *ran, size_t ran_count, struct ui *ui, struct err *err)
{
	struct err problem = ERR_INIT;
	struct docker_command command = {0};
	if (docker_compose_up(docker, project, false, err) == 0)
		return 0;
	docker_command_add(&command, docker->path, "start");
	if (!docker->compose_unreadable || ran_count == 0 ||
		docker_command_each(docker, &command, ran, ran_count, &problem) < 0)
		return -1;
	warn(docker, project, err, ui);
	err_clear(err);
	return 0;
}

/* ---- how they are ---- */

enum docker_services_state docker_services_look(struct docker_cli *docker, const char *project)
{
	struct err ignored = ERR_INIT;
	bool running;
	if (docker_project_has_containers(docker, project, true, &running, &ignored) < 0)
		return DOCKER_SERVICES_UNKNOWN;
	return running ? DOCKER_SERVICES_RUN : DOCKER_SERVICES_STOPPED;
}

int docker_services_tell(
	struct docker_cli *docker, const struct compose_project *project, struct err *err)
{
	enum docker_services_state state = docker_services_look(docker, project->name);
	if (state != DOCKER_SERVICES_STOPPED)
		return err_hint(err, "see with `status` which services run");
	err_wrap(err, "the services are stopped");
	if (docker->compose_unreadable && project->env_file) {
		*err->hint = '\0'; /* "run this again" would not start them */
		return err_hint(err, "correct that line of %s, then start them with `start`",
			project->env_file);
	}
	return err_hint(err, "start them with `start`");
}
