/*
 * Both receipts are gone (receipt.h): was something installed here all the same, and what? Who
 * takes that for a first installation puts an older version over the data of a newer one, and makes
 * no rollback point.
 *
 * What is left says it: the journal whether anything ever was installed, and the control program,
 * which is verified as a whole, of which version. It is replaced before a new version's containers
 * start, so an upgrade that is not through is asked for what it saved of the old one.
 */
#pragma once

#include "receipt.h"

struct receipt_lost {
	bool never;        /* nothing is lost: a first installation that did not come to its end */
	const char *trace; /* what shows it, to be named; NULL: nothing does */
	bool uninstalled;  /* only the data was kept */
	struct receipt *receipt; /* inferred, as damage says; NULL: nobody can tell the version */
};

/* For a place without any receipt, retired or not. Looks at files only. */
void receipt_lost_look(
	struct receipt_lost *lost, const struct place *place, const struct session *session);

/* What is installed there: the receipt or its copy; when both are gone, or are damaged and the
 * person goes on in spite of that, what is inferred. *out NULL: nothing, or nobody can tell
 * (preflight_check_receipt() decides). Fails as receipt_read(). */
int receipt_find(const struct place *place, const struct session *session, struct receipt **out,
	struct err *err);

/* The same of what was uninstalled, and left its data. */
int receipt_find_retired(const struct place *place, const struct session *session,
	struct receipt **out, struct err *err);
