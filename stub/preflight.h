/*
 * Would an installation work here? All findings at once, each with cause and remedy.
 *
 *   engine    Docker is there, runs, answers, is on this machine        code 10
 *   compose   compose v2, or v1 from 1.27                               code 10
 *   directory the installation's can be made and written               code 8
 *   receipt   it can be told which version is installed                 code 11
 *   permission a receipt that this user may not open; never ignored     code 8
 *   version   nothing newer is installed; never ignored                 code 11
 *   platform  the images are for the engine's processor                 code 11
 *   project   no other project of this name; at a terminal: one beside it
 *   container no other container of a name that the compose file fixes
 *   data      volumes of an earlier installation without its .env, or of somebody else; or
 *             the installation lives in another engine
 *   database  PostgreSQL's data is of the major version that is brought
 *   port      each published port is free, or ours already; at a terminal: another one
 *   memory    the engine has what the bundle asks for
 *   disk      room for archive and unpacked images on the engine's disk, for files on ours
 *
 * 10 beats 11, 11 beats 8. --ignore-preflight NAME makes an error a warning (not for engine and compose:
 * nothing can be done without them; not for permission and version).
 */
#pragma once

#include "docker_cli.h"
#include "env_file.h"
#include "place.h"
#include "port.h"
#include "session.h"

struct receipt;

struct preflight {
	const struct session *session;
	struct place *place;   /* NULL for `load`: only what loading needs */
	struct env_files *env; /* likewise */
	struct docker_cli docker;
	struct docker_engine engine;
	/* Offer to start an engine that is down, another port, another project: at a terminal. */
	bool may_ask;
	bool *wanted; /* images that would be loaded, by manifest index */
	size_t wanted_count;
	struct port *ports;
	size_t port_count;
	/* What runs, or is left, of the project looked_at; preflight_look() */
	const char *looked_at;
	struct docker_container *containers;
	size_t container_count;
	/* Thresholds of the bundle; 0: worked out from the images, or none. */
	uint64_t memory_needed, disk_needed;
	bool skip_ports;
	bool elsewhere; /* our own application runs from another folder, and was refused for it */
	bool unknown;   /* there is data, nobody can tell its version, and the person goes on */
	bool other_engine; /* the installation lives in another engine: home_engine.h */
	/* What was uninstalled was of another version, and there is nothing to go back to. */
	const struct receipt *kept;
	bool restoring; /* data and .env come from a backup: what is there decides nothing */
	bool upgrading; /* and it is of an older version, which may know fewer secrets */
	/* Is told each finding, or NULL. */
	void (*found)(void *context, const char *name, bool warning, const struct err *problem);
	void *found_context;
	/* Findings so far: */
	size_t errors, warnings;
	int code;
};

/* Raises a step and its problems; -1 with the code when one is an error. On success the caller may
 * use docker, engine, wanted and ports. */
int preflight_run(struct preflight *preflight, struct err *err);

/* For env_files_ask(): *problem says why an answer will not do; CODE_OK: it will. */
int preflight_check_answer(void *preflight, const char *name, const char *answer,
	struct err *problem, struct err *err);

/* Once images are loaded: does PostgreSQL's data that an uninstall left in volumes fit?
 * CODE_PREFLIGHT when not. */
int preflight_check_kept_data(struct preflight *preflight, struct err *err);

/* Only engine and compose, quietly: for verbs about what is installed. */
int preflight_engine(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, bool compose, bool may_ask, struct err *err);
