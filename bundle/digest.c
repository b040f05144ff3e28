/* SHA-256: Mbed TLS, with SHA-NI for whole blocks on amd64; and digests as text. */
#include "digest.h"

#include <string.h>

/* The bulk of a hash on amd64 goes around Mbed TLS, straight to the words of its state. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "mbedtls/sha256.h"

#include "digest_x86.h"

enum {
	BLOCK_SIZE = 64,
};

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct digest_sha256), "it fits");
_Static_assert(
	_Alignof(mbedtls_sha256_context) <= _Alignof(struct digest_sha256), "it may lie there");

static const char digest_prefix[] = "sha256:";

/* What the processor has. Asked anew by every thread that comes first: all get the same answer. */
enum acceleration {
	UNKNOWN,
	SHA_NI,
	MBED_TLS,
};
static _Atomic(int) acceleration = UNKNOWN;

static bool use_sha_ni(void)
{
	if (acceleration == UNKNOWN)
		acceleration = digest_x86_available() ? SHA_NI : MBED_TLS;
	return acceleration == SHA_NI;
}

void digest_sha256_force_portable(bool portable)
{
	acceleration = portable ? MBED_TLS : UNKNOWN;
}

const char *digest_sha256_implementation(void)
{
	if (use_sha_ni())
		return "sha-ni";
#if defined(MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_ONLY)
	return "armv8";
#elif defined(MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT)
	return "armv8 where present";
#else
	return "portable";
#endif
}

/* The storage is declared as words, the context is what really lives in it. */
static mbedtls_sha256_context *context_of(struct digest_sha256 *digest)
{
	return (mbedtls_sha256_context *)(void *)digest;
}

/* Mbed TLS's functions report only misuse and, with hardware engines that we do not configure,
 * faults. */
static void feed(mbedtls_sha256_context *context, const unsigned char *bytes, size_t length)
{
	BUG_ON(mbedtls_sha256_update(context, bytes, length) != 0);
}

void digest_sha256_init(struct digest_sha256 *digest)
{
	mbedtls_sha256_init(context_of(digest));
	BUG_ON(mbedtls_sha256_starts(context_of(digest), 0) != 0);
}

/* Adds to Mbed TLS's 64-bit count of bytes, which it keeps in two halves. */
static void count_bytes(mbedtls_sha256_context *context, uint64_t length)
{
	uint64_t total = ((uint64_t)context->total[1] << 32 | context->total[0]) + length;

	context->total[0] = (uint32_t)total;
	context->total[1] = (uint32_t)(total >> 32);
}

void digest_sha256_update(struct digest_sha256 *digest, const void *data, size_t length)
{
	mbedtls_sha256_context *context = context_of(digest);
	const unsigned char *bytes = data;
	size_t buffered = context->total[0] % BLOCK_SIZE;

	if (use_sha_ni() && buffered + length >= BLOCK_SIZE) {
		/* Mbed TLS completes the block that it has begun; whole ones are ours; it gets the
		 * rest. */
		size_t head = buffered ? BLOCK_SIZE - buffered : 0;
		size_t whole = (length - head) / BLOCK_SIZE * BLOCK_SIZE;

		feed(context, bytes, head);
		digest_x86_blocks(context->state, bytes + head, whole / BLOCK_SIZE);
		count_bytes(context, whole);
		bytes += head + whole;
		length -= head + whole;
	}
	feed(context, bytes, length);
}

struct sha256 digest_sha256_final(struct digest_sha256 *digest)
{
	struct sha256 result;

	BUG_ON(mbedtls_sha256_finish(context_of(digest), result.bytes) != 0);
	return result;
}

struct sha256 digest_sha256_of(const void *bytes, size_t length)
{
	struct digest_sha256 digest;

	digest_sha256_init(&digest);
	digest_sha256_update(&digest, bytes, length);
	return digest_sha256_final(&digest);
}

/* Two pages of whole blocks, through the same instructions in turn. */
static void hash_two(const unsigned char *bytes, size_t page, struct sha256 digests[2])
{
	struct digest_sha256 hashes[2];
	uint32_t states[2][8];

	for (size_t i = 0; i < 2; i++) {
		digest_sha256_init(&hashes[i]);
		memcpy(states[i], context_of(&hashes[i])->state, sizeof(states[i]));
	}
	digest_x86_blocks_of_two(states, bytes, bytes + page, page / BLOCK_SIZE);
	for (size_t i = 0; i < 2; i++) {
		memcpy(context_of(&hashes[i])->state, states[i], sizeof(states[i]));
		count_bytes(context_of(&hashes[i]), page);
		digests[i] = digest_sha256_final(&hashes[i]);
	}
}

void digest_sha256_pages(const void *data, size_t length, size_t page, struct sha256 *digests)
{
	const unsigned char *bytes = data;

	BUG_ON(page == 0 || page % BLOCK_SIZE != 0);
	for (; use_sha_ni() && length >= 2 * page; length -= 2 * page) {
		hash_two(bytes, page, digests);
		bytes += 2 * page;
		digests += 2;
	}
	for (; length > 0; digests++) {
		size_t part = length < page ? length : page;

		*digests = digest_sha256_of(bytes, part);
		bytes += part;
		length -= part;
	}
}

bool sha256_equal(const struct sha256 *a, const struct sha256 *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void sha256_to_hex(const struct sha256 *sha256, char hex[static SHA256_HEX_LENGTH + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(sha256->bytes); i++) {
		hex[2 * i] = digits[sha256->bytes[i] >> 4];
		hex[2 * i + 1] = digits[sha256->bytes[i] & 15];
	}
	hex[SHA256_HEX_LENGTH] = '\0';
}

void sha256_to_digest(const struct sha256 *sha256, char digest[static SHA256_DIGEST_LENGTH + 1])
{
	memcpy(digest, digest_prefix, sizeof(digest_prefix) - 1);
	sha256_to_hex(sha256, digest + sizeof(digest_prefix) - 1);
}

static int hex_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sha256_from_hex(struct sha256 *out, const char *hex)
{
	struct sha256 result;

	for (size_t i = 0; i < sizeof(result.bytes); i++) {
		int high = hex_digit_value(hex[2 * i]);
		int low = high < 0 ? -1 : hex_digit_value(hex[2 * i + 1]);

		if (low < 0)
			return false;
		result.bytes[i] = (unsigned char)(high << 4 | low);
	}
	if (hex[SHA256_HEX_LENGTH] != '\0')
		return false;
	*out = result;
	return true;
}

bool sha256_from_digest(struct sha256 *out, const char *digest)
{
	size_t prefix = sizeof(digest_prefix) - 1;

	return strncmp(digest, digest_prefix, prefix) == 0 && sha256_from_hex(out, digest + prefix);
}

int sha256_parse(struct sha256 *out, const char *digest, struct err *err)
{
	if (sha256_from_digest(out, digest))
		return 0;
	err_set(err, CODE_INPUT, "\"%.100s\" is not a SHA-256 digest", digest);
	return err_hint(err, "Write it as sha256: and 64 digits, 0-9 and a-f.");
}
