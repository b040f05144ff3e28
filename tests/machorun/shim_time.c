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

/*
 * A clock that a test plays: the environment's MACHORUN_CLOCK.
 *
 *     fast:N:FILE    what measures durations runs N times as fast while FILE exists; polls and sleeps do not
 *     jumps:MS       the calendar is right, a day ahead and a day behind in turn, MS milliseconds each
 */
static struct {
	enum { CLOCK_UNREAD, CLOCK_TRUE, CLOCK_FAST, CLOCK_JUMPS } kind;
	long long number, looked_ns, gained_ns;
	const char *file;
} played;

static long long monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void read_played(void)
{
	const char *text = getenv("MACHORUN_CLOCK");
	int length = 0;

	played.kind = CLOCK_TRUE;
	played.looked_ns = monotonic_ns();
	if (text == NULL)
		return;
	if (sscanf(text, "fast:%lld:%n", &played.number, &length) == 1 && length > 0) {
		played.kind = CLOCK_FAST;
		played.file = strdup(text + length);
	} else if (sscanf(text, "jumps:%lld", &played.number) == 1 && played.number > 0) {
		played.kind = CLOCK_JUMPS;
	}
}

static void add_ns(struct timespec *to, long long ns)
{
	ns += to->tv_nsec;
	to->tv_sec += ns / 1000000000;
	to->tv_nsec = ns % 1000000000;
}

static void play(clockid_t clock, struct timespec *now)
{
	static const int days[] = {0, 1, 0, -1};
	long long now_ns;

	if (played.kind == CLOCK_UNREAD)
		read_played();
	if (played.kind == CLOCK_TRUE)
		return;
	now_ns = monotonic_ns();
	if (played.kind == CLOCK_JUMPS) {
		if (clock == CLOCK_REALTIME)
			now->tv_sec += days[now_ns / 1000000 / played.number % 4] * 86400;
	} else if (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME) {
		if (access(played.file, F_OK) == 0)
			played.gained_ns += (now_ns - played.looked_ns) * (played.number - 1);
		played.looked_ns = now_ns;
		add_ns(now, played.gained_ns);
	}
}

static int guest_clock_gettime(int clock, struct timespec *to)
{
	clockid_t host = FROM_DARWIN(clocks, clock, -1);

	if (clock_gettime(host, to) < 0)
		return -1;
	play(host, to);
	return 0;
}

static time_t guest_time(time_t *to)
{
	struct timespec now;

	guest_clock_gettime(DARWIN_CLOCK_REALTIME, &now);
	if (to != NULL)
		*to = now.tv_sec;
	return now.tv_sec;
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
	struct timespec now;

	guest_clock_gettime(DARWIN_CLOCK_REALTIME, &now);
	if (to != NULL)
		*to = (struct darwin_timeval){now.tv_sec, (int32_t)(now.tv_nsec / 1000)};
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
	SHIM(time, guest_time),
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
