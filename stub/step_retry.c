/* Attempts, with an eye on the services. */
#include "step_retry.h"

#include "interrupt.h"
#include "message.h"
#include "monotonic.h"
#include "step_failure.h"

enum { EVERY_MS = 1000, LOOK_EVERY_MS = 2000, SLICE_MS = 100, LOOP_RESTARTS = 3 };

int step_retry_read(struct json parameters, struct step_retry *retry, struct err *err)
{
	*retry = (struct step_retry){.every_ms = EVERY_MS, .began_ms = monotonic_ms()};
	retry->looked_ms = retry->began_ms;
	struct json member = json_member(parameters, "retry");
	if (!json_is_object(member))
		return step_duration(parameters, "retry", &retry->for_ms, err);
	if (step_duration(member, "for", &retry->for_ms, err) < 0 ||
		step_duration(member, "every", &retry->every_ms, err) < 0)
		return -1;
	return 0;
}

/* One that has ended badly, or goes on restarting: asking it again is no use. */
static const struct health_service *find_failed(const struct health *health)
{
	for (size_t i = 0; i < health->count; i++) {
		const struct health_service *service = &health->services[i];
		uint64_t restarts = service->restart_count - service->first_count;
		if (service->state == HEALTH_FAILED || restarts >= LOOP_RESTARTS)
			return service;
	}
	return NULL;
}

/* 0: they are well as far as we can see. */
static int look_at_services(struct step_run *run, struct step_retry *retry, struct err *err)
{
	struct err ignored = ERR_INIT;
	if (monotonic_ms() - retry->looked_ms < LOOK_EVERY_MS)
		return 0;
	if (health_look(&run->health, false, &ignored) < 0)
		return 0;
	retry->looked_ms = monotonic_ms();
	const struct health_service *failed = find_failed(&run->health);
	if (!failed)
		return 0;
	AUTO(arena) arena = arena_new();
	struct err found = ERR_INIT;
	if (failed->restart_count > failed->first_count)
		err_set(&found, CODE_CRASH_LOOP, "service %s crashes again and again: %s",
			failed->name, health_describe(failed, arena));
	else
		err_set(&found, CODE_UNHEALTHY, "service %s ended: %s", failed->name,
			health_describe(failed, arena));
	*err = found;
	return step_failure_explain(run, failed, NULL, err);
}

bool step_retry_again(struct step_run *run, struct step_retry *retry, struct err *err)
{
	struct ui *ui = run->sop->session->ui;
	struct err interrupted = ERR_INIT;
	uint64_t now = monotonic_ms(), until = now + retry->every_ms;
	uint64_t end = retry->began_ms + retry->for_ms;
	retry->tries++;
	if (interrupt_check(&interrupted) == 0 && look_at_services(run, retry, err) < 0)
		return false;
	if (now >= end)
		return false;
	if (until > end)
		until = end;
	ui_status(ui, "%s", err->text);
	while (interrupt_check(&interrupted) == 0 && monotonic_ms() < until) {
		monotonic_sleep_ms(SLICE_MS);
		ui_tick(ui);
	}
	err_clear(err);
	if (interrupted.code) {
		*err = interrupted;
		return false;
	}
	return true;
}

void step_retry_describe(const struct step_retry *retry, struct text *text)
{
	unsigned long long seconds = (monotonic_ms() - retry->began_ms + 500) / 1000;
	if (retry->tries > 1)
		text_addf(text, T(" (tried %u times in %llu seconds)"), retry->tries, seconds);
}
