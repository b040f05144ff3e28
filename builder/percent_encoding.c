/* Percent-encoding. */
#include "percent_encoding.h"

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

char *percent_decode(const char *bytes, size_t length, struct arena *arena, size_t *decoded)
{
	char *out = arena_alloc(arena, length + 1), *to = out;
	for (size_t i = 0; i < length; i++) {
		int high = bytes[i] == '%' && length - i > 2 ? hex_value(bytes[i + 1]) : -1;
		int low = high >= 0 ? hex_value(bytes[i + 2]) : -1;
		*to++ = low >= 0 ? (char)(high * 16 + low) : bytes[i];
		i += low >= 0 ? 2 : 0;
	}
	if (decoded)
		*decoded = (size_t)(to - out);
	return out;
}
