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

/* place_require_installed(); where it fails, the hint names the folder that Docker says it runs from
 * (another user's, or another HOME's). Who may not ask Docker, or finds nothing there, keeps the usual
 * hint. */
int installed_require(const struct place *place, const struct session *session, struct err *err);

/* Opens the bundle (its manifest says the name), finds the place, wants something to be installed
 * there, and a working engine; with lock, also the lock, and nobody else's containers. */
int installed_open(
	struct installed *installed, struct session *session, bool lock, struct err *err);

/* Folder and engine do not belong together, CODE_PREFLIGHT: the installation lives in another engine
 * (home_engine.h); or the engine's containers of this project were made from another folder, which is
 * still there. That is somebody else's project of this name, the same installation seen from another
 * HOME, or what this folder is a copy of. Where the folder is gone, it was moved here. */
int installed_refuse_elsewhere(
	const struct installed *installed, const struct session *session, struct err *err);

/* A verb that changes an installation in one step of its own name. */
struct installed_change {
	const char *verb;
	/* Asks the person, or checks something, before the journal has a line; or NULL. */
	int (*agree)(struct session *session, struct installed *installed, struct err *err);
	int (*change)(struct session *session, struct installed *installed, struct err *err);
};

/* Opens it with the lock, and lets the journal tell of the change. A journal that cannot be written
 * (a full disk) is no reason not to stop or remove something. */
int installed_change(
	const struct installed_change *change, struct session *session, struct err *err);

/* What an uninstall has left: data and passwords. docker NULL: volumes only if an engine is there.
 */
void installed_show_kept(
	const struct session *session, const struct place *place, const struct docker_cli *docker);

void installed_close(struct installed *installed);
#define AUTO_INSTALLED __attribute__((cleanup(installed_close))) struct installed
