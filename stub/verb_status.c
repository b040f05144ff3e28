/* status: one look at the services. 0 all well, 13 not, 14 one crashes again and again. */
#include "health.h"
#include "installed.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"
#include "verbs.h"

static void show(struct session *session, const struct health_service *service)
{
	struct ui_field fields[] = {UI_TEXT("name", service->name),
		UI_TEXT("state", health_name(service->state)),
		UI_NUMBER("exit_code", service->exit_code),
		UI_NUMBER("restarts", service->restart_count)};
	UI_RECORD(session->ui, "service", fields, "%s: %s", service->name,
		health_describe(service, session->arena));
}

/* After `stop` a server that ends with 0 looks like a one-shot that is done. Nothing runs, and
 * there should be somebody at a port: then nothing is done, all is stopped. */
static void tell_stopped_from_done(const struct manifest *manifest, struct health *health)
{
	size_t running = 0, ports = 0;
	for (size_t i = 0; i < health->count; i++)
		running += health->services[i].running;
	for (size_t i = 0; i < manifest->service_count; i++)
		ports += manifest->services[i].active ? manifest->services[i].port_count : 0;
	for (size_t i = 0; i < health->count && running == 0 && ports > 0; i++)
		if (health->services[i].state == HEALTH_DONE)
			health->services[i].state = HEALTH_STOPPED;
}

/* One that restarts again and again runs now and then, too: who has restarted before is watched for
 * a moment. */
static int look_well(struct health *health, struct err *err)
{
	enum { LOOKS = 3, PAUSE_MS = 1000 };
	for (int look = 0; look < LOOKS; look++) {
		bool suspicious = false;
		if (interrupt_check(err) < 0 || health_look(health, false, err) < 0)
			return -1;
		for (size_t i = 0; i < health->count; i++) {
			struct health_service *service = &health->services[i];
			if (service->new_restarts)
				service->state = HEALTH_RESTARTING;
			if (service->state == HEALTH_RESTARTING)
				return 0;
			suspicious = suspicious || service->restart_count > 0;
		}
		if (!suspicious)
			return 0;
		monotonic_sleep_ms(PAUSE_MS);
	}
	return 0;
}

int verb_status(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct health health;
	const struct health_service *bad = NULL, *looping = NULL;
	if (installed_open(&installed, session, false, err) < 0)
		return -1;
	health_init(&health, &installed.docker, session->manifest, installed.place.project,
		session->arena);
	if (look_well(&health, err) < 0)
		return -1;
	tell_stopped_from_done(session->manifest, &health);
	for (size_t i = 0; i < health.count; i++) {
		const struct health_service *service = &health.services[i];
		show(session, service);
		if (service->state == HEALTH_RESTARTING)
			looping = service;
		else if (service->state != HEALTH_READY && service->state != HEALTH_DONE)
			bad = service;
	}
	if (looping)
		return err_set(err, CODE_CRASH_LOOP, "service %s crashes again and again: %s",
			looping->name, health_describe(looping, session->arena));
	if (bad)
		return err_set(err, CODE_UNHEALTHY, "service %s: %s", bad->name,
			health_describe(bad, session->arena));
	return 0;
}
