/* Clocks, sleeping, timers, calendar time. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const struct translation clocks[] = {{CLOCK_REALTIME, DARWIN_CLOCK_REALTIME},
	/* Darwin's MONOTONIC and MONOTONIC_RAW go on while the machine sleeps, UPTIME_RAW stops. */
	{CLOCK_BOOTTIME, DARWIN_CLOCK_MONOTONIC}, {CLOCK_BOOTTIME, DARWIN_CLOCK_MONOTONIC_RAW},
	{CLOCK_BOOTTIME, DARWIN_CLOCK_MONOTONIC_RAW_APPROX},
	{CLOCK_MONOTONIC, DARWIN_CLOCK_UPTIME_RAW},
	{CLOCK_MONOTONIC, DARWIN_CLOCK_UPTIME_RAW_APPROX},
	{CLOCK_PROCESS_CPUTIME_ID, DARWIN_CLOCK_PROCESS_CPUTIME_ID},
	{CLOCK_THREAD_CPUTIME_ID, DARWIN_CLOCK_THREAD_CPUTIME_ID}};

static int guest_clock_gettime(int clock, struct timespec *to)
{
	return clock_gettime(FROM_DARWIN(clocks, clock, -1), to);
}

static int guest_clock_getres(int clock, struct timespec *to)
{
	return clock_getres(FROM_DARWIN(clocks, clock, -1), to);
}

static uint64_t guest_clock_gettime_nsec(int clock)
{
	struct timespec now;

	if (guest_clock_gettime(clock, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* An Apple CPU ticks at 24 MHz: 125/3 nanoseconds a tick, so nobody may take ticks for time. */
#define TICK_NUMERATOR 125
#define TICK_DENOMINATOR 3

static uint64_t guest_mach_absolute_time(void)
{
	return guest_clock_gettime_nsec(DARWIN_CLOCK_UPTIME_RAW) * TICK_DENOMINATOR /
	       TICK_NUMERATOR;
}

static uint64_t guest_mach_continuous_time(void)
{
	return guest_clock_gettime_nsec(DARWIN_CLOCK_MONOTONIC_RAW) * TICK_DENOMINATOR /
	       TICK_NUMERATOR;
}

static int guest_mach_timebase_info(uint32_t info[2])
{
	info[0] = TICK_NUMERATOR;
	info[1] = TICK_DENOMINATOR;
	return 0;
}

static int guest_gettimeofday(struct darwin_timeval *to, void *zone)
{
	struct timeval now;

	if (gettimeofday(&now, NULL) < 0)
		return -1;
	if (to != NULL)
		*to = (struct darwin_timeval){now.tv_sec, (int32_t)now.tv_usec};
	if (zone != NULL)
		memset(zone, 0, 8);
	return 0;
}

static int guest_setitimer(
	int which, const struct darwin_itimerval *new, struct darwin_itimerval *old)
{
	struct itimerval host_new, host_old;

	if (new != NULL)
		host_new = (struct itimerval){
			{new->interval.sec, new->interval.usec}, {new->value.sec, new->value.usec}};
	if ((new != NULL ? setitimer((__itimer_which_t)which, &host_new, &host_old)
			 : getitimer((__itimer_which_t)which, &host_old)) < 0)
		return -1;
	if (old != NULL)
		*old = (struct darwin_itimerval){
			{host_old.it_interval.tv_sec, (int32_t)host_old.it_interval.tv_usec},
			{host_old.it_value.tv_sec, (int32_t)host_old.it_value.tv_usec}};
	return 0;
}

static int guest_getitimer(int which, struct darwin_itimerval *to)
{
	return guest_setitimer(which, NULL, to);
}

const struct shim shim_time[] = {
	SHIM(clock_gettime, guest_clock_gettime),
	SHIM(clock_getres, guest_clock_getres),
	SHIM(clock_gettime_nsec_np, guest_clock_gettime_nsec),
	SHIM(mach_absolute_time, guest_mach_absolute_time),
	SHIM(mach_approximate_time, guest_mach_absolute_time),
	SHIM(mach_continuous_time, guest_mach_continuous_time),
	SHIM(mach_timebase_info, guest_mach_timebase_info),
	SHIM(gettimeofday, guest_gettimeofday),
	SHIM(setitimer, guest_setitimer),
	SHIM(getitimer, guest_getitimer),
	DIRECT(alarm),
	DIRECT(sleep),
	DIRECT(usleep),
	DIRECT(nanosleep),
	DIRECT(time),
	DIRECT(clock),
	DIRECT(gmtime),
	DIRECT(gmtime_r),
	DIRECT(localtime),
	DIRECT(localtime_r),
	DIRECT(mktime),
	DIRECT(timegm),
	DIRECT(timelocal),
	DIRECT(strftime),
	DIRECT(strptime),
	DIRECT(asctime),
	DIRECT(asctime_r),
	DIRECT(ctime),
	DIRECT(ctime_r),
	DIRECT(difftime),
	DIRECT(tzset),
	SHIM(tzname, &tzname),
	SHIM(timezone, &timezone),
	SHIM(daylight, &daylight),
	SHIM_END,
};
