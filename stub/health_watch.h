/* How the services of an installation are right now: what `status` and `doctor` look at and show.
 */
#pragma once

#include "diagnosis.h"
#include "session.h"

/* Looks so long that a service between two attempts is not taken for a running one, and tells what
 * was stopped from what is done. was_stopped: the last run was a `stop` (last_run.h); then a signal
 * that ended a service was its own. */
int health_watch_look(
	struct health *health, const struct manifest *manifest, bool was_stopped, struct err *err);

static inline bool health_watch_is_well(const struct health_service *service)
{
	return service->state == HEALTH_READY || service->state == HEALTH_DONE;
}

/* A line on stdout, or a `service` event. finding: the cause of its state, or NULL. */
void health_watch_show(const struct health_service *service,
	const struct diagnosis_finding *finding, const struct secret_mask *mask,
	struct session *session);
