/* Which bundle is the newer one. */
#include "version_order.h"

#include "check.h"
#include "cleanup.h"

static void check_older(const char *a, const char *b)
{
	CHECK(version_compare(a, b) < 0);
	CHECK(version_compare(b, a) > 0);
	CHECK(version_compare(a, a) == 0 && version_compare(b, b) == 0);
}

static void check_equal(const char *a, const char *b)
{
	CHECK(version_compare(a, b) == 0);
	CHECK(version_compare(b, a) == 0);
}

TEST(numbers_are_compared_as_numbers)
{
	check_older("2.95.2", "2.95.12");
	check_older("9", "10");
	check_older("2.9.9", "3");
	check_older("1.2.3", "1.2.3.1");
	check_older("20260101", "20261123");
	check_older("1.99999999999999999999999998", "1.99999999999999999999999999");
	check_older("1.09", "1.10");
	check_older("2025.12", "2026.1");
}

TEST(missing_parts_a_v_and_build_metadata_make_no_difference)
{
	check_equal("2.0", "2.0.0");
	check_equal("v2.95.12", "2.95.12");
	check_equal("1.0.0+build.7", "1.0.0+build.8");
	check_equal("1.01", "1.1");
	check_equal("1.0.0-rc.1+a", "1.0.0-rc.1+b");
	check_equal("", "0");
}

TEST(a_pre_release_comes_before_its_release)
{
	check_older("1.0.0-rc.1", "1.0.0");
	check_older("0.9.9", "1.0.0-alpha");
	check_older("1.0.0-rc.1", "1.0.1-alpha");
}

/* The chain of semver.org 2.0, clause 11. */
TEST(pre_releases_are_in_the_order_of_semver)
{
	static const char *const chain[] = {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
		"1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"};
	for (size_t i = 0; i < ARRAY_SIZE(chain); i++)
		for (size_t j = i + 1; j < ARRAY_SIZE(chain); j++)
			check_older(chain[i], chain[j]);
}

TEST(letters_behind_a_number_come_after_it)
{
	check_older("1.0", "1.0a");
	check_older("1.0a", "1.0b");
	check_older("1.1.1k", "1.1.1w");
	check_older("1a", "1.2");
	check_older("alpha", "1");
}

TEST(the_change_from_one_bundle_to_another)
{
	CHECK_INT(version_change("1.0", "aa", "2.0", "aa"), VERSION_SAME);
	CHECK_INT(version_change("1.0", "aa", "1.0", "bb"), VERSION_REBUILT);
	CHECK_INT(version_change("1.0", "aa", "v1.0.0", "bb"), VERSION_REBUILT);
	CHECK_INT(version_change("1.0", "aa", "1.1", "bb"), VERSION_NEWER);
	CHECK_INT(version_change("1.1", "aa", "1.0", "bb"), VERSION_OLDER);
	CHECK_INT(version_change(NULL, "aa", NULL, "bb"), VERSION_REBUILT);
	CHECK_INT(version_change(NULL, "aa", "1.0", "bb"), VERSION_UNKNOWN);
	CHECK_INT(version_change("1.0", "aa", NULL, "bb"), VERSION_UNKNOWN);
}
