/*
 * Locales. A Mac has en_US.UTF-8, zh_CN.UTF-8 and the like; Linux containers often only C.UTF-8,
 * so every UTF-8 locale is C.UTF-8 here and only its name is kept.
 */
#include "guest.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>

TRANSLATION(categories, DARWIN_LOCALE_SHARED);
TRANSLATION(category_masks, DARWIN_LOCALE_MASK_SHARED);
TRANSLATION(items, DARWIN_LANGINFO_SHARED);

#define CATEGORIES 7 /* Darwin's, LC_ALL first */
static char names[CATEGORIES][64] = {"C", "C", "C", "C", "C", "C", "C"};

/* MB_CUR_MAX is this variable; the function ___mb_cur_max() is for <xlocale.h>. */
static int mb_cur_max = 1;

/* What the environment asks for, as Libc's __get_locale_env. */
static const char *name_from_environment(int category)
{
	static const char *const variables[CATEGORIES] = {NULL, "LC_COLLATE", "LC_CTYPE",
		"LC_MONETARY", "LC_NUMERIC", "LC_TIME", "LC_MESSAGES"};
	const char *value = getenv("LC_ALL");

	if ((value == NULL || *value == '\0') && variables[category] != NULL)
		value = getenv(variables[category]);
	if (value == NULL || *value == '\0')
		value = getenv("LANG");
	return value == NULL || *value == '\0' ? "C" : value;
}

/* The host's locale for the guest's name; NULL when a Mac would not know it. */
static const char *host_locale(const char *name)
{
	const char *dot = strchr(name, '.');

	if (strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
		return "C";
	if (strcmp(name, "C.UTF-8") == 0)
		return NULL; /* a name that macOS 11 does not have */
	if (strcasecmp(name, "UTF-8") == 0)
		return "C.UTF-8";
	if (dot != NULL && strcasecmp(dot, ".UTF-8") == 0 && dot - name == 5 && name[2] == '_')
		return "C.UTF-8";
	if (dot == NULL && strlen(name) == 5 && name[2] == '_')
		return "C"; /* en_US: ISO 8859-1, near enough */
	return NULL;
}

static bool set_one(int category, const char *wanted)
{
	const char *name = *wanted != '\0' ? wanted : name_from_environment(category);
	const char *host = host_locale(name);

	if (host == NULL)
		return false;
	if (setlocale(FROM_DARWIN(categories, category, LC_CTYPE), host) == NULL)
		machorun_die("the host lacks the locale %s", host);
	snprintf(names[category], sizeof(names[category]), "%s", name);
	mb_cur_max = (int)MB_CUR_MAX;
	return true;
}

static char *guest_setlocale(int category, const char *name)
{
	static char all[CATEGORIES * 64];
	bool same = true;

	if (category < 0 || category >= CATEGORIES)
		return NULL;
	if (category != DARWIN_LC_ALL)
		return name == NULL || set_one(category, name) ? names[category] : NULL;
	for (int i = 1; i < CATEGORIES && name != NULL; i++)
		if (host_locale(*name != '\0' ? name : name_from_environment(i)) == NULL)
			return NULL;
	for (int i = 1; i < CATEGORIES && name != NULL; i++)
		set_one(i, name);
	errno = 0;
	all[0] = '\0';
	for (int i = 1; i < CATEGORIES; i++) {
		size_t used = strlen(all);

		same = same && strcmp(names[i], names[1]) == 0;
		snprintf(all + used, sizeof(all) - used, "%s%s", i > 1 ? "/" : "", names[i]);
	}
	return same ? names[1] : all;
}

static char *guest_nl_langinfo(int item)
{
	int base = item, offset = 0;

	/* Runs of days and months are rows only by their first. */
	if (item > DARWIN_DAY_1 && item < DARWIN_DAY_7)
		base = DARWIN_DAY_1;
	else if (item > DARWIN_ABDAY_1 && item < DARWIN_MON_1)
		base = DARWIN_ABDAY_1;
	else if (item > DARWIN_MON_1 && item < DARWIN_ABMON_1)
		base = DARWIN_MON_1;
	else if (item > DARWIN_ABMON_1 && item < DARWIN_ABMON_1 + 12)
		base = DARWIN_ABMON_1;
	offset = item - base;
	if (FROM_DARWIN(items, base, -1) < 0)
		return "";
	if (item == DARWIN_CODESET && strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
		return "US-ASCII";
	return nl_langinfo(FROM_DARWIN(items, base, -1) + offset);
}

/* struct lconv: the pointers lie alike, the last chars do not; in C all of those are CHAR_MAX. */
static struct lconv *guest_localeconv(void)
{
	return localeconv();
}

static locale_t guest_newlocale(int mask, const char *name, locale_t base)
{
	const char *host = host_locale(*name != '\0' ? name : name_from_environment(2));

	if (host == NULL) {
		errno = ENOENT;
		return NULL;
	}
	return newlocale(BITS_FROM_DARWIN(category_masks, mask), host, base);
}

static locale_t guest_uselocale(locale_t locale)
{
	locale_t old = uselocale(locale == (locale_t)-1 ? LC_GLOBAL_LOCALE : locale);

	return old == LC_GLOBAL_LOCALE ? (locale_t)-1 : old;
}

static int guest_mb_cur_max(void)
{
	return (int)MB_CUR_MAX;
}

const struct shim shim_locale[] = {
	SHIM(setlocale, guest_setlocale),
	SHIM(nl_langinfo, guest_nl_langinfo),
	SHIM(localeconv, guest_localeconv),
	SHIM(newlocale, guest_newlocale),
	SHIM(uselocale, guest_uselocale),
	DIRECT(freelocale),
	DIRECT(duplocale),
	SHIM(__mb_cur_max, &mb_cur_max),
	SHIM(___mb_cur_max, guest_mb_cur_max),
	SHIM_END,
};
