/*
 * SHA-256 (FIPS 180-4) at the processor's speed: streaming, in one call, and as text.
 *
 * The work is Mbed TLS's; on arm64 it uses the ARMv8 instructions, and on amd64 whole blocks go to
 * digest_x86.c where the processor has SHA-NI. None of the functions can fail, none allocates,
 * and different hashes may be computed on different threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* A finished SHA-256. A plain value: assign it, compare it with sha256_equal(). */
struct sha256 {
	unsigned char bytes[32];
};

enum {
	SHA256_HEX_LENGTH = 64, /* digits, without the NUL */
	SHA256_DIGEST_LENGTH =
		7 + SHA256_HEX_LENGTH, /* "sha256:" and the digits, without the NUL */
};

/* A SHA-256 in the making. A plain value too: a copy is a second hash with the same beginning.
 * What is inside is Mbed TLS's context; digest.c asserts that it fits. */
struct digest_sha256 {
	uint64_t opaque[14];
};

void digest_sha256_init(struct digest_sha256 *digest);
void digest_sha256_update(struct digest_sha256 *digest, const void *bytes, size_t length);

/* The digest of all that was given. Afterwards *digest must be initialised again before its next
 * use. */
struct sha256 digest_sha256_final(struct digest_sha256 *digest);

/* All at once. */
struct sha256 digest_sha256_of(const void *bytes, size_t length);

/* The digest of each `page` bytes (a multiple of 64), the last of which may be fewer: what many
 * digest_sha256_of() would give, faster where the processor works on two at a time. */
void digest_sha256_pages(const void *bytes, size_t length, size_t page, struct sha256 *digests);

/* "sha-ni", "armv8" or "portable": how this machine hashes. For -v and for tests. */
const char *digest_sha256_implementation(void);

/* For tests: true switches SHA-NI off for the whole program, false goes back to what the processor
 * has. Not for use while another thread hashes. */
void digest_sha256_force_portable(bool portable);

bool sha256_equal(const struct sha256 *a, const struct sha256 *b);

/* 64 lower-case digits; "sha256:" before them in the second form (OCI image-spec, descriptor.md).
 */
void sha256_to_hex(const struct sha256 *sha256, char hex[static SHA256_HEX_LENGTH + 1]);
void sha256_to_digest(const struct sha256 *sha256, char digest[static SHA256_DIGEST_LENGTH + 1]);

/* The reverse, strict: exactly 64 lower-case digits (after "sha256:" in the second form), nothing
 * before or after. False, with *out untouched, when the text is anything else. */
bool sha256_from_hex(struct sha256 *out, const char *hex);
bool sha256_from_digest(struct sha256 *out, const char *digest);

/* sha256_from_digest() for input: refuses with CODE_INPUT, naming the text and what it should be.
 */
int sha256_parse(struct sha256 *out, const char *digest, struct err *err);
