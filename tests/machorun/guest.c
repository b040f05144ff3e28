/* The guest's errno, translation tables and the search over all shim tables. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct runtime runtime;

_Noreturn void machorun_die(const char *format, ...)
{
	va_list args;

	fflush(NULL);
	va_start(args, format);
	fputs("machorun: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_Exit(125);
}

int translate_to_darwin(const struct translation *rows, size_t count, int host, int otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].host == host)
			return rows[i].darwin;
	return otherwise;
}

int translate_from_darwin(const struct translation *rows, size_t count, int darwin, int otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].darwin == darwin)
			return rows[i].host;
	return otherwise;
}

int translate_bits_to_darwin(const struct translation *rows, size_t count, int host)
{
	int darwin = 0;

	for (size_t i = 0; i < count; i++)
		if (rows[i].host != 0 && (host & rows[i].host) == rows[i].host)
			darwin |= rows[i].darwin;
	return darwin;
}

int translate_bits_from_darwin(const struct translation *rows, size_t count, int darwin)
{
	int host = 0;

	for (size_t i = 0; i < count; i++)
		if (rows[i].darwin != 0 && (darwin & rows[i].darwin) == rows[i].darwin)
			host |= rows[i].host;
	return host;
}

TRANSLATION(errnos, DARWIN_ERRNO_SHARED);

int errno_to_darwin(int host)
{
	if (host == 0)
		return 0;
	/* What Darwin has no number for is an I/O error to it. */
	return TO_DARWIN(errnos, host, DARWIN_EIO);
}

int errno_from_darwin(int darwin)
{
	if (darwin == DARWIN_EOPNOTSUPP)
		return EOPNOTSUPP;
	return darwin == 0 ? 0 : FROM_DARWIN(errnos, darwin, EIO);
}

static _Thread_local int the_errno;

int *guest_errno(void)
{
	if (errno != 0) {
		the_errno = errno_to_darwin(errno);
		errno = 0;
	}
	return &the_errno;
}

int guest_fail(int darwin_errno)
{
	the_errno = darwin_errno;
	errno = 0;
	return -1;
}

static const struct shim *const tables[] = {
	shim_ctype,
	shim_descriptor,
	shim_directory,
	shim_dyld,
	shim_error,
	shim_file,
	shim_jump,
	shim_locale,
	shim_math,
	shim_memory,
	shim_message,
	shim_path,
	shim_printf,
	shim_process,
	shim_regex,
	shim_resolver,
	shim_signal,
	shim_socket,
	shim_spawn,
	shim_stat,
	shim_stdio,
	shim_stdlib,
	shim_string,
	shim_sync,
	shim_system,
	shim_terminal,
	shim_thread,
	shim_time,
	shim_user,
	shim_wide,
};

static void *find_exactly(const char *import, size_t length)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct shim *shim = tables[i]; shim->name != NULL; shim++)
			if (strncmp(shim->name, import, length) == 0 && shim->name[length] == '\0')
				return shim->address;
	return NULL;
}

void *shim_find(const char *import)
{
	void *found = find_exactly(import, strlen(import));
	const char *suffix = strchr(import, '$');

	if (found == NULL && suffix != NULL)
		found = find_exactly(import, (size_t)(suffix - import));
	return found;
}

void shim_print_all(void)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct shim *shim = tables[i]; shim->name != NULL; shim++)
			puts(shim->name);
}
