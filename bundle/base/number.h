/* Numbers in files: explicit endian loads and stores, strict decimal parsing, rounding. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t load_le32(const void *p)
{
	const unsigned char *b = p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t load_le64(const void *p)
{
	return load_le32(p) | (uint64_t)load_le32((const unsigned char *)p + 4) << 32;
}

static inline uint32_t load_be32(const void *p)
{
	const unsigned char *b = p;
	return (uint32_t)b[3] | (uint32_t)b[2] << 8 | (uint32_t)b[1] << 16 | (uint32_t)b[0] << 24;
}

static inline void store_le32(void *p, uint32_t v)
{
	unsigned char *b = p;
	for (int i = 0; i < 4; i++)
		b[i] = (unsigned char)(v >> (8 * i));
}

static inline void store_le64(void *p, uint64_t v)
{
	unsigned char *b = p;
	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> (8 * i));
}

static inline void store_be32(void *p, uint32_t v)
{
	unsigned char *b = p;
	for (int i = 0; i < 4; i++)
		b[i] = (unsigned char)(v >> (24 - 8 * i));
}

static inline void store_be64(void *p, uint64_t v)
{
	unsigned char *b = p;
	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> (56 - 8 * i));
}

static inline uint64_t load_be64(const void *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32((const unsigned char *)p + 4);
}

/* value up to the next multiple of a power of two; the caller excludes overflow. */
static inline uint64_t round_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

/* The whole text as an unsigned decimal number: digits only, no sign, no overflow. */
bool number_parse_u64(const char *text, uint64_t *out);
