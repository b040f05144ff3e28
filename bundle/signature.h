/*
 * Signatures: ECDSA on P-256 over a SHA-256 (FIPS 186-5, section 6), as DER (RFC 3279, 2.2.3):
 * SEQUENCE { INTEGER r, INTEGER s } in its only shortest form. What `openssl dgst -sha256 -sign`
 * writes and `-verify` reads.
 *
 * Two places have one: FILE.sig beside an installer, the signature alone, over the whole file; and
 * hardtack/manifest.sig inside (FORMAT.md, "manifest.sig"), over manifest.json, behind the public
 * key that it can be checked with:
 *
 *     0    SubjectPublicKeyInfo (public_key.h)    91 bytes
 *     91   the signature                          to the end
 *
 * The key inside a file says who to compare with; it is no reason to believe anything
 * (trusted_keys.h).
 */
#pragma once

#include "public_key.h"

enum {
	SIGNATURE_SCALAR_BYTES = 32,
	SIGNATURE_MOST_BYTES = 2 + 2 * (2 + 1 + SIGNATURE_SCALAR_BYTES),
	SIGNATURE_DOCUMENT_MOST_BYTES = PUBLIC_KEY_BYTES + SIGNATURE_MOST_BYTES,
};

#define SIGNATURE_MANIFEST_PATH "hardtack/manifest.sig"

/* r and s, big-endian. */
struct signature {
	unsigned char r[SIGNATURE_SCALAR_BYTES];
	unsigned char s[SIGNATURE_SCALAR_BYTES];
};

/* How many of der's bytes it took. */
size_t signature_encode(
	const struct signature *signature, unsigned char der[static SIGNATURE_MOST_BYTES]);

/* False for everything but what signature_encode() writes of some signature. */
bool signature_decode(struct signature *out, const void *der, size_t length);

/* Did the key's owner sign this digest? */
bool signature_verify(const struct signature *signature, const struct public_key *key,
	const struct sha256 *digest);

/* manifest.sig of a document with this digest; out has its length. */
size_t signature_document_encode(const struct public_key *key, const struct signature *signature,
	unsigned char out[static SIGNATURE_DOCUMENT_MOST_BYTES]);

/* The reverse with the proof: *signer is who signed that digest. Else CODE_INTEGRITY. */
int signature_document_verify(struct public_key *signer, const void *bytes, size_t length,
	const struct sha256 *digest, struct err *err);
