/*
 * A line a check: "ok NAME" or "FAILED NAME (file:line)". The same program is built for Linux and
 * for macOS; check.py compares the output of the two line by line, so print no address, id or time.
 */
#pragma once
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int say_failures;

#define CHECK(name, condition)                                                            \
	do {                                                                              \
		if (condition) {                                                          \
			printf("ok %s\n", name);                                          \
		} else {                                                                  \
			printf("FAILED %s (%s:%d, errno %s)\n", name, __FILE__, __LINE__, \
				strerror(errno));                                         \
			say_failures++;                                                   \
		}                                                                         \
		fflush(stdout);                                                           \
	} while (0)

/* The last line of every program. */
static inline int say_done(void)
{
	printf("%d failed\n", say_failures);
	return say_failures > 0;
}
