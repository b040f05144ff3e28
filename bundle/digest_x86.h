/* SHA-256 of whole blocks with amd64's SHA-NI instructions. Only digest.c includes this. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has this processor SHA-NI (and SSE4.1, which the code needs too)? Always false off amd64. */
bool digest_x86_available(void);

/* Runs `count` blocks of 64 bytes through the compression function. Only where it is available. */
void digest_x86_blocks(uint32_t state[8], const unsigned char *blocks, size_t count);

/* The same for two hashes at once, states[0] over a and states[1] over b: one hash waits for its own
 * results most of the time, and the other fills these gaps. */
void digest_x86_blocks_of_two(uint32_t states[2][8], const unsigned char *a,
	const unsigned char *b, size_t count);
