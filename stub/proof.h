/*
 * What a run has proven, one by one, for the receipt: the file's root, each image's identity, each
 * http and exec step with its answer. Kept by the session in order; no secrets, no translated
 * texts: programs read it, in every language alike.
 */
#pragma once

#include "journal.h"
#include "session.h"

struct proof {
	const char *kind;   /* "verify", "image", or the step's */
	const char *name;   /* the person's words: a reference, a step's name, services */
	const char *result; /* "root 8c1f…", "200, 3 tries" */
	char at[JOURNAL_TIME_SIZE];
};

struct proof_list {
	struct proof *items;
	size_t count, capacity;
};

/* Nothing happens in a session that keeps none. name and result: copied. */
void proof_add(
	const struct session *session, const char *kind, const char *name, const char *result);

/* ", 3 tries", or "" when it was the first one; as part of a result. */
const char *proof_tries(const struct session *session, unsigned tries);
