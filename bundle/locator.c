/* The locator: finding it in a file, reading and writing its fields. */
#include "locator.h"

#include <string.h>

#include "number.h"

/*
 * The magic with every bit turned over, so that the text of this search is not itself a find.
 * volatile: the compiler must not turn it back at build time.
 */
#define INVERTED(byte) (unsigned char)~(byte)
#define INVERT_ALL(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...)                            \
	INVERTED(a), INVERTED(b), INVERTED(c), INVERTED(d), INVERTED(e), INVERTED(f), INVERTED(g), \
		INVERTED(h), INVERTED(i), INVERTED(j), INVERTED(k), INVERTED(l), INVERTED(m),      \
		INVERTED(n), INVERTED(o), INVERTED(p)
#define INVERT_FIRST_HALF(...) INVERT_ALL(__VA_ARGS__)
#define INVERT_SECOND_HALF_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...) \
	INVERT_ALL(__VA_ARGS__, 0)
#define INVERT_SECOND_HALF(...) INVERT_SECOND_HALF_(__VA_ARGS__)

static const volatile unsigned char inverted_magic[LOCATOR_MAGIC_BYTES] = {
	INVERT_FIRST_HALF(LOCATOR_MAGIC, 0),
	INVERT_SECOND_HALF(LOCATOR_MAGIC),
};

static bool is_magic(const unsigned char *bytes)
{
	unsigned char difference = 0;
	for (int i = 0; i < LOCATOR_MAGIC_BYTES; i++)
		difference |= (unsigned char)(bytes[i] ^ inverted_magic[i] ^ 0xff);
	return difference == 0;
}

int64_t locator_find(const void *bytes, size_t length)
{
	const unsigned char *start = bytes, *at = start;
	const unsigned char first = inverted_magic[0] ^ 0xff;
	while (length - (size_t)(at - start) >= LOCATOR_MAGIC_BYTES) {
		size_t places = length - (size_t)(at - start) - LOCATOR_MAGIC_BYTES + 1;
		at = memchr(at, first, places);
		if (!at)
			return -1;
		if (is_magic(at))
			return at - start;
		at++;
	}
	return -1;
}

static bool is_zero(const unsigned char *bytes, size_t length)
{
	unsigned char any = 0;
	while (length-- > 0)
		any |= *bytes++;
	return any == 0;
}

static int damaged(const char *name, struct err *err)
{
	err_set(err, CODE_INTEGRITY, "%s is damaged: its locator contradicts itself", name);
	return err_hint(err, "copy the file again and compare it with its .sha256");
}

int locator_parse(struct locator *locator, const unsigned char bytes[LOCATOR_BYTES],
	const char *name, struct err *err)
{
	if (!is_magic(bytes))
		return damaged(name, err);
	locator->version = load_le32(bytes + 32);
	locator->flags = load_le32(bytes + 36);
	locator->header_length = load_le64(bytes + 40);
	locator->payload_offset = load_le64(bytes + 48);
	locator->payload_length = load_le64(bytes + 56);
	memcpy(locator->root.bytes, bytes + LOCATOR_ROOT_AT, LOCATOR_ROOT_BYTES);
	if (is_zero(bytes + LOCATOR_MAGIC_BYTES, LOCATOR_BYTES - LOCATOR_MAGIC_BYTES)) {
		err_set(err, CODE_INTEGRITY, "%s has no payload", name);
		return err_hint(err,
			"this is the bare program; run the installer that `hardtack build` made");
	}
	if (locator->version != LOCATOR_VERSION || locator->flags != 0) {
		err_set(err, CODE_INTEGRITY,
			"%s has format version %u (flags %u), which this program does not know",
			name, locator->version, locator->flags);
		return err_hint(err, "use a newer hardtack; if it was made by this version, the "
				     "file is damaged: copy it again");
	}
	if (locator->payload_length > LOCATOR_LARGEST_LENGTH ||
		locator->payload_offset > LOCATOR_SEARCH_BYTES ||
		locator->payload_offset % 16384 != 0 || locator->payload_offset == 0 ||
		locator->header_length >= locator->payload_offset ||
		!is_zero(bytes + LOCATOR_RESERVED_AT, LOCATOR_BYTES - LOCATOR_RESERVED_AT))
		return damaged(name, err);
	return 0;
}

void locator_format(const struct locator *locator, unsigned char bytes[LOCATOR_BYTES])
{
	store_le32(bytes + 32, locator->version);
	store_le32(bytes + 36, locator->flags);
	store_le64(bytes + 40, locator->header_length);
	store_le64(bytes + 48, locator->payload_offset);
	store_le64(bytes + 56, locator->payload_length);
	memcpy(bytes + LOCATOR_ROOT_AT, locator->root.bytes, LOCATOR_ROOT_BYTES);
	memset(bytes + LOCATOR_RESERVED_AT, 0, LOCATOR_BYTES - LOCATOR_RESERVED_AT);
}
