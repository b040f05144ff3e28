/* RFC 3339 to milliseconds. */
#include "engine_clock.h"

#include <stddef.h>

#include "monotonic.h"

static bool take_number(const char **at, int digits, int64_t *out)
{
	*out = 0;
	for (; digits > 0; digits--, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool take_sign(const char **at, char sign)
{
	bool there = **at == sign;
	*at += there;
	return there;
}

/* Of the proleptic Gregorian calendar, from 1970-01-01; years begin in March, so that the leap day
 * is the last of one. */
static int64_t days_from(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era_year = year % 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = era_year * 365 + era_year / 4 - era_year / 100 + day_of_year;
	return year / 400 * 146097 + day_of_era - 719468;
}

static int64_t take_milliseconds(const char **at)
{
	int64_t value = 0, scale = 100;
	if (!take_sign(at, '.'))
		return 0;
	for (; **at >= '0' && **at <= '9'; ++*at, scale /= 10)
		value += (**at - '0') * scale;
	return value;
}

static bool take_zone(const char **at, int64_t *offset_minutes)
{
	int64_t hours, minutes;
	*offset_minutes = 0;
	if (take_sign(at, 'Z'))
		return true;
	int64_t sign = **at == '-' ? -1 : 1;
	if (!take_sign(at, '+') && !take_sign(at, '-'))
		return false;
	if (!take_number(at, 2, &hours) || !take_sign(at, ':') || !take_number(at, 2, &minutes))
		return false;
	*offset_minutes = sign * (hours * 60 + minutes);
	return true;
}

bool engine_clock_parse(const char *text, int64_t *out_ms)
{
	int64_t year, month, day, hour, minute, second, zone;
	const char *at = text;
	if (!take_number(&at, 4, &year) || !take_sign(&at, '-') || !take_number(&at, 2, &month) ||
		!take_sign(&at, '-') || !take_number(&at, 2, &day) || !take_sign(&at, 'T') ||
		!take_number(&at, 2, &hour) || !take_sign(&at, ':') ||
		!take_number(&at, 2, &minute) || !take_sign(&at, ':') ||
		!take_number(&at, 2, &second))
		return false;
	int64_t milliseconds = take_milliseconds(&at);
	if (!take_zone(&at, &zone) || *at != '\0' || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*out_ms = (((days_from(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second) *
			  1000 +
		  milliseconds;
	return true;
}

uint64_t engine_clock_age_ms(const struct engine_clock *clock, const char *since)
{
	int64_t then;
	if (clock->asked_ms == 0 || !engine_clock_parse(since, &then))
		return 0;
	int64_t age = clock->asked_ms + (int64_t)(monotonic_ms() - clock->at_ms) - then;
	return age > 0 ? (uint64_t)age : 0;
}
