/*
 * Private keys on P-256: made, written, read, and signed with.
 *
 * Written as PEM "PRIVATE KEY" (PKCS#8, RFC 5208 and 5915), with a passphrase as "ENCRYPTED PRIVATE
 * KEY" (PBES2 of RFC 8018: PBKDF2 with HMAC-SHA256, AES-256-CBC). Read in every form that openssl
 * writes a P-256 key in: those two, "EC PRIVATE KEY", and that one encrypted. A key file that
 * others may read is refused. From the first key that is made or read, the process leaves no core
 * file.
 *
 * The nonce of a signature comes from key and digest (RFC 6979): the same file signed twice gives
 * the same bytes. Call signing_key_clear() on every way out; it overwrites the secret.
 */
#pragma once

#include "passphrase.h"
#include "signature.h"

struct signing_key {
	unsigned char scalar[SIGNATURE_SCALAR_BYTES];
	struct public_key public;
};

/* A new one, from the system's random numbers. */
int signing_key_generate(struct signing_key *key, struct err *err);

/* A wrong passphrase, a damaged file, another kind of key: CODE_INPUT. */
int signing_key_read(struct signing_key *key, const char *path,
	const struct passphrase_source *source, struct err *err);

/* CODE_USAGE when there is a file of that name already: keys are never overwritten. */
int signing_key_check_new(const char *path, struct err *err);

/* A new file, mode 0600; one that exists is CODE_USAGE. passphrase NULL or "": not encrypted. */
int signing_key_write(
	const struct signing_key *key, const char *path, const char *passphrase, struct err *err);

/* The public key, mode 0644, beside it; refuses as above. */
int signing_key_write_public(const struct signing_key *key, const char *path, struct err *err);

int signing_key_sign(const struct signing_key *key, const struct sha256 *digest,
	struct signature *out, struct err *err);

void signing_key_clear(struct signing_key *key);
#define AUTO_SIGNING_KEY __attribute__((cleanup(signing_key_clear))) struct signing_key
