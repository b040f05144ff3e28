/*
 * Formatted output and input. va_NAME (trampoline.S) hands guest_NAME the guest's stack, where all
 * variadic arguments are; a Darwin va_list is a pointer to such a place, so v... take the same.
 */
#include "guest.h"
#include "shim_stdio.h"

#include <stdlib.h>
#include <wchar.h>

/* long double is double on Darwin: %Lf reads 8 bytes, so the L has to go. */
const char *guest_format(const char *format, char *room, size_t size)
{
	size_t length = 0;
	bool inside = false;

	if (strchr(format, 'L') == NULL)
		return format;
	for (; *format != '\0'; format++) {
		if (length + 1 >= size)
			machorun_die("a format with %%L is too long");
		if (inside && *format == 'L' && strchr("aAeEfFgG", format[1]) != NULL)
			continue;
		if (*format == '%')
			inside = !inside;
		else if (inside && strchr("0123456789$*.-+ #'hljztq", *format) == NULL)
			inside = false;
		room[length++] = *format;
	}
	room[length] = '\0';
	return room;
}

#define FORMAT_ROOM 1024

/* Wraps one v...printf of the C library: the guest's format and arguments in, its result out. */
#define WITH_ARGUMENTS(result_type, call)                                   \
	char room[FORMAT_ROOM];                                             \
	const char *host_format = guest_format(format, room, sizeof(room)); \
	result_type result;                                                 \
	va_list list;                                                       \
                                                                            \
	guest_va_init(&list, arguments);                                    \
	result = call;                                                      \
	va_end(list);                                                       \
	return result

int guest_vfprintf(struct darwin_file *stream, const char *format, const void *arguments);
int guest_vfprintf(struct darwin_file *stream, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vfprintf(stream_host(stream), host_format, list));
}

int guest_printf(const char *format, const void *arguments);
int guest_printf(const char *format, const void *arguments)
{
	return guest_vfprintf(stream_stdout(), format, arguments);
}

int guest_fprintf(struct darwin_file *stream, const char *format, const void *arguments);
int guest_fprintf(struct darwin_file *stream, const char *format, const void *arguments)
{
	int result = guest_vfprintf(stream, format, arguments);

	stream_refresh(stream);
	return result;
}

int guest_dprintf(int fd, const char *format, const void *arguments);
int guest_dprintf(int fd, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vdprintf(fd, host_format, list));
}

int guest_snprintf(char *to, size_t size, const char *format, const void *arguments);
int guest_snprintf(char *to, size_t size, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vsnprintf(to, size, host_format, list));
}

int guest_sprintf(char *to, const char *format, const void *arguments);
int guest_sprintf(char *to, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vsprintf(to, host_format, list));
}

int guest_asprintf(char **to, const char *format, const void *arguments);
int guest_asprintf(char **to, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vasprintf(to, host_format, list));
}

int guest_snprintf_l(
	char *to, size_t size, void *locale, const char *format, const void *arguments);
int guest_snprintf_l(char *to, size_t size, void *locale, const char *format, const void *arguments)
{
	(void)locale;
	return guest_snprintf(to, size, format, arguments);
}

/* The checked forms that -D_FORTIFY_SOURCE makes: flag and the object's size come in between. */
int guest___snprintf_chk(
	char *to, size_t size, int flag, size_t object, const char *format, const void *arguments);
int guest___snprintf_chk(
	char *to, size_t size, int flag, size_t object, const char *format, const void *arguments)
{
	(void)flag;
	if (size > object)
		machorun_die("snprintf was told of more room than there is");
	return guest_snprintf(to, size, format, arguments);
}

int guest___sprintf_chk(
	char *to, int flag, size_t object, const char *format, const void *arguments);
int guest___sprintf_chk(
	char *to, int flag, size_t object, const char *format, const void *arguments)
{
	int length = guest_snprintf(to, object, format, arguments);

	(void)flag;
	if (length >= 0 && (size_t)length >= object)
		machorun_die("sprintf would have overflown its buffer");
	return length;
}

/* --- input --- */

int guest_sscanf(const char *from, const char *format, const void *arguments);
int guest_sscanf(const char *from, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vsscanf(from, host_format, list));
}

int guest_sscanf_l(const char *from, void *locale, const char *format, const void *arguments);
int guest_sscanf_l(const char *from, void *locale, const char *format, const void *arguments)
{
	(void)locale;
	return guest_sscanf(from, format, arguments);
}

int guest_fscanf(struct darwin_file *stream, const char *format, const void *arguments);
int guest_fscanf(struct darwin_file *stream, const char *format, const void *arguments)
{
	WITH_ARGUMENTS(int, vfscanf(stream_host(stream), host_format, list));
}

int guest_scanf(const char *format, const void *arguments);
int guest_scanf(const char *format, const void *arguments)
{
	return guest_fscanf(stream_stdin(), format, arguments);
}

static int guest_vprintf(const char *format, const void *arguments)
{
	return guest_printf(format, arguments);
}

/* --- wide --- */

static const wchar_t *no_long_double(const wchar_t *format)
{
	if (wcsstr(format, L"%L") != NULL)
		machorun_die("wide formats with %%L have no translation");
	return format;
}

int guest_swprintf(wchar_t *to, size_t size, const wchar_t *format, const void *arguments);
int guest_swprintf(wchar_t *to, size_t size, const wchar_t *format, const void *arguments)
{
	va_list list;

	guest_va_init(&list, arguments);
	return vswprintf(to, size, no_long_double(format), list);
}

int guest_fwprintf(struct darwin_file *stream, const wchar_t *format, const void *arguments);
int guest_fwprintf(struct darwin_file *stream, const wchar_t *format, const void *arguments)
{
	va_list list;

	guest_va_init(&list, arguments);
	return vfwprintf(stream_host(stream), no_long_double(format), list);
}

int guest_wprintf(const wchar_t *format, const void *arguments);
int guest_wprintf(const wchar_t *format, const void *arguments)
{
	return guest_fwprintf(stream_stdout(), format, arguments);
}

const struct shim shim_printf[] = {
	VARIADIC(printf),
	VARIADIC(fprintf),
	VARIADIC(dprintf),
	VARIADIC(sprintf),
	VARIADIC(snprintf),
	VARIADIC(asprintf),
	VARIADIC(snprintf_l),
	VARIADIC(__snprintf_chk),
	VARIADIC(__sprintf_chk),
	VARIADIC(scanf),
	VARIADIC(sscanf),
	VARIADIC(fscanf),
	VARIADIC(sscanf_l),
	VARIADIC(swprintf),
	VARIADIC(fwprintf),
	VARIADIC(wprintf),
	SHIM(vprintf, guest_vprintf),
	SHIM(vfprintf, guest_fprintf),
	SHIM(vdprintf, guest_dprintf),
	SHIM(vsprintf, guest_sprintf),
	SHIM(vsnprintf, guest_snprintf),
	SHIM(vasprintf, guest_asprintf),
	SHIM(__vsnprintf_chk, guest___snprintf_chk),
	SHIM(__vsprintf_chk, guest___sprintf_chk),
	SHIM(vscanf, guest_scanf),
	SHIM(vsscanf, guest_sscanf),
	SHIM(vfscanf, guest_fscanf),
	SHIM(vswprintf, guest_swprintf),
	SHIM_END,
};
