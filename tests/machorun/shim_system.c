/* What the machine is: uname, sysctl, sysconf, host name. It poses as macOS 11.7 on an M1. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define OS_RELEASE "20.6.0"
#define OS_PRODUCT_VERSION "11.7.10"

static int guest_uname(struct darwin_utsname *to)
{
	struct utsname host;

	if (uname(&host) < 0)
		return -1;
	memset(to, 0, sizeof(*to));
	snprintf(to->sysname, sizeof(to->sysname), "Darwin");
	snprintf(to->nodename, sizeof(to->nodename), "%s", host.nodename);
	snprintf(to->release, sizeof(to->release), OS_RELEASE);
	snprintf(
		to->version, sizeof(to->version), "Darwin Kernel Version " OS_RELEASE ": machorun");
	snprintf(to->machine, sizeof(to->machine), "arm64");
	return 0;
}

/* --- sysctl --- */

struct control {
	const char *name;
	const char *text; /* NULL: a number */
	int64_t number;
	size_t size; /* of the number */
};

static const struct control controls[] = {
	{"kern.ostype", "Darwin", 0, 0},
	{"kern.osrelease", OS_RELEASE, 0, 0},
	{"kern.osproductversion", OS_PRODUCT_VERSION, 0, 0},
	{"kern.osversion", "20G1427", 0, 0},
	{"kern.version", "Darwin Kernel Version " OS_RELEASE ": machorun", 0, 0},
	{"hw.machine", "arm64", 0, 0},
	{"hw.model", "MacBookAir10,1", 0, 0},
	{"machdep.cpu.brand_string", "Apple M1", 0, 0},
	{"hw.pagesize", NULL, DARWIN_PAGE_SIZE, 8},
	{"hw.optional.arm64", NULL, 1, 4},
	{"hw.optional.neon", NULL, 1, 4},
	{"hw.optional.floatingpoint", NULL, 1, 4},
	{"hw.optional.armv8_crc32", NULL, 1, 4},
	{"hw.optional.armv8_2_sha512", NULL, 1, 4},
	{"hw.optional.armv8_2_sha3", NULL, 1, 4},
	{"sysctl.proc_translated", NULL, 0, 4},
};

static int answer(const void *value, size_t size, void *to, size_t *room)
{
	if (to != NULL && *room < size) {
		memcpy(to, value, *room);
		errno = ENOMEM;
		return -1;
	}
	if (to != NULL)
		memcpy(to, value, size);
	*room = size;
	return 0;
}

/* Those that depend on the host. */
static bool live_number(const char *name, int64_t *value, size_t *size)
{
	struct sysinfo info;

	*size = 4;
	if (strcmp(name, "hw.ncpu") == 0 || strcmp(name, "hw.logicalcpu") == 0 ||
		strcmp(name, "hw.physicalcpu") == 0 || strcmp(name, "hw.activecpu") == 0 ||
		strcmp(name, "hw.logicalcpu_max") == 0 || strcmp(name, "hw.physicalcpu_max") == 0 ||
		strcmp(name, "hw.perflevel0.logicalcpu") == 0) {
		*value = sysconf(_SC_NPROCESSORS_ONLN);
		return true;
	}
	*size = 8;
	if (strcmp(name, "hw.memsize") == 0 && sysinfo(&info) == 0) {
		*value = (int64_t)info.totalram * info.mem_unit;
		return true;
	}
	return false;
}

static int guest_sysctlbyname(const char *name, void *to, size_t *room, void *new, size_t new_size)
{
	int64_t value;
	size_t size;
	char host[256];

	if (new != NULL && new_size > 0) {
		errno = EPERM;
		return -1;
	}
	for (size_t i = 0; i < COUNT(controls); i++) {
		const struct control *control = &controls[i];

		if (strcmp(name, control->name) != 0)
			continue;
		if (control->text != NULL)
			return answer(control->text, strlen(control->text) + 1, to, room);
		return answer(&control->number, control->size, to, room);
	}
	if (live_number(name, &value, &size))
		return answer(&value, size, to, room);
	if (strcmp(name, "kern.hostname") == 0 && gethostname(host, sizeof(host)) == 0)
		return answer(host, strlen(host) + 1, to, room);
	if (strcmp(name, "kern.boottime") == 0) {
		struct timespec up;
		struct darwin_timeval boot = {0};

		clock_gettime(CLOCK_BOOTTIME, &up);
		boot.sec = time(NULL) - up.tv_sec;
		return answer(&boot, sizeof(boot), to, room);
	}
	errno = ENOENT;
	return -1;
}

/* sysctl by numbers: the few {CTL_HW, ...} that are in use. */
static int guest_sysctl(
	const int *name, unsigned length, void *to, size_t *room, void *new, size_t new_size)
{
	static const struct {
		int first, second;
		const char *name;
	} numbers[] = {{6, 3, "hw.ncpu"}, {6, 7, "hw.pagesize"}, {6, 24, "hw.memsize"},
		{6, 25, "hw.activecpu"}, {1, 2, "kern.osrelease"}, {1, 10, "kern.hostname"},
		{1, 21, "kern.boottime"}};

	for (size_t i = 0; length == 2 && i < COUNT(numbers); i++)
		if (numbers[i].first == name[0] && numbers[i].second == name[1])
			return guest_sysctlbyname(numbers[i].name, to, room, new, new_size);
	machorun_die("sysctl {%d, %d} of %u has no translation", length > 0 ? name[0] : -1,
		length > 1 ? name[1] : -1, length);
}

/* --- sysconf --- */

TRANSLATION(configuration, DARWIN_SYSCONF_SHARED);

static long guest_sysconf(int name)
{
	struct sysinfo info;
	int host = FROM_DARWIN(configuration, name, -1);

	if (name == DARWIN__SC_PAGESIZE)
		return DARWIN_PAGE_SIZE;
	if (name == DARWIN__SC_PHYS_PAGES && sysinfo(&info) == 0)
		return (long)(info.totalram * info.mem_unit / DARWIN_PAGE_SIZE);
	if (host < 0) {
		errno = EINVAL;
		return -1;
	}
	return sysconf(host);
}

static int guest_getpagesize(void)
{
	return DARWIN_PAGE_SIZE;
}

static uint64_t vm_page_size = DARWIN_PAGE_SIZE;
static uint32_t mach_task_self = 0x103; /* a port's name; nothing here takes it */

/* confstr: the user's temporary and cache folders are Darwin's own names. */
static size_t guest_confstr(int name, char *to, size_t size)
{
	const char *temporary = getenv("TMPDIR");

	(void)name;
	if (temporary == NULL)
		temporary = "/tmp/";
	if (to != NULL && size > 0)
		snprintf(to, size, "%s", temporary);
	return strlen(temporary) + 1;
}

const struct shim shim_system[] = {
	SHIM(uname, guest_uname),
	SHIM(sysctlbyname, guest_sysctlbyname),
	SHIM(sysctl, guest_sysctl),
	SHIM(sysconf, guest_sysconf),
	SHIM(getpagesize, guest_getpagesize),
	SHIM(vm_page_size, &vm_page_size),
	SHIM(mach_task_self_, &mach_task_self),
	SHIM(confstr, guest_confstr),
	DIRECT(gethostname),
	DIRECT(getloadavg),
	SHIM_END,
};
