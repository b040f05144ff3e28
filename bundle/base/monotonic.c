/* The clock of deadlines. */
#include "monotonic.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>

#ifdef __APPLE__
#define DEADLINE_CLOCK CLOCK_UPTIME_RAW
#else
#define DEADLINE_CLOCK CLOCK_MONOTONIC
#endif

uint64_t monotonic_ms(void)
{
	struct timespec now = {0};
	clock_gettime(DEADLINE_CLOCK, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void monotonic_sleep_ms(unsigned duration_ms)
{
	poll(NULL, 0, (int)duration_ms);
}
