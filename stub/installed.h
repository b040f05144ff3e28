/* What the verbs about an existing installation begin with. */
#pragma once

#include "docker_cli.h"
#include "env_file.h"
#include "place.h"
#include "session.h"

struct installed {
	struct place place;
	struct docker_cli docker;
	struct docker_engine engine;
	struct compose_project project;
};

#define INSTALLED_INIT              \
	{                           \
		.place = PLACE_INIT \
	}

/* Opens the bundle (its manifest says the name), finds the place, wants something to be installed
 * there, and a working engine; with lock, also the lock. */
int installed_open(
	struct installed *installed, struct session *session, bool lock, struct err *err);
void installed_close(struct installed *installed);
#define AUTO_INSTALLED __attribute__((cleanup(installed_close))) struct installed
