/* Comparing versions. */
#include "version_order.h"

#include <stdbool.h>
#include <string.h>

static const char digits[] = "0123456789";

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t shorter = a_length < b_length ? a_length : b_length;
	int order = memcmp(a, b, shorter);
	return order ? sign(order) : (a_length > b_length) - (a_length < b_length);
}

/* Digits of any length: without leading zeros, the longer number is the larger one. */
static int compare_numbers(const char *a, size_t a_length, const char *b, size_t b_length)
{
	for (; a_length > 0 && *a == '0'; a_length--)
		a++;
	for (; b_length > 0 && *b == '0'; b_length--)
		b++;
	if (a_length != b_length)
		return a_length > b_length ? 1 : -1;
	return compare_bytes(a, a_length, b, b_length);
}

/* ---- the part before "-" ---- */

static size_t run_length(const char *at, size_t left)
{
	size_t length = strspn(at, digits);
	if (length == 0)
		length = strcspn(at, "0123456789.");
	return length < left ? length : left;
}

static int is_zero(const char *at, size_t length)
{
	return strspn(at, "0") >= length;
}

/* What a has behind the end of b: zeros are nothing, the rest makes it the newer one. */
static int judge_rest(const char *at, size_t left)
{
	while (left > 0) {
		size_t length = run_length(at, left);
		if (length > 0 && !is_zero(at, length))
			return 1;
		length += length == 0; /* a dot */
		at += length;
		left -= length;
	}
	return 0;
}

/* at, where the other one has a dot: a letter belongs to the part before it ("1a" < "1.2"). */
static int judge_dot(const char *at)
{
	return strspn(at, digits) > 0 ? 1 : -1;
}

static int compare_cores(const char *a, size_t a_left, const char *b, size_t b_left)
{
	while (a_left > 0 && b_left > 0) {
		size_t m = run_length(a, a_left), n = run_length(b, b_left);
		if (m == 0 || n == 0) {
			if (m != n)
				return judge_dot(m > 0 ? a : b) * (m > 0 ? 1 : -1);
			m = n = 1;
		} else {
			int a_number = strspn(a, digits) > 0, b_number = strspn(b, digits) > 0;
			int order = a_number && b_number   ? compare_numbers(a, m, b, n)
				    : a_number != b_number ? (a_number ? 1 : -1)
							   : compare_bytes(a, m, b, n);
			if (order)
				return order;
		}
		a += m, a_left -= m;
		b += n, b_left -= n;
	}
	return judge_rest(a, a_left) - judge_rest(b, b_left);
}

/* ---- the part behind it ---- */

static int compare_identifiers(const char *a, size_t m, const char *b, size_t n)
{
	int a_number = m > 0 && strspn(a, digits) >= m, b_number = n > 0 && strspn(b, digits) >= n;
	if (a_number && b_number)
		return compare_numbers(a, m, b, n);
	if (a_number != b_number)
		return a_number ? -1 : 1;
	return compare_bytes(a, m, b, n);
}

static int compare_pre_releases(const char *a, const char *b)
{
	for (;;) {
		size_t m = strcspn(a, ".+"), n = strcspn(b, ".+");
		int order = compare_identifiers(a, m, b, n);
		bool a_ends = a[m] != '.', b_ends = b[n] != '.';
		if (order || (a_ends && b_ends))
			return order;
		if (a_ends || b_ends)
			return a_ends ? -1 : 1;
		a += m + 1;
		b += n + 1;
	}
}

static const char *without_v(const char *version)
{
	return version + ((*version == 'v' || *version == 'V') && strspn(version + 1, digits) > 0);
}

int version_compare(const char *a, const char *b)
{
	a = without_v(a);
	b = without_v(b);
	size_t m = strcspn(a, "-+"), n = strcspn(b, "-+");
	int order = compare_cores(a, m, b, n);
	if (order)
		return order;
	bool a_pre = a[m] == '-', b_pre = b[n] == '-';
	if (a_pre && b_pre)
		return compare_pre_releases(a + m + 1, b + n + 1);
	return (int)b_pre - (int)a_pre;
}

enum version_change version_change(
	const char *old_version, const char *old_root, const char *version, const char *root)
{
	if (strcmp(old_root, root) == 0)
		return VERSION_SAME;
	if (!old_version && !version)
		return VERSION_REBUILT;
	if (!old_version || !version)
		return VERSION_UNKNOWN;
	int order = version_compare(version, old_version);
	return order == 0 ? VERSION_REBUILT : order > 0 ? VERSION_NEWER : VERSION_OLDER;
}
