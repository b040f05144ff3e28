/* err and warn, syslog. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef char *string_for(int darwin_errno);

static const char *program_name(void)
{
	const char *slash = strrchr(runtime.argv[0], '/');

	return slash != NULL ? slash + 1 : runtime.argv[0];
}

static void say(const char *format, const void *arguments, bool with_errno)
{
	string_for *text = (string_for *)shim_find("_strerror");
	int error = *guest_errno();
	char room[1024];
	va_list list;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_name());
	if (format != NULL) {
		guest_va_init(&list, arguments);
		vfprintf(stderr, guest_format(format, room, sizeof(room)), list);
		if (with_errno)
			fputs(": ", stderr);
	}
	fprintf(stderr, "%s\n", with_errno ? text(error) : "");
}

void guest_warn(const char *format, const void *arguments);
void guest_warn(const char *format, const void *arguments)
{
	say(format, arguments, true);
}

void guest_warnx(const char *format, const void *arguments);
void guest_warnx(const char *format, const void *arguments)
{
	say(format, arguments, false);
}

_Noreturn void guest_err(int code, const char *format, const void *arguments);
_Noreturn void guest_err(int code, const char *format, const void *arguments)
{
	say(format, arguments, true);
	exit(code);
}

_Noreturn void guest_errx(int code, const char *format, const void *arguments);
_Noreturn void guest_errx(int code, const char *format, const void *arguments)
{
	say(format, arguments, false);
	exit(code);
}

/* The system's log is not the test's business. */
void guest_syslog(int priority, const char *format, const void *arguments);
void guest_syslog(int priority, const char *format, const void *arguments)
{
	(void)priority;
	(void)format;
	(void)arguments;
}

static void nothing(void)
{
}

const struct shim shim_message[] = {
	VARIADIC(err),
	VARIADIC(errx),
	VARIADIC(warn),
	VARIADIC(warnx),
	SHIM(verr, guest_err),
	SHIM(verrx, guest_errx),
	SHIM(vwarn, guest_warn),
	SHIM(vwarnx, guest_warnx),
	VARIADIC(syslog),
	SHIM(vsyslog, guest_syslog),
	SHIM(openlog, nothing),
	SHIM(closelog, nothing),
	SHIM_END,
};
