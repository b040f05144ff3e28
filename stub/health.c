/* Watching the containers of a project. */
#include "health.h"

#include <stdio.h>
#include <string.h>

#include "interrupt.h"
#include "message.h"
#include "monotonic.h"

enum {
	LOOK_FIRST_MS = 100, /* then half as long again each time: most are ready within seconds */
	LOOK_EVERY_MS = 1000,
	STAY_UP_MS = 3000,        /* without healthcheck: so long without falling */
	STAY_UP_AGAIN_MS = 15000, /* the same after a restart: Docker's pauses grow to that */
	LOOP_RESTARTS = 3,        /* with nothing else coming up that it may wait for */
	LOOP_RESTARTS_HOPELESS = 2,
	LOOP_RESTARTS_ANYWAY = 6,
	LOOP_ANYWAY_MS = 20000,
	SICK_LOOKS = 10, /* the cause of a failing healthcheck is looked for every so many looks */
};

void health_init(struct health *health, struct docker_cli *docker, const struct manifest *manifest,
	const char *project, struct arena *arena)
{
	*health = (struct health){.docker = docker, .project = project};
	health->services =
		arena_alloc(arena, (manifest->service_count + 1) * sizeof(*health->services));
	for (size_t i = 0; i < manifest->service_count; i++)
		if (manifest->services[i].active)
			health->services[health->count++].name = manifest->services[i].name;
}

static enum health_state state_of(const struct docker_container *container)
{
	if (container->restarting || strcmp(container->status, "restarting") == 0)
		return HEALTH_RESTARTING;
	if (strcmp(container->status, "paused") == 0)
		return HEALTH_STOPPED;
	if (container->running) {
		if (strcmp(container->health, "unhealthy") == 0)
			return HEALTH_UNHEALTHY;
		return strcmp(container->health, "starting") == 0 ? HEALTH_STARTING : HEALTH_READY;
	}
	/* Could not be started at all: exit code 128 (port taken) or 127 (no such program), and the
	 * reason in State.Error. */
	if (*container->error)
		return HEALTH_FAILED;
	if (strcmp(container->status, "created") == 0)
		return HEALTH_STARTING;
	if (container->stays)
		return HEALTH_STOPPED; /* Docker would have restarted it, had nobody stopped it */
	if (container->exit_code != 0)
		return HEALTH_FAILED;
	/* Who has a healthcheck was meant to stay. */
	return container->has_healthcheck ? HEALTH_STOPPED : HEALTH_DONE;
}

/* The worse of two containers of one service decides. */
static int badness(enum health_state state)
{
	static const int order[] = {
		[HEALTH_DONE] = 0,
		[HEALTH_READY] = 1,
		[HEALTH_STARTING] = 2,
		[HEALTH_STOPPED] = 3,
		[HEALTH_UNHEALTHY] = 4,
		[HEALTH_MISSING] = 5,
		[HEALTH_RESTARTING] = 6,
		[HEALTH_FAILED] = 7,
	};
	return order[state];
}

static void take_container(struct health_service *service, const struct docker_container *container)
{
	enum health_state state = state_of(container);
	service->restart_count += container->restart_count;
	if (service->containers++ > 0 && badness(state) <= badness(service->state))
		return;
	service->state = state;
	if (!container->running || container->restarting) {
		service->exit_code = container->exit_code;
		service->exit_seen = true;
		service->oom_killed = container->oom_killed;
	}
	snprintf(service->container_id, sizeof(service->container_id), "%s", container->id);
	snprintf(service->error, sizeof(service->error), "%s", container->error);
	if (strcmp(service->started_at, container->started_at) != 0) {
		snprintf(service->started_at, sizeof(service->started_at), "%s",
			container->started_at);
		service->up_since_ms = 0;
	}
}

/* One that runs at the first look has been up for longer than we know; by the engine's clock, for
 * who has restarted must show what it can do. */
static uint64_t earlier(
	const struct health *health, const struct health_service *service, uint64_t now)
{
	uint64_t age = engine_clock_age_ms(&health->docker->clock, service->started_at);
	return health->looked || service->restart_count > 0 || age >= now ? now : now - age;
}

