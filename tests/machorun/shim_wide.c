/* Multibyte and wide characters: wchar_t is signed on Darwin and mbstate_t larger, else alike. */
#include "guest.h"
#include "shim_stdio.h"

#include <errno.h>
#include <stdlib.h>
#include <wchar.h>

/*
 * In its C locale Darwin takes every byte for the character of that number (Libc's none.c), where
 * glibc refuses bytes above 127 and musl reads UTF-8. Programs that never call setlocale live
 * there.
 */
static bool in_c_locale(void)
{
	return MB_CUR_MAX == 1;
}

static size_t guest_mbrtowc(wchar_t *to, const char *from, size_t size, mbstate_t *state)
{
	static _Thread_local mbstate_t own;

	if (!in_c_locale())
		return mbrtowc(to, from, size, state != NULL ? state : &own);
	if (from == NULL || size == 0)
		return from == NULL ? 0 : (size_t)-2;
	if (to != NULL)
		*to = (unsigned char)*from;
	return *from != '\0';
}

static size_t guest_mbrlen(const char *from, size_t size, mbstate_t *state)
{
	return guest_mbrtowc(NULL, from, size, state);
}

static int guest_mbtowc(wchar_t *to, const char *from, size_t size)
{
	if (in_c_locale() && from != NULL && size > 0)
		return (int)guest_mbrtowc(to, from, size, NULL);
	return mbtowc(to, from, size);
}

static int guest_mblen(const char *from, size_t size)
{
	return guest_mbtowc(NULL, from, size);
}

static size_t guest_wcrtomb(char *to, wchar_t c, mbstate_t *state)
{
	if (!in_c_locale() || to == NULL)
		return wcrtomb(to, c, state);
	if (c > 255) {
		errno = EILSEQ;
		return (size_t)-1;
	}
	*to = (char)c;
	return 1;
}

static int guest_wctomb(char *to, wchar_t c)
{
	return to == NULL ? wctomb(NULL, c) : (int)guest_wcrtomb(to, c, &(mbstate_t){0});
}

/* The string conversions; SIZE counts the destination's elements, *FROM moves on. */
static size_t guest_mbsnrtowcs(
	wchar_t *to, const char **from, size_t bytes, size_t size, mbstate_t *state)
{
	const char *at = *from;
	size_t count = 0;

	if (!in_c_locale())
		return mbsnrtowcs(to, from, bytes, size, state);
	for (; bytes > 0 && (to == NULL || count < size); bytes--, count++, at++) {
		if (to != NULL)
			to[count] = (unsigned char)*at;
		if (*at == '\0') {
			if (to != NULL)
				*from = NULL;
			return count;
		}
	}
	if (to != NULL)
		*from = at;
	return count;
}

static size_t guest_mbsrtowcs(wchar_t *to, const char **from, size_t size, mbstate_t *state)
{
	return in_c_locale() ? guest_mbsnrtowcs(to, from, SIZE_MAX, size, state)
			     : mbsrtowcs(to, from, size, state);
}

static size_t guest_mbstowcs(wchar_t *to, const char *from, size_t size)
{
	return guest_mbsrtowcs(to, &from, size, &(mbstate_t){0});
}

static size_t guest_wcsnrtombs(
	char *to, const wchar_t **from, size_t characters, size_t size, mbstate_t *state)
{
	const wchar_t *at = *from;
	size_t count = 0;

	if (!in_c_locale())
		return wcsnrtombs(to, from, characters, size, state);
	for (; characters > 0 && (to == NULL || count < size); characters--, count++, at++) {
		if (*at > 255) {
			errno = EILSEQ;
			return (size_t)-1;
		}
		if (to != NULL)
			to[count] = (char)*at;
		if (*at == L'\0') {
			if (to != NULL)
				*from = NULL;
			return count;
		}
	}
	if (to != NULL)
		*from = at;
	return count;
}

static size_t guest_wcsrtombs(char *to, const wchar_t **from, size_t size, mbstate_t *state)
{
	return in_c_locale() ? guest_wcsnrtombs(to, from, SIZE_MAX, size, state)
			     : wcsrtombs(to, from, size, state);
}

static size_t guest_wcstombs(char *to, const wchar_t *from, size_t size)
{
	return guest_wcsrtombs(to, &from, size, &(mbstate_t){0});
}

static wint_t guest_btowc(int c)
{
	return in_c_locale() && c != EOF ? (wint_t)(unsigned char)c : btowc(c);
}

static int guest_wctob(wint_t c)
{
	return in_c_locale() ? (c < 256 ? (int)c : EOF) : wctob(c);
}

static int guest_fputwc(wchar_t c, struct darwin_file *stream)
{
	return (int)fputwc(c, stream_host(stream));
}

static int guest_fgetwc(struct darwin_file *stream)
{
	return (int)fgetwc(stream_host(stream));
}

static int guest_fputws(const wchar_t *text, struct darwin_file *stream)
{
	return fputws(text, stream_host(stream));
}

const struct shim shim_wide[] = {
	SHIM(mblen, guest_mblen),
	SHIM(mbtowc, guest_mbtowc),
	SHIM(wctomb, guest_wctomb),
	SHIM(mbstowcs, guest_mbstowcs),
	SHIM(wcstombs, guest_wcstombs),
	SHIM(mbrlen, guest_mbrlen),
	SHIM(mbrtowc, guest_mbrtowc),
	SHIM(wcrtomb, guest_wcrtomb),
	DIRECT(mbsinit),
	SHIM(mbsrtowcs, guest_mbsrtowcs),
	SHIM(mbsnrtowcs, guest_mbsnrtowcs),
	SHIM(wcsrtombs, guest_wcsrtombs),
	SHIM(wcsnrtombs, guest_wcsnrtombs),
	SHIM(btowc, guest_btowc),
	SHIM(wctob, guest_wctob),
	DIRECT(wcslen),
	DIRECT(wcsnlen),
	DIRECT(wcscmp),
	DIRECT(wcsncmp),
	DIRECT(wcscasecmp),
	DIRECT(wcscpy),
	DIRECT(wcsncpy),
	DIRECT(wcscat),
	DIRECT(wcsncat),
	DIRECT(wcschr),
	DIRECT(wcsrchr),
	DIRECT(wcsstr),
	DIRECT(wcsspn),
	DIRECT(wcscspn),
	DIRECT(wcspbrk),
	DIRECT(wcstok),
	DIRECT(wcsdup),
	DIRECT(wcscoll),
	DIRECT(wcsxfrm),
	DIRECT(wmemcpy),
	DIRECT(wmemmove),
	DIRECT(wmemset),
	DIRECT(wmemcmp),
	DIRECT(wmemchr),
	DIRECT(wcstol),
	DIRECT(wcstoul),
	DIRECT(wcstoll),
	DIRECT(wcstoull),
	DIRECT(wcstod),
	DIRECT(wcwidth),
	DIRECT(wcswidth),
	SHIM(fputwc, guest_fputwc),
	SHIM(putwc, guest_fputwc),
	SHIM(fgetwc, guest_fgetwc),
	SHIM(getwc, guest_fgetwc),
	SHIM(fputws, guest_fputws),
	SHIM_END,
};
