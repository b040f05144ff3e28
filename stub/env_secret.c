/* Random bytes as text. */
#include "env_secret.h"

#include <sys/random.h>
#include <unistd.h>

enum { GETENTROPY_LIMIT = 256 };

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const char *to_hex(const unsigned char *bytes, size_t count, struct arena *arena)
{
	char *text = arena_alloc(arena, 2 * count + 1);
	for (size_t i = 0; i < count; i++) {
		text[2 * i] = hex_digits[bytes[i] >> 4];
		text[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	return text;
}

/* RFC 4648, section 4, with padding. */
static const char *to_base64(const unsigned char *bytes, size_t count, struct arena *arena)
{
	char *text = arena_alloc(arena, (count + 2) / 3 * 4 + 1), *out = text;
	for (size_t i = 0; i < count; i += 3) {
		unsigned long group = (unsigned long)bytes[i] << 16;
		group |= i + 1 < count ? (unsigned long)bytes[i + 1] << 8 : 0;
		group |= i + 2 < count ? bytes[i + 2] : 0;
		*out++ = base64_digits[group >> 18 & 63];
		*out++ = base64_digits[group >> 12 & 63];
		*out++ = i + 1 < count ? base64_digits[group >> 6 & 63] : '=';
		*out++ = i + 2 < count ? base64_digits[group & 63] : '=';
	}
	return text;
}

int env_secret_make(struct arena *arena, const struct env_template_entry *entry, const char **value,
	struct err *err)
{
	unsigned char *bytes = arena_alloc(arena, entry->secret_bytes);
	for (size_t done = 0; done < entry->secret_bytes; done += GETENTROPY_LIMIT) {
		size_t left = entry->secret_bytes - done;
		if (getentropy(bytes + done, left < GETENTROPY_LIMIT ? left : GETENTROPY_LIMIT) < 0)
			return err_set_errno(err, CODE_IO, "get random bytes");
	}
	*value = env_template_wrap(arena, entry,
		entry->kind == ENV_TEMPLATE_SECRET_HEX
			? to_hex(bytes, entry->secret_bytes, arena)
			: to_base64(bytes, entry->secret_bytes, arena));
	return 0;
}
