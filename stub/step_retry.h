/* Trying a step again until it succeeds, its time is up, or a service has failed meanwhile. */
#pragma once

#include "step.h"

struct step_retry {
	uint64_t for_ms;   /* the last attempt begins so long after the first; 0: one attempt */
	uint64_t every_ms; /* from an attempt's end to the next one's begin */
	uint64_t began_ms, looked_ms;
	unsigned tries; /* made so far */
};

/* The parameter "retry": a duration, or {for, every}; absent: one attempt. */
int step_retry_read(struct json parameters, struct step_retry *retry, struct err *err);

/* After a failed attempt, which *err tells of: waits for the next one and clears *err (true), or
 * says that it was the last (false). Then *err may be another one: an interrupt, or the service
 * that has failed, whose last words are shown. */
bool step_retry_again(struct step_run *run, struct step_retry *retry, struct err *err);

/* Adds ", tried 12 times in 60 seconds" when it was more than once. */
void step_retry_describe(const struct step_retry *retry, struct text *text);
