/* errno and its texts, assertions, the stack protector. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Darwin's texts where they differ from glibc's (sys_errlist of Libc). */
static const char *text_of(int darwin)
{
	switch (darwin) {
	case 0:
		return "Undefined error: 0";
	case DARWIN_EOPNOTSUPP:
		return "Operation not supported on socket";
	case DARWIN_EFTYPE:
		return "Inappropriate file type or format";
	case DARWIN_ENOATTR:
		return "Attribute not found";
	case DARWIN_ENOPOLICY:
		return "Policy not found";
	case DARWIN_EAGAIN:
		return "Resource temporarily unavailable";
	case DARWIN_ENXIO:
		return "Device not configured";
	case DARWIN_ENODEV:
		return "Operation not supported by device";
	case DARWIN_EDEADLK:
		return "Resource deadlock avoided";
	case DARWIN_EBUSY:
		return "Resource busy";
	case DARWIN_EXDEV:
		return "Cross-device link";
	case DARWIN_ERANGE:
		return "Result too large";
	case DARWIN_ETIMEDOUT:
		return "Operation timed out";
	case DARWIN_EADDRNOTAVAIL:
		return "Can't assign requested address";
	case DARWIN_EHOSTUNREACH:
		return "No route to host";
	case DARWIN_EISCONN:
		return "Socket is already connected";
	case DARWIN_ENOTCONN:
		return "Socket is not connected";
	case DARWIN_ECANCELED:
		return "Operation canceled";
	case DARWIN_EILSEQ:
		return "Illegal byte sequence";
	default:
		break;
	}
	for (int host = 1; host < 134; host++)
		if (errno_from_darwin(darwin) == host && errno_to_darwin(host) == darwin)
			return strerror(host);
	return NULL;
}

static char *guest_strerror(int darwin)
{
	static _Thread_local char unknown[64];
	const char *text = text_of(darwin);

	if (text != NULL)
		return (char *)text;
	snprintf(unknown, sizeof(unknown), "Unknown error: %d", darwin);
	return unknown;
}

static int guest_strerror_r(int darwin, char *to, size_t size)
{
	const char *text = guest_strerror(darwin);

	snprintf(to, size, "%s", text);
	if (text_of(darwin) == NULL)
		return DARWIN_EINVAL;
	return strlen(text) < size ? 0 : DARWIN_ERANGE;
}

static void guest_perror(const char *prefix)
{
	const char *text = guest_strerror(*guest_errno());

	if (prefix != NULL && *prefix != '\0')
		fprintf(stderr, "%s: %s\n", prefix, text);
	else
		fprintf(stderr, "%s\n", text);
}

static _Noreturn void guest_assert(
	const char *function, const char *file, int line, const char *expression)
{
	fprintf(stderr, "Assertion failed: (%s), function %s, file %s, line %d.\n", expression,
		function, file, line);
	abort();
}

static _Noreturn void guest_stack_chk_fail(void)
{
	machorun_die("the guest's stack protector found an overwritten stack");
}

static uint64_t stack_guard = 0x5ca1ab1e00ff1ce0;

const struct shim shim_error[] = {
	SHIM(__error, guest_errno),
	SHIM(strerror, guest_strerror),
	SHIM(strerror_r, guest_strerror_r),
	SHIM(perror, guest_perror),
	SHIM(__assert_rtn, guest_assert),
	SHIM(__stack_chk_fail, guest_stack_chk_fail),
	SHIM(__stack_chk_guard, &stack_guard),
	SHIM_END,
};
