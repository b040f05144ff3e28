/* Multibyte and wide characters: wchar_t and wint_t are alike, mbstate_t is larger on Darwin. */
#include "guest.h"
#include "shim_stdio.h"

#include <stdlib.h>
#include <wchar.h>

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
	DIRECT(mblen),
	DIRECT(mbtowc),
	DIRECT(wctomb),
	DIRECT(mbstowcs),
	DIRECT(wcstombs),
	DIRECT(mbrlen),
	DIRECT(mbrtowc),
	DIRECT(wcrtomb),
	DIRECT(mbsinit),
	DIRECT(mbsrtowcs),
	DIRECT(mbsnrtowcs),
	DIRECT(wcsrtombs),
	DIRECT(wcsnrtombs),
	DIRECT(btowc),
	DIRECT(wctob),
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
