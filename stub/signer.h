/*
 * Who signed an installation before, and who signs it now. The receipt remembers the first: an
 * installer for the same place that is unsigned, or signed by another key, is not simply "the next
 * version".
 */
#pragma once

#include "receipt.h"

/*
 * old (may be NULL): the installation that is there. When it was signed, and session's file is not
 * by the same key, and no key from outside vouches for it (trusted_keys.h), the person is asked;
 * with nobody to ask, or --yes, it is CODE_INTEGRITY. `--ignore-preflight signer` accepts it.
 * Nothing has been touched before.
 */
int signer_check_change(const struct session *session, const struct receipt *old, struct err *err);
