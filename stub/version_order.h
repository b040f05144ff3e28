/*
 * Which of two bundle versions is the newer one. Versions are the makers' own words ("2.95.12",
 * "v3", "2026.11", "1.0-rc.2"); the order is that of semver.org 2.0 where they are semantic
 * versions, and the natural one where they are not:
 *
 *   - a leading "v" and everything from "+" on (build metadata) do not count;
 *   - the part before the first "-" is compared run by run: digits as numbers of any length, other
 *     characters as text; missing parts are zeros ("2.0" is "2.0.0"), letters behind a number come
 *     after it ("1.0a" > "1.0");
 *   - with equal parts, one with a "-" (a pre-release) is the older one; two of them are compared
 *     identifier by identifier: numbers as numbers and before words, the shorter one first.
 */
#pragma once

/* < 0: a is older, 0: neither, > 0: a is newer. */
int version_compare(const char *a, const char *b);

enum version_change {
	VERSION_SAME,    /* the very same file: its root is equal */
	VERSION_REBUILT, /* another file of the same version */
	VERSION_NEWER,
	VERSION_OLDER,
	VERSION_UNKNOWN, /* one of them has no version: nobody can tell */
};

/* From what is installed to what would be. Roots in hex; versions may be NULL. */
enum version_change version_change(
	const char *old_version, const char *old_root, const char *version, const char *root);
