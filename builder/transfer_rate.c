/* The rate of --limit-rate. */
#include "transfer_rate.h"

#include <string.h>

#include "number.h"
#include "text.h"

enum { MOST_DIGITS = 15 };

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{"", 1},
	{"B", 1},
	{"K", 1000},
	{"KB", 1000},
	{"KiB", 1024},
	{"M", 1000ULL * 1000},
	{"MB", 1000ULL * 1000},
	{"MiB", 1024ULL * 1024},
	{"G", 1000ULL * 1000 * 1000},
	{"GB", 1000ULL * 1000 * 1000},
	{"GiB", 1024ULL * 1024 * 1024},
};

static bool parse(const char *text, uint64_t *bytes_per_s)
{
	char digits[MOST_DIGITS + 1], unit[4];
	size_t n = strspn(text, "0123456789"), length = strlen(text);
	if (text_ends_with(text, "/s"))
		length -= 2;
	if (n == 0 || n > MOST_DIGITS || n > length || length - n >= sizeof(unit))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	memcpy(unit, text + n, length - n);
	unit[length - n] = '\0';
	if (!number_parse_u64(digits, bytes_per_s) || *bytes_per_s == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!text_equal_ignoring_case(unit, units[i].name))
			continue;
		if (*bytes_per_s > (uint64_t)INT64_MAX / units[i].bytes)
			return false;
		*bytes_per_s *= units[i].bytes;
		return true;
	}
	return false;
}

int transfer_rate_parse(const char *text, uint64_t *bytes_per_s, struct err *err)
{
	*bytes_per_s = 0;
	if (!text || parse(text, bytes_per_s))
		return 0;
	err_set(err, CODE_USAGE, "--limit-rate %s is not a rate", text);
	return err_hint(err, "Write it as 500K, 2M or 1MiB: bytes a second.");
}
