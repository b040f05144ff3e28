/* Time for deadlines: it never jumps, and it stands still while the machine sleeps. */
#pragma once

#include <stdint.h>

/* Milliseconds since some point in the past. Linux's CLOCK_MONOTONIC leaves suspension out;
 * macOS's does not, its CLOCK_UPTIME_RAW does. */
uint64_t monotonic_ms(void);

/* Sleeps so long, or until a signal arrives. */
void monotonic_sleep_ms(unsigned duration_ms);
