/* The standard library: numbers, sorting, random, environment, exit, options. */
#include "guest.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* --- random: Darwin's never fails --- */

static void guest_arc4random_buf(void *to, size_t size)
{
	char *at = to;

	while (size > 0) {
		ssize_t got = getrandom(at, size < 256 ? size : 256, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			machorun_die("getrandom failed");
		at += got;
		size -= (size_t)got;
	}
	errno = 0;
}

static uint32_t guest_arc4random(void)
{
	uint32_t value;

	guest_arc4random_buf(&value, sizeof(value));
	return value;
}

static uint32_t guest_arc4random_uniform(uint32_t bound)
{
	uint32_t limit = bound < 2 ? 0 : -bound % bound, value;

	do
		value = guest_arc4random();
	while (value < limit);
	return bound < 2 ? 0 : value % bound;
}

/* CommonCrypto's answer is 0 for success. */
static int guest_generate_bytes(void *to, size_t size)
{
	guest_arc4random_buf(to, size);
	return 0;
}

/*
 * --- sorting ---
 * Darwin's qsort is not stable, glibc's is: a heap sort here shows who counts on stability. BSD's
 * qsort_r has its arguments in another order.
 */

typedef int comparison(const void *a, const void *b);

static void swap_elements(char *a, char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

static void sift_down(char *base, size_t root, size_t count, size_t size, comparison *compare)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count &&
			compare(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (compare(base + root * size, base + child * size) >= 0)
			return;
		swap_elements(base + root * size, base + child * size, size);
	}
}

static int guest_heapsort(void *base, size_t count, size_t size, comparison *compare)
{
	for (size_t root = count / 2; root-- > 0;)
		sift_down(base, root, count, size, compare);
	for (size_t end = count; end-- > 1;) {
		swap_elements(base, (char *)base + end * size, size);
		sift_down(base, 0, end, size, compare);
	}
	return 0;
}

static void guest_qsort(void *base, size_t count, size_t size, comparison *compare)
{
	guest_heapsort(base, count, size, compare);
}

struct context_compare {
	void *context;
	int (*compare)(void *context, const void *a, const void *b);
};

static int call_compare(const void *a, const void *b, void *context)
{
	struct context_compare *call = context;

	return call->compare(call->context, a, b);
}

static void guest_qsort_r(void *base, size_t count, size_t size, void *context,
	int (*compare)(void *, const void *, const void *))
{
	struct context_compare call = {context, compare};

	qsort_r(base, count, size, call_compare, &call);
}

static int guest_mergesort(
	void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	qsort(base, count, size, compare); /* glibc's is a merge sort, stable */
	return 0;
}

/* --- numbers; long double is double --- */

static double guest_strtold(const char *text, char **end)
{
	return strtod(text, end);
}

static double guest_strtod_l(const char *text, char **end, void *locale)
{
	(void)locale;
	return strtod(text, end);
}

/* BSD strtonum: errors are errno EINVAL or ERANGE and a word. */
static long long guest_strtonum(
	const char *text, long long low, long long high, const char **problem)
{
	char *end;
	long long value;
	const char *what = NULL;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (low > high || end == text || *end != '\0')
		what = "invalid";
	else if ((value == LLONG_MIN && errno == ERANGE) || value < low)
		what = "too small";
	else if ((value == LLONG_MAX && errno == ERANGE) || value > high)
		what = "too large";
	if (problem != NULL)
		*problem = what;
	errno = what == NULL ? 0 : strcmp(what, "invalid") == 0 ? EINVAL : ERANGE;
	return what != NULL ? 0 : value;
}

static const char *guest_getprogname(void)
{
	const char *slash = strrchr(runtime.argv[0], '/');

	return slash != NULL ? slash + 1 : runtime.argv[0];
}

static void guest_setprogname(const char *name)
{
	(void)name;
}

/* --- options: BSD's getopt stops at the first operand, and optreset starts it anew --- */

static int optreset;

static int guest_getopt(int argc, char *const argv[], const char *options)
{
	char strict[256];

	snprintf(strict, sizeof(strict), "+%s", options);
	if (optreset)
		optind = 0;
	optreset = 0;
	return getopt(argc, argv, strict);
}

/* An exit handler of the guest's; the destructor's object comes with it. */
extern int __cxa_atexit(void (*function)(void *), void *argument, void *object);

static int guest_cxa_atexit(void (*function)(void *), void *argument, void *object)
{
	(void)object;
	return __cxa_atexit(function, argument, NULL);
}

static int guest_atexit(void (*function)(void))
{
	return __cxa_atexit((void (*)(void *))(void *)function, NULL, NULL);
}

const struct shim shim_stdlib[] = {
	SHIM(arc4random, guest_arc4random),
	SHIM(arc4random_buf, guest_arc4random_buf),
	SHIM(arc4random_uniform, guest_arc4random_uniform),
	SHIM(CCRandomGenerateBytes, guest_generate_bytes),
	DIRECT(getentropy),
	DIRECT(rand),
	DIRECT(srand),
	DIRECT(rand_r),
	DIRECT(random),
	DIRECT(srandom),
	DIRECT(drand48),
	DIRECT(lrand48),
	DIRECT(srand48),
	SHIM(qsort, guest_qsort),
	SHIM(qsort_r, guest_qsort_r),
	SHIM(mergesort, guest_mergesort),
	SHIM(heapsort, guest_heapsort),
	DIRECT(bsearch),
	DIRECT(lfind),
	DIRECT(lsearch),
	DIRECT(tsearch),
	DIRECT(tfind),
	DIRECT(tdelete),
	DIRECT(twalk),
	DIRECT(hcreate),
	DIRECT(hsearch),
	DIRECT(hdestroy),
	DIRECT(strtol),
	DIRECT(strtoul),
	DIRECT(strtoll),
	DIRECT(strtoull),
	SHIM(strtoq, strtoll),
	SHIM(strtouq, strtoull),
	DIRECT(strtoimax),
	DIRECT(strtoumax),
	DIRECT(strtod),
	DIRECT(strtof),
	SHIM(strtold, guest_strtold),
	SHIM(strtod_l, guest_strtod_l),
	SHIM(strtonum, guest_strtonum),
	DIRECT(atoi),
	DIRECT(atol),
	DIRECT(atoll),
	DIRECT(atof),
	DIRECT(abs),
	DIRECT(labs),
	DIRECT(llabs),
	DIRECT(imaxabs),
	DIRECT(div),
	DIRECT(ldiv),
	DIRECT(lldiv),
	DIRECT(imaxdiv),
	DIRECT(getenv),
	DIRECT(setenv),
	DIRECT(unsetenv),
	DIRECT(putenv),
	SHIM(environ, &environ),
	DIRECT(exit),
	DIRECT(abort),
	SHIM(atexit, guest_atexit),
	SHIM(__cxa_atexit, guest_cxa_atexit),
	DIRECT(quick_exit),
	SHIM(getprogname, guest_getprogname),
	SHIM(setprogname, guest_setprogname),
	SHIM(getopt, guest_getopt),
	SHIM(optreset, &optreset),
	DIRECT(getopt_long),
	DIRECT(getopt_long_only),
	DIRECT(getsubopt),
	SHIM(optarg, &optarg),
	SHIM(optind, &optind),
	SHIM(opterr, &opterr),
	SHIM(optopt, &optopt),
	DIRECT(a64l),
	DIRECT(l64a),
	SHIM_END,
};
