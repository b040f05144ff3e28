/* The engine's clock: parsing, and ages by it alone. */
#include "engine_clock.h"

#include "check.h"
#include "cleanup.h"
#include "monotonic.h"

static int64_t parsed(const char *text)
{
	int64_t ms = -1;
	CHECK(engine_clock_parse(text, &ms));
	return ms;
}

TEST(times_of_engines_are_milliseconds_since_1970)
{
	CHECK_INT(parsed("1970-01-01T00:00:00Z"), 0);
	CHECK_INT(parsed("2000-02-29T23:59:59.5Z"), 951868799500);
	CHECK_INT(parsed("2000-03-01T00:00:00Z"), 951868800000);
	CHECK_INT(parsed("2026-11-23T06:53:19.229918694Z"), 1795416799229);
	CHECK_INT(parsed("2026-11-23T14:53:19.229+08:00"), 1795416799229);
	CHECK_INT(parsed("2026-11-22T21:23:19.229-09:30"), 1795416799229);
}

TEST(what_is_no_time_is_refused)
{
	static const char *const bad[] = {"", "0001", "2026-11-23", "2026-11-23T06:53:19",
		"2026-11-23T06:53:19Zx", "2026-13-01T00:00:00Z", "2026-11-23T06:53:19+0800"};
	int64_t ms;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(!engine_clock_parse(bad[i], &ms));
}

TEST(an_age_is_reckoned_by_the_engines_own_clock)
{
	struct engine_clock clock = {.asked_ms = 1795416799229, .at_ms = monotonic_ms()};
	uint64_t age = engine_clock_age_ms(&clock, "2026-11-23T06:53:09.229Z");
	CHECK(age >= 10000 && age < 70000);
	CHECK_INT(engine_clock_age_ms(&clock, "2027-01-01T00:00:00Z"), 0); /* to come */
	CHECK_INT(engine_clock_age_ms(&clock, "yesterday"), 0);
	clock.asked_ms = 0;
	CHECK_INT(engine_clock_age_ms(&clock, "2026-11-23T06:53:09Z"), 0);
}
