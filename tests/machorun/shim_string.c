/* Strings. */
#include "guest.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

static size_t guest_strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from), copied = length < size ? length : size - 1;

	if (size > 0) {
		memcpy(to, from, copied);
		to[copied] = '\0';
	}
	return length;
}

static size_t guest_strlcat(char *to, const char *from, size_t size)
{
	size_t used = strnlen(to, size);

	if (used == size)
		return size + strlen(from);
	return used + guest_strlcpy(to + used, from, size - used);
}

static size_t checked_strlcpy(char *to, const char *from, size_t size, size_t room)
{
	if (size > room)
		machorun_die("strlcpy was told of %zu bytes of %zu", size, room);
	return guest_strlcpy(to, from, size);
}

static size_t checked_strlcat(char *to, const char *from, size_t size, size_t room)
{
	if (size > room)
		machorun_die("strlcat was told of %zu bytes of %zu", size, room);
	return guest_strlcat(to, from, size);
}

static char *guest_strnstr(const char *text, const char *wanted, size_t size)
{
	return memmem(text, strnlen(text, size), wanted, strlen(wanted));
}

static int last_bit_set(uint64_t value)
{
	return value == 0 ? 0 : 64 - __builtin_clzll(value);
}

static int guest_fls(int value)
{
	return last_bit_set((uint32_t)value);
}

static int guest_flsl(long value)
{
	return last_bit_set((uint64_t)value);
}

/* The plain names: the C library's strchr and friends are macros for const correctness. */
#undef strchr
#undef index

const struct shim shim_string[] = {
	DIRECT(strlen),
	DIRECT(strnlen),
	DIRECT(strcmp),
	DIRECT(strncmp),
	DIRECT(strcasecmp),
	DIRECT(strncasecmp),
	DIRECT(strcpy),
	DIRECT(strncpy),
	DIRECT(stpcpy),
	DIRECT(stpncpy),
	DIRECT(strcat),
	DIRECT(strncat),
	SHIM(strlcpy, guest_strlcpy),
	SHIM(strlcat, guest_strlcat),
	SHIM(__strlcpy_chk, checked_strlcpy),
	SHIM(__strlcat_chk, checked_strlcat),
	DIRECT(strchr),
	DIRECT(strrchr),
	DIRECT(index),
	DIRECT(rindex),
	DIRECT(strstr),
	DIRECT(strcasestr),
	SHIM(strnstr, guest_strnstr),
	DIRECT(strspn),
	DIRECT(strcspn),
	DIRECT(strpbrk),
	DIRECT(strsep),
	DIRECT(strtok),
	DIRECT(strtok_r),
	DIRECT(strdup),
	DIRECT(strndup),
	DIRECT(strcoll),
	DIRECT(strxfrm),
	DIRECT(swab),
	DIRECT(ffs),
	DIRECT(ffsl),
	DIRECT(ffsll),
	SHIM(fls, guest_fls),
	SHIM(flsl, guest_flsl),
	SHIM(flsll, guest_flsl),
	SHIM_END,
};