static void judge(const struct health *health, struct health_service *service,
	const struct docker_container *containers, size_t count, bool patient)
{
	bool first_look = !health->looked;
	uint64_t now = monotonic_ms();
	uint64_t old_count = service->restart_count;
	char old_id[sizeof(service->container_id)];
	memcpy(old_id, service->container_id, sizeof(old_id));
	service->containers = 0;
	service->restart_count = 0;
	service->running = 0;
	service->state = HEALTH_MISSING;
	service->container_id[0] = service->error[0] = '\0';
	bool has_healthcheck = false;
	for (size_t i = 0; i < count; i++) {
		const struct docker_container *container = &containers[i];
		if (container->one_off || strcmp(container->service, service->name) != 0)
			continue;
		take_container(service, container);
		has_healthcheck = has_healthcheck || container->has_healthcheck;
		service->running += container->running;
	}
	/* A container that is new since the first look has all its restarts behind its first count;
	 * starting one by hand resets its count. */
	if (first_look)
		service->first_count = service->restart_count;
	else if (strcmp(old_id, service->container_id) != 0)
		service->first_count = old_count = 0;
	if (service->first_count > service->restart_count)
		service->first_count = service->restart_count;
	service->new_restarts = !first_look && service->restart_count > old_count
					? service->restart_count - old_count
					: 0;
	if (service->new_restarts && !service->restart_seen_ms)
		service->restart_seen_ms = now;
	if (service->state != HEALTH_READY) {
		service->up_since_ms = 0;
		return;
	}
	if (!service->up_since_ms)
		service->up_since_ms = earlier(health, service, now);
	uint64_t long_enough = service->restart_seen_ms ? STAY_UP_AGAIN_MS : STAY_UP_MS;
	if (patient && !has_healthcheck && now - service->up_since_ms < long_enough)
		service->state = HEALTH_STARTING;
}

/* Is another service still coming up, which this one may be waiting for? */
static bool others_are_coming(const struct health *health, const struct health_service *but)
{
	for (size_t i = 0; i < health->count; i++)
		if (&health->services[i] != but &&
			(health->services[i].state == HEALTH_STARTING ||
				health->services[i].state == HEALTH_UNHEALTHY))
			return true;
	return false;
}

int health_look(struct health *health, bool patient, struct err *err)
{
	struct docker_container *containers;
	size_t count;
	/* An arena a look: waiting for minutes must not collect every answer. */
	struct arena *kept = health->docker->arena;
	AUTO(arena) arena = arena_new();
	health->docker->arena = arena;
	int status = docker_project_containers(
		health->docker, health->project, &containers, &count, err);
	health->docker->arena = kept;
	if (status < 0)
		return -1;
	for (size_t i = 0; i < health->count; i++) {
		struct health_service *service = &health->services[i];
		judge(health, service, containers, count, patient);
	}
	for (size_t i = 0; i < health->count && health->looked; i++) {
		struct health_service *service = &health->services[i];
		if (!others_are_coming(health, service))
			service->idle_restarts += service->new_restarts;
	}
	health->looked = true;
	return 0;
}

static bool is_fine(enum health_state state)
{
	return state == HEALTH_READY || state == HEALTH_DONE;
}

/* Restarts while others were coming up may be a lost race for the database, which Docker mends by
 * starting again; those after it was there are not, nor are many. */
static bool is_crash_loop(const struct health *health, const struct health_service *service)
{
	uint64_t restarts = service->restart_count - service->first_count;
	if (restarts >= LOOP_RESTARTS_HOPELESS && service->new_restarts && health->is_hopeless &&
		health->is_hopeless(health->hopeless_context, service))
		return true;
	return service->idle_restarts >= LOOP_RESTARTS ||
	       (restarts >= LOOP_RESTARTS_ANYWAY && service->new_restarts &&
		       monotonic_ms() - service->restart_seen_ms > LOOP_ANYWAY_MS);
}

/* It runs, and Docker calls it unhealthy. It may just be slow, unless the cause is known and
 * waiting does not cure it: a server that is up and answers 500 to everything. */
static bool is_sick_for_good(const struct health *health, struct health_service *service)
{
	if (service->state != HEALTH_UNHEALTHY || !health->is_hopeless) {
		service->sick_looks = 0;
		return false;
	}
	return service->sick_looks++ % SICK_LOOKS == 0 &&
	       health->is_hopeless(health->hopeless_context, service);
}

static void show_waiting(const struct health *health, struct ui *ui)
{
	AUTO_TEXT line = TEXT_INIT;
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < health->count; i++) {
		const struct health_service *service = &health->services[i];
		if (!is_fine(service->state))
			text_addf(&line, "%s%s: %s", line.length ? ", " : "", service->name,
				health_describe(service, arena));
	}
	ui_status(ui, "%s", line.bytes);
}

/* Between two attempts Docker says how the last one ended; while one runs, it does not. Looks until
 * then, for a moment. */
static void look_between_attempts(struct health *health, struct health_service *service)
{
	enum { LOOKS = 12, PAUSE_MS = 150 };
	struct err ignored = ERR_INIT;
	for (int look = 0; look < LOOKS && service->state != HEALTH_RESTARTING &&
			   service->state != HEALTH_FAILED && !interrupt_pending();
		look++) {
		monotonic_sleep_ms(PAUSE_MS);
		if (health_look(health, true, &ignored) < 0)
			break;
	}
	service->state = HEALTH_RESTARTING;
}

