/* Runs the tests of one program, each in a private temporary directory. */
#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static struct check_test *first, **last = &first;
static int failures_now;

void check_register(struct check_test *test)
{
	*last = test;
	last = &test->next;
}

void check_report(const char *file, int line, const char *format, ...)
{
	va_list ap;
	failures_now++;
	printf("    %s:%d: ", file, line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
}

int check_failures(void)
{
	return failures_now;
}

static void remove_directory(const char *path)
{
	char command[4200];
	snprintf(command, sizeof(command), "rm -rf -- '%s'", path);
	if (system(command) != 0)
		printf("    left behind: %s\n", path);
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	char start[4096];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!getcwd(start, sizeof(start)))
		return 1;
	const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	/* Names of tests that cannot be where they are run (tests/instrumented/run). */
	const char *left_out = getenv("LEAVE_OUT") ? getenv("LEAVE_OUT") : "";
	for (struct check_test *test = first; test; test = test->next) {
		if ((argc > 1 && !strstr(test->name, argv[1])) || strstr(left_out, test->name))
			continue;
		char directory[4096];
		snprintf(directory, sizeof(directory), "%s/hardtack-unit-XXXXXX", base);
		if (!mkdtemp(directory) || chdir(directory) < 0)
			return 1;
		failures_now = 0;
		test->run();
		if (chdir(start) < 0)
			return 1;
		remove_directory(directory);
		if (failures_now) {
			failed++;
			printf("FAIL %s\n", test->name);
		} else {
			passed++;
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed || !passed;
}
