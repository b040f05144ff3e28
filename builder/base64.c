/* Base64. */
#include "base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *base64_encode(const void *bytes, size_t length, struct arena *arena)
{
	const unsigned char *in = bytes;
	char *text = arena_alloc(arena, (length + 2) / 3 * 4 + 1);
	char *out = text;
	for (size_t i = 0; i < length; i += 3) {
		size_t count = length - i < 3 ? length - i : 3;
		uint32_t group = (uint32_t)in[i] << 16;
		group |= count > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		group |= count > 2 ? in[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			*out++ = k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
	}
	return text;
}

char *base64_decode(const char *text, struct arena *arena, size_t *length)
{
	size_t count = strlen(text), filled = 0;
	uint32_t group = 0;
	while (count > 0 && text[count - 1] == '=' && strlen(text) - count < 2)
		count--;
	char *bytes = arena_alloc(arena, count / 4 * 3 + 4);
	for (size_t i = 0; i < count; i++) {
		const char *digit = memchr(digits, text[i], sizeof(digits) - 1);
		if (!digit)
			return NULL;
		group = group << 6 | (uint32_t)(digit - digits);
		if (i % 4 > 0)
			bytes[filled++] = (char)(group >> (6 - 2 * (i % 4)));
	}
	if (count % 4 == 1)
		return NULL;
	bytes[filled] = '\0';
	*length = filled;
	return bytes;
}
