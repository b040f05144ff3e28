/*
 * Stopping, removing and starting what runs. By compose first, which knows the order of
 * dependencies; but it reads the project's files for every verb, and one bad line of .env has it
 * refuse them all. Then by docker itself, by the project's label, with a warning that says so:
 * nobody should have to mend a file to get rid of what it once started.
 */
#pragma once

#include "docker_cli.h"

/* CODE_DOCKER when docker could not do it either; CODE_STEP with compose's words when those tell
 * more. One-off containers go on, as with compose. */
int docker_services_stop(struct docker_cli *docker, const struct compose_project *project,
	struct ui *ui, struct err *err);

/* Containers and networks; no volumes. */
int docker_services_remove(struct docker_cli *docker, const struct compose_project *project,
	struct ui *ui, struct err *err);

/* What ran before, as it was; ran: ids for docker, in the order to start them in. */
int docker_services_start_again(struct docker_cli *docker, const struct compose_project *project,
	const char *const *ran, size_t ran_count, struct ui *ui, struct err *err);

enum docker_services_state {
	DOCKER_SERVICES_UNKNOWN, /* Docker does not answer */
	DOCKER_SERVICES_STOPPED, /* none runs */
	DOCKER_SERVICES_RUN,     /* one at least */
};

/* A look, for whoever is about to say something of it. */
enum docker_services_state docker_services_look(struct docker_cli *docker, const char *project);

/* Adds to *err, why services did not come up again, how they are now, and what to do. */
int docker_services_tell(
	struct docker_cli *docker, const struct compose_project *project, struct err *err);