static int judge_all(struct health *health, bool *all_ready, const struct health_service **culprit,
	struct err *err)
{
	AUTO(arena) arena = arena_new();
	*all_ready = true;
	for (size_t i = 0; i < health->count; i++) {
		struct health_service *service = &health->services[i];
		*all_ready = *all_ready && is_fine(service->state);
		if (is_crash_loop(health, service)) {
			look_between_attempts(health, service);
			*culprit = service;
			return err_set(err, CODE_CRASH_LOOP,
				"service %s crashes again and again: %s", service->name,
				health_describe(service, arena));
		}
	}
	for (size_t i = 0; i < health->count; i++) {
		struct health_service *service = &health->services[i];
		if (is_sick_for_good(health, service)) {
			*culprit = service;
			return err_set(err, CODE_UNHEALTHY, "service %s: %s", service->name,
				health_describe(service, arena));
		}
		if (service->state == HEALTH_FAILED || service->state == HEALTH_STOPPED) {
			*culprit = service;
			return err_set(err,
				service->restart_count > service->first_count ? CODE_CRASH_LOOP
									      : CODE_UNHEALTHY,
				"service %s ended: %s", service->name,
				health_describe(service, arena));
		}
	}
	return 0;
}

static int out_of_time(const struct health *health, uint64_t timeout_ms,
	const struct health_service **culprit, struct err *err)
{
	AUTO(arena) arena = arena_new();
	const struct health_service *worst = NULL;
	for (size_t i = 0; i < health->count; i++) {
		const struct health_service *service = &health->services[i];
		if (!is_fine(service->state) &&
			(!worst || badness(service->state) > badness(worst->state)))
			worst = service;
	}
	*culprit = worst;
	if (worst)
		err_set(err, CODE_UNHEALTHY, "service %s is not ready after %llu seconds: %s",
			worst->name, (unsigned long long)(timeout_ms / 1000),
			health_describe(worst, arena));
	else
		err_set(err, CODE_UNHEALTHY, "the services did not stay up for %llu seconds",
			(unsigned long long)(timeout_ms / 1000));
	return err_hint(err, "a slow machine needs longer: run this again, perhaps with --timeout");
}

int health_wait(struct health *health, uint64_t timeout_ms, struct ui *ui,
	const struct health_service **culprit, struct err *err)
{
	uint64_t began = monotonic_ms();
	unsigned pause_ms = LOOK_FIRST_MS;
	*culprit = NULL;
	for (;;) {
		bool all_ready;
		if (interrupt_check(err) < 0 || health_look(health, true, err) < 0 ||
			judge_all(health, &all_ready, culprit, err) < 0)
			return -1;
		if (all_ready)
			return 0;
		if (monotonic_ms() - began > timeout_ms)
			return out_of_time(health, timeout_ms, culprit, err);
		show_waiting(health, ui);
		monotonic_sleep_ms(pause_ms);
		pause_ms += pause_ms / 2;
		if (pause_ms > LOOK_EVERY_MS)
			pause_ms = LOOK_EVERY_MS;
	}
}

const char *health_name(enum health_state state)
{
	static const char *const names[] = {
		[HEALTH_MISSING] = "missing",
		[HEALTH_STARTING] = "starting",
		[HEALTH_READY] = "ready",
		[HEALTH_DONE] = "done",
		[HEALTH_UNHEALTHY] = "unhealthy",
		[HEALTH_RESTARTING] = "restarting",
		[HEALTH_FAILED] = "failed",
		[HEALTH_STOPPED] = "stopped",
	};
	return names[state];
}

const char *health_describe(const struct health_service *service, struct arena *arena)
{
	switch (service->state) {
	case HEALTH_MISSING:
		return T("has no container");
	case HEALTH_STARTING:
		return T("starting");
	case HEALTH_READY:
		return T("ready");
	case HEALTH_DONE:
		return T("done (it ran once and ended well)");
	case HEALTH_UNHEALTHY:
		return T("running, but its healthcheck fails");
	case HEALTH_STOPPED:
		return T("stopped");
	case HEALTH_RESTARTING:
		if (!service->exit_seen)
			return arena_printf(arena, T("restarted %llu times"),
				(unsigned long long)service->restart_count);
		return arena_printf(arena, T("restarted %llu times, last exit code %lld%s"),
			(unsigned long long)service->restart_count, (long long)service->exit_code,
			service->oom_killed ? T(" (out of memory)") : "");
	case HEALTH_FAILED:
		if (service->error[0])
			return arena_printf(arena, T("could not be started: %s"), service->error);
		return arena_printf(arena, T("exit code %lld%s"), (long long)service->exit_code,
			service->oom_killed ? T(" (out of memory)") : "");
	}
	return "";
}
