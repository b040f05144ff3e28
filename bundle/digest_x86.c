/* SHA-256 of whole blocks with amd64's SHA-NI instructions; a stub of itself on other processors.
 */
/*
 * Intel's "Intel SHA Extensions" (2013) describe the instructions. Two registers hold the eight
 * words of state, not in FIPS 180-4's order but as the instructions want them:
 *
 *      bit   127      96 95       64 63       32 31        0
 *   abef         A      |     B     |     E     |     F
 *   cdgh         C      |     D     |     G     |     H
 *
 * sha256rnds2 does two rounds, sha256msg1 and sha256msg2 extend the message schedule by four words.
 */
#include "digest_x86.h"

#include "err.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <cpuid.h>

#define SHA_NI __attribute__((target("sha,sse4.1")))

/* FIPS 180-4, 4.2.2. */
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {0x428a2f98, 0x71374491,
	0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
	0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc,
	0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354,
	0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
	0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f,
	0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool digest_x86_available(void)
{
	unsigned int a, b, c, d;

	/* Intel SDM, CPUID: leaf 1 ECX bit 19 is SSE4.1, leaf 7.0 EBX bit 29 is SHA. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 19)))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

/* Four rounds, with schedule words w[t] to w[t + 3]. */
SHA_NI static inline __attribute__((always_inline)) void four_rounds(
	__m128i *abef, __m128i *cdgh, __m128i w, int t)
{
	__m128i sum = _mm_add_epi32(w, _mm_load_si128((const __m128i *)&round_constants[t]));

	/* After two rounds the old ABEF is the new CDGH: the roles swap twice. */
	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
	*abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* The schedule's next four words, from its last sixteen (w[0] the oldest four). */
SHA_NI static inline __attribute__((always_inline)) __m128i next_words(const __m128i w[4])
{
	__m128i sum =
		_mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4));

	return _mm_sha256msg2_epu32(sum, w[3]);
}

/* A hash on its way, in the registers' order. */
struct lane {
	__m128i abef, cdgh, abef_before, cdgh_before;
	__m128i w[4]; /* the schedule's last sixteen words */
};

SHA_NI static inline __attribute__((always_inline)) void lane_load(
	struct lane *lane, const uint32_t state[8])
{
	__m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[0]), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[4]), 0x1b);

	lane->abef = _mm_alignr_epi8(badc, hgfe, 8);
	lane->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

SHA_NI static inline __attribute__((always_inline)) void lane_store(
	const struct lane *lane, uint32_t state[8])
{
	__m128i feba = _mm_shuffle_epi32(lane->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(lane->cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

/* Rounds 4 i to 4 i + 3 of the first sixteen, whose words are the block's own. */
SHA_NI static inline __attribute__((always_inline)) void lane_first(
	struct lane *lane, const unsigned char *block, size_t i)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

	if (i == 0) {
		lane->abef_before = lane->abef;
		lane->cdgh_before = lane->cdgh;
	}
	lane->w[i] = _mm_shuffle_epi8(
		_mm_loadu_si128((const __m128i *)(block + 16 * i)), big_endian);
	four_rounds(&lane->abef, &lane->cdgh, lane->w[i], (int)(4 * i));
}

/* Rounds t to t + 3 of the others. */
SHA_NI static inline __attribute__((always_inline)) void lane_next(struct lane *lane, int t)
{
	__m128i next = next_words(lane->w);

	lane->w[0] = lane->w[1];
	lane->w[1] = lane->w[2];
	lane->w[2] = lane->w[3];
	lane->w[3] = next;
	four_rounds(&lane->abef, &lane->cdgh, next, t);
}

SHA_NI static inline __attribute__((always_inline)) void lane_end(struct lane *lane)
{
	lane->abef = _mm_add_epi32(lane->abef, lane->abef_before);
	lane->cdgh = _mm_add_epi32(lane->cdgh, lane->cdgh_before);
}

SHA_NI void digest_x86_blocks(uint32_t state[8], const unsigned char *blocks, size_t count)
{
	struct lane lane;

	lane_load(&lane, state);
	for (; count > 0; count--, blocks += 64) {
#pragma GCC unroll 4
		for (size_t i = 0; i < 4; i++)
			lane_first(&lane, blocks, i);
#pragma GCC unroll 12
		for (int t = 16; t < 64; t += 4)
			lane_next(&lane, t);
		lane_end(&lane);
	}
	lane_store(&lane, state);
}

SHA_NI void digest_x86_blocks_of_two(uint32_t states[2][8], const unsigned char *a,
	const unsigned char *b, size_t count)
{
	struct lane one, two;

	lane_load(&one, states[0]);
	lane_load(&two, states[1]);
	for (; count > 0; count--, a += 64, b += 64) {
#pragma GCC unroll 4
		for (size_t i = 0; i < 4; i++) {
			lane_first(&one, a, i);
			lane_first(&two, b, i);
		}
#pragma GCC unroll 12
		for (int t = 16; t < 64; t += 4) {
			lane_next(&one, t);
			lane_next(&two, t);
		}
		lane_end(&one);
		lane_end(&two);
	}
	lane_store(&one, states[0]);
	lane_store(&two, states[1]);
}

#else

bool digest_x86_available(void)
{
	return false;
}

void digest_x86_blocks(uint32_t state[8], const unsigned char *blocks, size_t count)
{
	(void)state, (void)blocks, (void)count;
	BUG_ON(true);
}

void digest_x86_blocks_of_two(uint32_t states[2][8], const unsigned char *a,
	const unsigned char *b, size_t count)
{
	(void)states, (void)a, (void)b, (void)count;
	BUG_ON(true);
}

#endif
