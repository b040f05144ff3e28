/* Errors as values: formatting, wrapping, and the end of the program for our own mistakes. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <string.h>

#include "message.h"

/* Cuts at a character's boundary, so that a long Chinese text never ends in half a character. */
static void trim_partial_utf8(char *text, size_t capacity)
{
	size_t length = strlen(text);
	if (length + 1 < capacity)
		return;
	size_t start = length;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (length - (start - 1) < need)
		text[start - 1] = '\0';
}

static void format_into(char *text, size_t capacity, const char *format, va_list ap)
{
	if (vsnprintf(text, capacity, message_translate(format), ap) < 0)
		text[0] = '\0';
	trim_partial_utf8(text, capacity);
}

int err_set_at(struct err *err, const char *file, int line, int code, const char *format, ...)
{
	va_list ap;
	err_clear(err);
	err->code = code;
	err->file = file;
	err->line = line;
	va_start(ap, format);
	format_into(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return -1;
}

int err_set_errno_at(struct err *err, const char *file, int line, int code, const char *format, ...)
{
	int saved = errno;
	va_list ap;
	err_clear(err);
	err->code = code;
	if (code == CODE_IO && (saved == ENOSPC || saved == EDQUOT))
		err->code = CODE_DISK_FULL;
	err->sys_errno = saved;
	err->file = file;
	err->line = line;
	va_start(ap, format);
	format_into(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(saved));
	if (err->code == CODE_DISK_FULL)
		err_hint(err, "make room on that disk, then run this again");
	return -1;
}

int(err_wrap)(struct err *err, const char *format, ...)
{
	char inner[sizeof(err->text)];
	va_list ap;
	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, format);
	format_into(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
	trim_partial_utf8(err->text, sizeof(err->text));
	return -1;
}

int(err_hint)(struct err *err, const char *format, ...)
{
	va_list ap;
	if (err->hint[0])
		return -1;
	va_start(ap, format);
	format_into(err->hint, sizeof(err->hint), format, ap);
	va_end(ap);
	return -1;
}

void err_clear(struct err *err)
{
	err->code = 0;
	err->sys_errno = 0;
	err->file = NULL;
	err->line = 0;
	err->text[0] = '\0';
	err->hint[0] = '\0';
}

void err_bug(const char *what, const char *file, int line)
{
	fprintf(stderr, "hardtack: bug: %s at %s:%d\n", what, file, line);
	_exit(CODE_BUG);
}
