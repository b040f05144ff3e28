/*
 * Whose files are accepted on this machine: by keys from outside the file, never by the one in it.
 *
 *   1. A key named on the command line (--require-key, `hardtack verify --key`): that one alone.
 *   2. Else the *.pem files of the folder that HARDTACK_TRUSTED_KEYS names. It must exist and hold
 *      one: who sets the variable wants to be protected.
 *   3. Else those of ~/.config/hardtack/trusted-keys (in XDG_CONFIG_HOME, where that is set), on
 *      macOS ~/Library/Application Support/hardtack/trusted-keys. No folder, or none in it: every
 *      intact file is accepted, signed or not.
 *
 * Names that begin with a dot are passed over; any other *.pem that is no public key on P-256, or
 * that everybody may write to, stops the program (CODE_INPUT) rather than weaken the rule.
 */
#pragma once

#include "public_key.h"

struct trusted_keys {
	const struct public_key *keys; /* in the arena */
	size_t count;                  /* 0: nothing is demanded */
	const char *place;             /* file or folder, for texts; NULL when count is 0 */
};

/* named: the key of the command line, or NULL. */
int trusted_keys_read(
	struct trusted_keys *out, const char *named, struct arena *arena, struct err *err);

/* Is the signer (NULL: unsigned) one of them? False when there are none. */
bool trusted_keys_have(const struct trusted_keys *trusted, const struct public_key *signer);

/* CODE_INTEGRITY when keys are demanded and the signer of that file is none of them. */
int trusted_keys_check(const struct trusted_keys *trusted, const struct public_key *signer,
	const char *file, struct err *err);
