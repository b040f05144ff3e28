/* Why a service failed, for the person: when `up`, waiting or a step of the application's own proof
 * goes wrong. What is told, and how it is found: diagnosis.h. */
#pragma once

#include "diagnosis.h"
#include "step.h"

/* What the diagnosis of this run's services starts from. mask: an empty one. */
struct diagnosis_context step_failure_context(const struct step_run *run, struct secret_mask *mask);

/* Shows the last useful lines of the service that is to blame (NULL: nobody is) and gives *err the
 * true cause and its remedy; its code stays. http_status: what the service answered, or 0.
 * Returns -1. */
int step_failure_explain(const struct step_run *run, const struct health_service *culprit,
	int http_status, struct err *err);

/* Only shows. */
void step_failure_show(const struct step_run *run, const struct health_service *culprit);

/* `up` says what compose thought (in *err); what the containers say is nearer to the cause and
 * replaces it when there is something. Returns -1. */
int step_failure_of_up(struct step_run *run, struct err *err);
