/*
 * Character classes. The macros of Darwin's <ctype.h> look up _DefaultRuneLocale for ASCII and call
 * ___maskrune, ___tolower and ___toupper beyond; iswalpha and friends arrive there too.
 */
#include "guest.h"

#include <ctype.h>
#include <stdlib.h>
#include <wctype.h>

static struct darwin_rune_locale rune_locale = {.magic = "RuneMagA", .encoding = "NONE"};
static struct darwin_rune_locale *current_rune_locale = &rune_locale;

static uint32_t class_of(wint_t c)
{
	uint32_t class = 0;

	class |= iswalpha(c) ? DARWIN__CTYPE_A : 0;
	class |= iswcntrl(c) ? DARWIN__CTYPE_C : 0;
	class |= iswgraph(c) ? DARWIN__CTYPE_G : 0;
	class |= iswlower(c) ? DARWIN__CTYPE_L : 0;
	class |= iswpunct(c) ? DARWIN__CTYPE_P : 0;
	class |= iswspace(c) ? DARWIN__CTYPE_S : 0;
	class |= iswupper(c) ? DARWIN__CTYPE_U : 0;
	class |= iswblank(c) ? DARWIN__CTYPE_B : 0;
	class |= iswprint(c) ? DARWIN__CTYPE_R : 0;
	/* The low bits hold a digit's value, for digittoint. */
	if (c >= '0' && c <= '9')
		class |= DARWIN__CTYPE_D | DARWIN__CTYPE_X | (uint32_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		class |= DARWIN__CTYPE_X | (uint32_t)((c | 0x20) - 'a' + 10);
	return class;
}

void ctype_prepare(void)
{
	for (int c = 0; c < 256; c++) {
		rune_locale.runetype[c] = c < 128 ? class_of((wint_t)c) : 0;
		rune_locale.maplower[c] = c < 128 ? tolower(c) : c;
		rune_locale.mapupper[c] = c < 128 ? toupper(c) : c;
	}
}

static int guest_maskrune(int c, unsigned long mask)
{
	return (int)(class_of((wint_t)c) & (uint32_t)mask);
}

static unsigned long guest_runetype(int c)
{
	return class_of((wint_t)c);
}

static int guest_tolower(int c)
{
	return c >= 0 && c < 128 ? tolower(c) : (int)towlower((wint_t)c);
}

static int guest_toupper(int c)
{
	return c >= 0 && c < 128 ? toupper(c) : (int)towupper((wint_t)c);
}

static int guest_wcwidth_or_class(int c, unsigned long mask)
{
	return guest_maskrune(c, mask) != 0;
}

const struct shim shim_ctype[] = {
	SHIM(_DefaultRuneLocale, &rune_locale),
	SHIM(_CurrentRuneLocale, &current_rune_locale),
	SHIM(__maskrune, guest_maskrune),
	SHIM(___runetype, guest_runetype),
	SHIM(__istype, guest_wcwidth_or_class),
	SHIM(__isctype, guest_wcwidth_or_class),
	SHIM(__tolower, guest_tolower),
	SHIM(__toupper, guest_toupper),
	SHIM(___tolower, guest_tolower),
	SHIM(___toupper, guest_toupper),
	SHIM(tolower, guest_tolower),
	SHIM(toupper, guest_toupper),
	DIRECT(isalpha),
	DIRECT(isalnum),
	DIRECT(isdigit),
	DIRECT(isxdigit),
	DIRECT(isspace),
	DIRECT(isblank),
	DIRECT(isupper),
	DIRECT(islower),
	DIRECT(ispunct),
	DIRECT(isprint),
	DIRECT(isgraph),
	DIRECT(iscntrl),
	DIRECT(isascii),
	DIRECT(toascii),
	DIRECT(iswalpha),
	DIRECT(iswalnum),
	DIRECT(iswdigit),
	DIRECT(iswxdigit),
	DIRECT(iswspace),
	DIRECT(iswblank),
	DIRECT(iswupper),
	DIRECT(iswlower),
	DIRECT(iswpunct),
	DIRECT(iswprint),
	DIRECT(iswgraph),
	DIRECT(iswcntrl),
	DIRECT(towlower),
	DIRECT(towupper),
	SHIM_END,
};
