/* Why a service failed, for the person: when `up`, waiting or a step of the application's own proof
 * goes wrong. */
#pragma once

#include "step.h"

/* The last words of a service that does not come up (NULL: nobody is to blame), as they would look
 * on the person's terminal, were it safe to show them there; secrets masked. */
void step_failure_show(const struct step_run *run, const struct health_service *culprit);

/* `up` says what compose thought (in *err); what the containers say is nearer to the cause and
 * replaces it when there is something. Returns -1. */
int step_failure_of_up(struct step_run *run, struct err *err);
