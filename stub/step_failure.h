/* Why a service failed, for the person: when `up`, waiting or a step of the application's own proof
 * goes wrong. What is told, and how it is found: diagnosis.h. */
#pragma once

#include "diagnosis.h"
#include "step.h"

/* What the diagnosis of this run's services starts from. mask: an empty one. */
struct diagnosis_context step_failure_context(const struct step_run *run, struct secret_mask *mask);

/* What a service answered to a step. */
struct step_answer {
	int http_status;
	const char *line; /* "HTTP 401 {…}", printable */
};

/* Shows the last useful lines of the service that is to blame (NULL: nobody is) and gives *err the
 * true cause and its remedy; its code stays. answer: the service's, or NULL. Returns -1. */
int step_failure_explain(const struct step_run *run, const struct health_service *culprit,
	const struct step_answer *answer, struct err *err);

/* Only shows. */
void step_failure_show(const struct step_run *run, const struct health_service *culprit);

/* `up` says what compose thought (in *err); what the containers say is nearer to the cause and
 * replaces it when there is something. Returns -1. */
int step_failure_of_up(struct step_run *run, struct err *err);
