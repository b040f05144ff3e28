/*
 * `doctor`: everything that can be found out about an installation, whether it runs or not.
 *
 * Each check raises its findings; together they decide the exit code: 10 before 14 before 13 before
 * 11. Nothing is changed, except that proving an image makes a container and removes it.
 */
#pragma once

#include "diagnosis.h"
#include "env_file.h"
#include "place.h"
#include "preflight.h"
#include "session.h"

struct doctor_finding {
	struct diagnosis_finding finding;
	const char *service; /* or NULL */
};

struct doctor {
	struct session *session;
	struct place place;
	struct env_files env;
	struct preflight preflight;
	struct secret_mask mask;
	struct health health;
	bool installed, env_readable, looked; /* looked: health is true */
	struct doctor_finding *findings;      /* in the order in which they were found */
	size_t count, capacity;
	size_t errors;
	int code; /* of the worst; 0: all is well */
};

/* Runs all checks, showing what they find. Fails only on an interrupt and the like. */
int doctor_examine(struct doctor *doctor, struct err *err);

/* Writes the support report to file and says what is in it. */
int doctor_write_report(struct doctor *doctor, const char *file, struct err *err);
