/* One careful look at the services. */
#include "health_watch.h"

#include <signal.h>

#include "interrupt.h"
#include "message.h"
#include "monotonic.h"

/* After `stop` a server that ends with 0 looks like a one-shot that is done. Nothing runs, and
 * there should be somebody at a port: then nothing is done, all is stopped. */
static void tell_stopped_from_done(
	const struct manifest *manifest, struct health *health, size_t running)
{
	size_t ports = 0;
	for (size_t i = 0; i < manifest->service_count; i++)
		ports += manifest->services[i].active ? manifest->services[i].port_count : 0;
	for (size_t i = 0; i < health->count && running == 0 && ports > 0; i++)
		if (health->services[i].state == HEALTH_DONE)
			health->services[i].state = HEALTH_STOPPED;
}

/* Docker sends SIGTERM, then SIGKILL; a process outside of any limit that the kernel kills when
 * memory runs out ends with the same 137, without OOMKilled. So it takes our own word for the stop,
 * and that nothing has been started since. */
static void tell_stopped_from_killed(struct health *health)
{
	enum { KILLED = 128 + SIGKILL, TERMINATED = 128 + SIGTERM };
	for (size_t i = 0; i < health->count; i++) {
		struct health_service *service = &health->services[i];
		bool by_signal = service->exit_code == KILLED || service->exit_code == TERMINATED;
		if (service->state == HEALTH_FAILED && service->exit_seen && by_signal &&
			!service->oom_killed && !service->error[0])
			service->state = HEALTH_STOPPED;
	}
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

int health_watch_look(
	struct health *health, const struct manifest *manifest, bool was_stopped, struct err *err)
{
	size_t running = 0;
	if (look_well(health, err) < 0)
		return -1;
	for (size_t i = 0; i < health->count; i++)
		running += health->services[i].running;
	tell_stopped_from_done(manifest, health, running);
	if (was_stopped && running == 0)
		tell_stopped_from_killed(health);
	return 0;
}

void health_watch_show(const struct health_service *service,
	const struct diagnosis_finding *finding, const struct secret_mask *mask,
	struct session *session)
{
	const char *state =
		secret_mask_text(mask, health_describe(service, session->arena), session->arena);
	struct ui_field fields[] = {UI_TEXT("name", service->name),
		UI_TEXT("state", health_name(service->state)),
		UI_NUMBER("exit_code", service->exit_code),
		UI_NUMBER("restarts", service->restart_count),
		UI_TEXT("cause", finding ? finding->cause : NULL),
		UI_TEXT("remedy", finding ? finding->remedy : NULL)};
	if (finding && finding->known)
		UI_RECORD(session->ui, "service", fields, T("%s: %s; %s"), service->name, state,
			finding->cause);
	else
		UI_RECORD(session->ui, "service", fields, T("%s: %s"), service->name, state);
}
