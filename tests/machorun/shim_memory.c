/* Memory: allocation, copying, searching, and the checked forms of copying. */
#include "guest.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *guest_reallocf(void *memory, size_t size)
{
	void *grown = realloc(memory, size);

	if (grown == NULL && size > 0)
		free(memory);
	return grown;
}

static size_t guest_good_size(size_t size)
{
	return (size + 15) / 16 * 16;
}

static int guest_posix_memalign(void **memory, size_t alignment, size_t size)
{
	return errno_to_darwin(posix_memalign(memory, alignment, size));
}

static int guest_memset_s(void *to, size_t room, int value, size_t size)
{
	explicit_bzero(to, 0);
	memset(to, value, size < room ? size : room);
	__asm__ volatile("" : : "r"(to) : "memory");
	return size > room ? DARWIN_EOVERFLOW : 0;
}

static int guest_timingsafe_bcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;
	unsigned char difference = 0;

	for (size_t i = 0; i < size; i++)
		difference |= x[i] ^ y[i];
	return difference != 0;
}

static void set_pattern(void *to, const void *pattern, size_t unit, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)pattern)[i % unit];
}

static void guest_pattern4(void *to, const void *pattern, size_t size)
{
	set_pattern(to, pattern, 4, size);
}

static void guest_pattern8(void *to, const void *pattern, size_t size)
{
	set_pattern(to, pattern, 8, size);
}

static void guest_pattern16(void *to, const void *pattern, size_t size)
{
	set_pattern(to, pattern, 16, size);
}

/* --- checked forms: the last argument is the room that the compiler knows of --- */

static void check(size_t size, size_t room, const char *function)
{
	if (size > room)
		machorun_die("%s would write %zu bytes into %zu", function, size, room);
}

static void *checked_memcpy(void *to, const void *from, size_t size, size_t room)
{
	check(size, room, "memcpy");
	return memcpy(to, from, size);
}

static void *checked_memmove(void *to, const void *from, size_t size, size_t room)
{
	check(size, room, "memmove");
	return memmove(to, from, size);
}

static void *checked_memset(void *to, int value, size_t size, size_t room)
{
	check(size, room, "memset");
	return memset(to, value, size);
}

static char *checked_strcpy(char *to, const char *from, size_t room)
{
	check(strlen(from) + 1, room, "strcpy");
	return memcpy(to, from, strlen(from) + 1);
}

static char *checked_stpcpy(char *to, const char *from, size_t room)
{
	return checked_strcpy(to, from, room) + strlen(from);
}

static char *checked_strcat(char *to, const char *from, size_t room)
{
	check(strlen(to) + strlen(from) + 1, room, "strcat");
	memcpy(to + strlen(to), from, strlen(from) + 1);
	return to;
}

static char *checked_strncpy(char *to, const char *from, size_t size, size_t room)
{
	check(size, room, "strncpy");
	return strncpy(to, from, size);
}

static char *checked_strncat(char *to, const char *from, size_t size, size_t room)
{
	check(strlen(to) + strnlen(from, size) + 1, room, "strncat");
	return strncat(to, from, size);
}

const struct shim shim_memory[] = {
	DIRECT(malloc),
	DIRECT(calloc),
	DIRECT(realloc),
	SHIM(reallocf, guest_reallocf),
	DIRECT(free),
	DIRECT(reallocarray),
	DIRECT(valloc),
	DIRECT(aligned_alloc),
	SHIM(posix_memalign, guest_posix_memalign),
	SHIM(malloc_size, malloc_usable_size),
	SHIM(malloc_good_size, guest_good_size),
	DIRECT(memcpy),
	DIRECT(memmove),
	DIRECT(memset),
	DIRECT(memcmp),
	DIRECT(memchr),
	DIRECT(memccpy),
	DIRECT(memmem),
	DIRECT(bzero),
	DIRECT(bcopy),
	DIRECT(bcmp),
	SHIM(__bzero, bzero),
	SHIM(memset_s, guest_memset_s),
	SHIM(timingsafe_bcmp, guest_timingsafe_bcmp),
	SHIM(memset_pattern4, guest_pattern4),
	SHIM(memset_pattern8, guest_pattern8),
	SHIM(memset_pattern16, guest_pattern16),
	SHIM(__memcpy_chk, checked_memcpy),
	SHIM(__memmove_chk, checked_memmove),
	SHIM(__memset_chk, checked_memset),
	SHIM(__strcpy_chk, checked_strcpy),
	SHIM(__stpcpy_chk, checked_stpcpy),
	SHIM(__strcat_chk, checked_strcat),
	SHIM(__strncpy_chk, checked_strncpy),
	SHIM(__strncat_chk, checked_strncat),
	SHIM_END,
};
