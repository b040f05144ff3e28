/*
 * Why does a service not run? From the container's state, its log, its healthcheck's words and what
 * compose said, to causes with remedies (known_issue.h) and the lines that a person should see.
 *
 * All texts are in the person's language, safe for a terminal, and free of the secrets that the
 * mask knows; the container's own environment is added to it.
 */
#pragma once

#include "health.h"
#include "known_issue.h"
#include "log_excerpt.h"
#include "secret_mask.h"

struct diagnosis_context {
	struct docker_cli *docker;
	const char *known_issues; /* manifest.known_issues_json, or NULL */
	struct secret_mask *mask;
	const char *compose_words; /* what `up` said, or NULL */
	int http_status;           /* what the service answered to a step, or 0 */
	const char *http_answer;   /* the same with its words, a line: "HTTP 401 {…}", or NULL */
};

enum { DIAGNOSIS_FINDINGS = 4, DIAGNOSIS_EVIDENCE = 1 + KNOWN_ISSUE_MORE };

struct diagnosis_finding {
	const char *rule; /* of the table, "project", or of the state: "exit-code", "unhealthy" … */
	bool warning;     /* often harmless */
	bool waits;       /* may pass by itself, or follows from another service's trouble */
	bool known;       /* from a rule, not from the state alone */
	const char *cause, *remedy;
	const char *evidence[DIAGNOSIS_EVIDENCE]; /* lines, or NULL */
};

struct diagnosis {
	const char *service;
	const char *state;                                     /* health_describe() */
	struct diagnosis_finding findings[DIAGNOSIS_FINDINGS]; /* the true cause first */
	bool stopped; /* by somebody: what its log says is no reason, only seen */
	size_t count;               /* 0 only when the service is well and nothing was found */
	struct log_excerpt excerpt; /* the last useful lines */
};

/* In the arena. Fails only when Docker does not answer. */
int diagnosis_of_service(const struct diagnosis_context *context,
	const struct health_service *service, struct arena *arena, struct diagnosis *out,
	struct err *err);

/* The same for a stack: when the culprit only waits for others, one of them may have the true
 * cause, and is told instead. */
int diagnosis_of_stack(const struct diagnosis_context *context, const struct health *health,
	const struct health_service *culprit, struct arena *arena, struct diagnosis *out,
	struct err *err);

/* From compose's words alone, when no container came of it; count 0: no rule knows them. */
void diagnosis_of_words(
	const struct diagnosis_context *context, struct arena *arena, struct diagnosis *out);

/* Shows the last useful lines. */
void diagnosis_show_excerpt(const struct diagnosis *diagnosis, struct ui *ui);

/* Shows the excerpt, the evidence and what else was seen; the cause is for the error. As JSON:
 * `finding` events and a `log` event. */
void diagnosis_show(const struct diagnosis *diagnosis, struct ui *ui);

/* Gives *err, which is about the service `culprit`, the true cause and its remedy; the code stays.
 */
void diagnosis_explain(const struct diagnosis *diagnosis, const char *culprit, struct err *err);

/* Raises the `finding` event of one finding; as a line for people with its remedy. */
void diagnosis_show_finding(
	const struct diagnosis_finding *finding, const char *service, struct ui *ui);

/* What an exit code means, in words; "" when it means nothing in particular. */
const char *diagnosis_exit_words(int64_t exit_code);

/* For health_wait(): the context is a struct diagnosis_context. Is the cause known, and not one
 * that waiting cures? */
bool diagnosis_is_hopeless(void *context, const struct health_service *service);
