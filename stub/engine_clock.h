/* The engine's clock, which may be a virtual machine's: only ever compared with itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct engine_clock {
	int64_t asked_ms; /* what it showed; 0: not known */
	uint64_t at_ms;   /* monotonic_ms() then */
};

/* "2026-11-23T06:53:19.229918694Z", "…+08:00" (RFC 3339) as milliseconds since 1970. */
bool engine_clock_parse(const char *text, int64_t *out_ms);

/* How long ago that was, by the engine's own time; 0: not known, or not yet. */
uint64_t engine_clock_age_ms(const struct engine_clock *clock, const char *since);
