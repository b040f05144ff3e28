/*
 * Public keys: points on P-256 (FIPS 186-5), the only kind that hardtack signs with.
 *
 * On disk a key is PEM (RFC 7468, "PUBLIC KEY") around a SubjectPublicKeyInfo (RFC 5480) that names
 * the curve and holds the point uncompressed, as openssl writes it: always PUBLIC_KEY_BYTES. Its
 * fingerprint is the SHA-256 of those bytes:
 *
 *     openssl pkey -pubin -in KEY.pub.pem -outform DER | sha256sum
 *
 * Whatever a struct public_key holds has been proven to be a point of the curve.
 */
#pragma once

#include "arena.h"
#include "digest.h"

enum {
	PUBLIC_KEY_POINT_BYTES = 65, /* 04, X, Y */
	PUBLIC_KEY_BYTES = 26 + PUBLIC_KEY_POINT_BYTES,
	PUBLIC_KEY_FILE_LIMIT = 64 << 10,
};

struct public_key {
	unsigned char der[PUBLIC_KEY_BYTES];
};

/* The key's point within its bytes. */
const unsigned char *public_key_point(const struct public_key *key);

/* From the point's 65 bytes; false when they are no point of the curve. */
bool public_key_from_point(struct public_key *out, const unsigned char *point);

/* From exactly PUBLIC_KEY_BYTES; false when they are anything else than such a key. */
bool public_key_from_der(struct public_key *out, const void *bytes, size_t length);

/* The first "PUBLIC KEY" block of a text; name is for errors. Everything else is CODE_INPUT: a
 * private key, a certificate, another curve. */
int public_key_parse(
	struct public_key *out, const char *pem, size_t length, const char *name, struct err *err);
int public_key_read(struct public_key *out, const char *path, struct arena *arena, struct err *err);

bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* "sha256:" and 64 digits. */
void public_key_fingerprint(
	const struct public_key *key, char fingerprint[static SHA256_DIGEST_LENGTH + 1]);
