/*
 * Where a project is installed: its name, its directory, its lock.
 *
 * A variant of a fallback has a place of its own, so that its data, .env, files, journal and
 * receipt are its own: project NAME-VARIANT in DIR/VARIANT, where NAME and DIR are the first
 * choice's.
 */
#pragma once

#include "docker_cli.h"
#include "session.h"

struct place {
	const char *project;         /* compose project name: [a-z0-9][a-z0-9_-]* */
	const char *directory;       /* absolute */
	const char *compose_file;    /* absolute */
	const char *env_file;        /* absolute: directory/.env, whether it exists or not */
	const char *first_project;   /* of the first choice: the same without a fallback */
	const char *first_directory; /* likewise */
	int lock_fd, first_lock_fd;
};

#define PLACE_INIT                                 \
	{                                          \
		.lock_fd = -1, .first_lock_fd = -1 \
	}

/* By --project-name and --dir, else ~/hardtack/<bundle's name> and the project that lies in that
 * directory (place_owner.h), else the bundle's name; of the variant that is chosen there
 * (variant_choice.h), which the session then uses. Touches nothing. CODE_PREFLIGHT: what is
 * installed there is a variant that this bundle does not have. CODE_USAGE: it is another application's,
 * or another project's than the one asked for, or nothing says whose. CODE_IO: this user may not look. */
int place_choose(struct place *place, struct session *session, struct err *err);

/* The same for another project's name than those, and for the variant that the session uses. */
int place_choose_as(
	struct place *place, const struct session *session, const char *project, struct err *err);

/* The place beside it of the variant that the session uses now; not locked. */
int place_of_variant(struct place *place, const struct place *beside, const struct session *session,
	struct err *err);

/* Makes the directory (0700: .env is in it) and takes the lock, of a variant also the first
 * choice's; another run that holds it is CODE_PREFLIGHT. What root makes from then on in folders of
 * whom the directory belongs to is his (file_owner.h). The lock goes with the process, however it
 * ends; what is left of its children is waited for (orphan_wait.h). */
int place_lock(struct place *place, const struct session *session, struct err *err);

/* Could place_lock() make its files here? CODE_IO with the cause; makes nothing. */
int place_check_writable(const struct place *place, struct err *err);

/* Is there a file of the installation that this user may not use? CODE_IO, of the first. */
int place_check_access(const struct place *place, struct arena *arena, struct err *err);

/* Does another process hold the lock? Only without a lock of our own: looking would lose it. */
bool place_is_locked(const struct place *place);

/* CODE_USAGE unless something is installed there, CODE_IO when this user may not read it; of what was uninstalled the hint says how to come
 * back. Takes no lock. */
int place_require_installed(const struct place *place, struct err *err);

/* Was it uninstalled, and its data kept? */
bool place_is_uninstalled(const struct place *place);

/* For docker_compose_*(); env_file only when it exists. As long as place and session live. */
struct compose_project place_compose(
	const struct place *place, const struct session *session, struct arena *arena);

/* A compose project's name: [a-z0-9][a-z0-9_-]*, at most 63 characters. */
bool place_is_project_name(const char *name);

/* Removes lock, journal and receipt, and the directory, if nothing else is left in it. */
void place_remove(struct place *place);

/* The same when nothing else is there, as after a run that changed nothing: never a backup. */
void place_leave(struct place *place);

void place_clear(struct place *place);
#define AUTO_PLACE __attribute__((cleanup(place_clear))) struct place
