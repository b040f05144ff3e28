/* The C library: formatted output, numbers, sorting, streams, time, locale, characters, random. */
#include <ctype.h>
#include <fcntl.h>
#include <float.h>
#include <getopt.h>
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pwd.h>
#include <regex.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>
#include "say.h"

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *text, ...)
{
	char *result = NULL;
	va_list list, again;

	va_start(list, text);
	va_copy(again, list);
	if (vasprintf(&result, text, list) < 0 ||
		vsnprintf(NULL, 0, text, again) != (int)strlen(result))
		result = NULL;
	va_end(again);
	va_end(list);
	return result;
}

static void formats(void)
{
	printf("%d %i %u %x %#o %c|%5d|%-5d|%05d|%+d\n", -1, 2, 3u, 255u, 8u, 'c', 42, 42, 42, 42);
	printf("%hhd %hd %ld %lld %zu %jd %td\n", (signed char)-1, (short)-2, -3L, 1LL << 62,
		(size_t)5, (intmax_t)6, (ptrdiff_t)7);
	printf("%" PRId64 " %" PRIu64 " %" PRIx32 "\n", INT64_MIN, UINT64_MAX, UINT32_MAX);
	printf("%f %.3f %e %g %G %a\n", 3.14159, 2.71828, 12345.678, 1e-10, 1e20, 1.0);
	printf("%.10Lf %Lg\n", 1.5L, 2.25L);
	printf("%2$s %1$s %3$d\n", "world", "hello", 3);
	printf("%*d|%-*d|%.*s|%s|%%\n", 6, 1, 6, 2, 3, "abcdef", "end");
	printf("%d %f %d %f %d %f %d %f %d %f\n", 1, 1.0, 2, 2.0, 3, 3.0, 4, 4.0, 5, 5.0);
	printf("%ls %lc\n", L"wide", (wint_t)L'w');
	printf("%s\n", format("%s-%d-%.1f", "va", 7, 0.5));
	printf("%.17g %.0f %5.1f|%-8.2e|\n", 0.1, 2.5, 9.96, 1234.5);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void numbers(void)
{
	int values[] = {5, -2, 9, 0, 3}, wanted = 9, a = 0;
	char *end, word[8];
	double d = 0;

	qsort(values, 5, sizeof(int), compare);
	CHECK("qsort", values[0] == -2 && values[4] == 9);
	CHECK("bsearch", bsearch(&wanted, values, 5, sizeof(int), compare) == &values[4]);
	CHECK("strtol", strtol("-0x1fz", &end, 0) == -31 && *end == 'z');
	errno = 0;
	CHECK("strtol range",
		strtol("99999999999999999999", NULL, 10) == LONG_MAX && errno == ERANGE);
	CHECK("strtoull", strtoull("18446744073709551615", NULL, 10) == UINT64_MAX);
	CHECK("strtod", strtod("2.5e3x", &end) == 2500.0 && *end == 'x');
	CHECK("sscanf", sscanf("12 3.5 word", "%d %lf %7s", &a, &d, word) == 3 && a == 12 &&
				d == 3.5 && strcmp(word, "word") == 0);
	CHECK("math", floor(2.7) == 2 && pow(2, 10) == 1024 && isnan(NAN) && isinf(INFINITY) &&
			      fabs(-1.5) == 1.5 && !isfinite(HUGE_VAL));
	CHECK("div", div(7, 2).rem == 1 && ldiv(-7, 2).quot == -3);
}

static void streams(void)
{
	char *memory = NULL, *line = NULL, bytes[8];
	size_t size = 0, room = 0;
	FILE *stream = open_memstream(&memory, &size);

	fprintf(stream, "first %d\nsecond\n", 1);
	putc('x', stream);
	putc_unlocked('y', stream);
	fclose(stream);
	CHECK("open_memstream", size == 17 && strcmp(memory, "first 1\nsecond\nxy") == 0);
	stream = fopen("stream", "w+");
	CHECK("fwrite", stream != NULL && fwrite(memory, 1, size, stream) == size);
	rewind(stream);
	CHECK("getline", getline(&line, &room, stream) == 8 && strcmp(line, "first 1\n") == 0);
	CHECK("fgets",
		fgets(bytes, sizeof(bytes), stream) == bytes && strcmp(bytes, "second\n") == 0);
	CHECK("getc", getc(stream) == 'x' && getc_unlocked(stream) == 'y' &&
			      ungetc('z', stream) == 'z' && fgetc(stream) == 'z');
	CHECK("end of file", getc(stream) == EOF && feof(stream) && !ferror(stream));
	clearerr(stream);
	CHECK("fseeko", !feof(stream) && fseeko(stream, 6, SEEK_SET) == 0 && ftello(stream) == 6 &&
				getc(stream) == '1' && fileno(stream) > 2);
	CHECK("getc_unlocked at the end", fseeko(stream, 0, SEEK_END) == 0 &&
						  getc_unlocked(stream) == EOF &&
						  feof_unlocked(stream));
	CHECK("fclose", fclose(stream) == 0);
	CHECK("fopen missing", fopen("none", "r") == NULL && errno == ENOENT);
	CHECK("fdopen", (stream = fdopen(open("stream", O_RDONLY), "r")) != NULL &&
				fread(bytes, 1, 5, stream) == 5 && memcmp(bytes, "first", 5) == 0 &&
				fclose(stream) == 0);
	puts("puts");
	putchar('p');
	putchar('\n');
	fputs("fputs\n", stdout);
	free(memory);
	free(line);
}

static void times(void)
{
	time_t fixed = 1600000000;
	struct tm parts, back;
	struct timeval now;
	struct timespec first, second, resolution;
	char text[64];

	gmtime_r(&fixed, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ %j %a", &parts);
	printf("%s\n", text);
	back = parts;
	CHECK("timegm", timegm(&back) == fixed && parts.tm_yday == 256);
	setenv("TZ", "UTC-8", 1);
	tzset();
	localtime_r(&fixed, &parts);
	CHECK("localtime",
		parts.tm_hour == 20 && parts.tm_gmtoff == 8 * 3600 && mktime(&parts) == fixed);
	CHECK("gettimeofday",
		gettimeofday(&now, NULL) == 0 && now.tv_sec > fixed && now.tv_usec < 1000000);
	CHECK("monotonic", clock_gettime(CLOCK_MONOTONIC, &first) == 0 && usleep(2000) == 0 &&
				   clock_gettime(CLOCK_MONOTONIC, &second) == 0 &&
				   (second.tv_sec - first.tv_sec) * 1000000000LL + second.tv_nsec -
						   first.tv_nsec >
					   1999999);
	CHECK("CPU time",
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &first) == 0 && first.tv_sec < 1000);
	CHECK("resolution",
		clock_getres(CLOCK_REALTIME, &resolution) == 0 && resolution.tv_sec == 0);
	CHECK("unknown clock", clock_gettime((clockid_t)77, &first) < 0 && errno == EINVAL);
	CHECK("time", labs((long)(time(NULL) - now.tv_sec)) < 10);
}

static void characters(void)
{
	wchar_t wide[8];
	char narrow[16];
	mbstate_t state;

	CHECK("ctype", isalpha('a') && !isalpha('1') && isxdigit('F') && isspace('\t') &&
			       ispunct('!') && !isprint('\n') && toupper('q') == 'Q' &&
			       tolower('Q') == 'q');
	CHECK("C locale", strcmp(setlocale(LC_ALL, NULL), "C") == 0 && MB_CUR_MAX == 1);
	CHECK("UTF-8 locale", setlocale(LC_CTYPE, "") != NULL);
	printf("%s\n", nl_langinfo(CODESET));
	CHECK("mbstowcs", mbstowcs(wide, "a\xe4\xb8\xad\xc3\xa9", 8) == 3 && wide[1] == 0x4e2d &&
				  wide[2] == 0xe9);
	CHECK("wcstombs", wcstombs(narrow, wide, sizeof(narrow)) == 6 &&
				  strcmp(narrow, "a\xe4\xb8\xad\xc3\xa9") == 0);
	memset(&state, 0, sizeof(state));
	CHECK("mbrtowc in parts", mbrtowc(wide, "\xe4", 1, &state) == (size_t)-2 &&
					  mbrtowc(wide, "\xb8\xad", 2, &state) == 2 &&
					  wide[0] == 0x4e2d);
	CHECK("bad UTF-8", mbstowcs(wide, "\xff\xfe", 8) == (size_t)-1 && errno == EILSEQ);
	CHECK("wide classes", iswalpha(0x4e2d) && towupper(0xe9) == 0xc9 && wcslen(L"abc") == 3);
	CHECK("wcwidth", wcwidth(0x4e2d) == 2 && wcwidth(L'a') == 1);
	printf("%s %lc\n", "\xe4\xb8\xad\xe6\x96\x87", (wint_t)0x4e2d);
}

static void system_facts(void)
{
	unsigned char random_bytes[64] = {0}, sum = 0;
	struct utsname name;
	struct rlimit limit;
	struct rusage usage;
	struct passwd entry, *found = NULL;
	char room[2048], *home = getenv("HOME");
	regex_t regex;
	regmatch_t match[2];

	CHECK("getentropy", getentropy(random_bytes, sizeof(random_bytes)) == 0);
	for (size_t i = 0; i < sizeof(random_bytes); i++)
		sum |= random_bytes[i];
	CHECK("it is random", sum != 0);
	CHECK("uname", uname(&name) == 0 && name.nodename[0] != '\0' && name.release[0] != '\0');
	CHECK("sysconf", sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_PAGESIZE) >= 4096 &&
				 sysconf(_SC_OPEN_MAX) >= 64);
	CHECK("unknown sysconf", sysconf(9999) < 0 && errno == EINVAL);
	CHECK("rlimit", getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 64 &&
				setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK("rusage", getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss > 0);
	CHECK("environment", home != NULL && setenv("NEW", "value", 1) == 0 &&
				     strcmp(getenv("NEW"), "value") == 0 && unsetenv("NEW") == 0 &&
				     getenv("NEW") == NULL);
	CHECK("getpwuid_r", getpwuid_r(getuid(), &entry, room, sizeof(room), &found) == 0 &&
				    found == &entry && entry.pw_uid == getuid() &&
				    entry.pw_dir[0] == '/');
	CHECK("getpwnam_r nobody",
		getpwnam_r("no such user", &entry, room, sizeof(room), &found) == 0 &&
			found == NULL);
	CHECK("regex", regcomp(&regex, "b(.)d", REG_EXTENDED) == 0 &&
			       regexec(&regex, "abcd", 2, match, 0) == 0 && match[0].rm_so == 1 &&
			       match[0].rm_eo == 4 && match[1].rm_so == 2 && match[1].rm_eo == 3);
	CHECK("no match", regexec(&regex, "x", 0, NULL, 0) == REG_NOMATCH);
	regfree(&regex);
	CHECK("strerror",
		strcmp(strerror(ENOENT), "No such file or directory") == 0 &&
			strcmp(strerror(EAGAIN), "Resource temporarily unavailable") == 0);
}

static void options(void)
{
	char *argv[] = {"program", "-a", "--long=7", "-b", "value", "rest", NULL};
	struct option table[] = {{"long", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(6, argv, "ab:", table, NULL)) != -1)
		printf("option %c %s\n", option, optarg != NULL ? optarg : "-");
	CHECK("operands", optind == 5 && strcmp(argv[optind], "rest") == 0);
}

static int exits;

static void at_exit(void)
{
	printf("at exit %d\n", ++exits);
}

static void at_exit_first(void)
{
	printf("first of two %d\n", ++exits);
}

int main(void)
{
#ifdef __APPLE__
	setenv("LC_ALL", "en_US.UTF-8", 1);
#else
	setenv("LC_ALL", "C.UTF-8", 1); /* the one that every Linux has */
#endif
	atexit(at_exit);
	atexit(at_exit_first);
	formats();
	numbers();
	streams();
	times();
	characters();
	system_facts();
	options();
	return say_done();
}
