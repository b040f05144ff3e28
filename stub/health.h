/*
 * Are the services up, healthy, and do they stay so? By own looks at the containers: `up --wait`
 * calls a crash loop healthy (docs/facts).
 *
 * A service is ready when every container of it is running, healthy if it has a healthcheck, and
 * has stayed up for a moment if it has none; or when it ran once and ended with 0. It crashes again
 * and again when RestartCount rises while nothing else is still coming up that it may wait for, or
 * goes on rising anyway, or twice already for a cause that waiting does not cure.
 */
#pragma once

#include "docker_cli.h"
#include "manifest.h"

enum health_state {
	HEALTH_MISSING,  /* no container */
	HEALTH_STARTING, /* created, starting, or not up long enough */
	HEALTH_READY,
	HEALTH_DONE,       /* one-shot, exit 0 */
	HEALTH_UNHEALTHY,  /* its healthcheck fails */
	HEALTH_RESTARTING, /* between two attempts */
	HEALTH_FAILED,     /* ended with another code, or could not be started */
	HEALTH_STOPPED,    /* ended by somebody: for `status` */
};

struct health_service {
	const char *name;
	enum health_state state;
	char container_id[72]; /* of the one that decided the state; "" when missing */
	int64_t exit_code;     /* the last that we saw: while a container runs, Docker says 0 */
	bool exit_seen;
	bool oom_killed;
	char error[512];        /* State.Error */
	char started_at[40];    /* change of it: it was started again */
	uint64_t restart_count; /* of all containers of the service */
	uint64_t first_count;   /* at the first look */
	uint64_t new_restarts;  /* between the last two looks */
	uint64_t idle_restarts; /* seen while no other service was coming up that it may wait for */
	uint64_t up_since_ms;   /* running under started_at, as far as we saw; 0: not running */
	uint64_t restart_seen_ms; /* first restart that we saw; 0: none */
	uint64_t sick_looks;      /* looks in a row that found it unhealthy */
	size_t containers;
	size_t running; /* of these */
};

struct health {
	struct docker_cli *docker;
	const char *project;
	struct health_service *services; /* the active ones */
	size_t count;
	bool looked;
	/* Asked about a service that goes on restarting while others come up, or that Docker calls
	 * unhealthy: true when the cause is known and waiting does not cure it. NULL: nobody knows. */
	bool (*is_hopeless)(void *context, const struct health_service *service);
	void *hopeless_context;
};

void health_init(struct health *health, struct docker_cli *docker, const struct manifest *manifest,
	const char *project, struct arena *arena);

/* One look. The first one, before `up`, tells old restarts from new ones. patient: services without
 * healthcheck must have stayed up for a moment. */
int health_look(struct health *health, bool patient, struct err *err);

/* Looks until all are ready (0), one crashes again and again (CODE_CRASH_LOOP), one has failed for
 * good, is unhealthy for a known cause, or time is up (CODE_UNHEALTHY). *culprit: the service that the error is about, or NULL. */
int health_wait(struct health *health, uint64_t timeout_ms, struct ui *ui,
	const struct health_service **culprit, struct err *err);

/* "healthy", "restarting (3 times, last exit 1)" …: for people, in their language. */
const char *health_describe(const struct health_service *service, struct arena *arena);
/* "ready", "done", "starting" …: for programs. */
const char *health_name(enum health_state state);
