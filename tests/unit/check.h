/*
 * Unit tests: a program a module. Each test is a function named as a sentence, registered by
 * TEST(); CHECK and its kin print both expressions and go on. Every test runs in a private
 * temporary directory (its working directory), removed afterwards.
 * The program ends with the line "N passed, N failed".
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

struct check_test {
	const char *name;
	void (*run)(void);
	struct check_test *next;
};

void check_register(struct check_test *test);
void check_report(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How many checks of the running test have failed. */
int check_failures(void);

#define TEST(name)                                                     \
	static void name(void);                                        \
	__attribute__((constructor)) static void register_##name(void) \
	{                                                              \
		static struct check_test test = {#name, name, NULL};   \
		check_register(&test);                                 \
	}                                                              \
	static void name(void)

#define CHECK(cond)                                                             \
	do {                                                                    \
		if (!(cond))                                                    \
			check_report(__FILE__, __LINE__, "%s is false", #cond); \
	} while (0)

#define CHECK_INT(actual, expected)                                                        \
	do {                                                                               \
		long long a_ = (long long)(actual), e_ = (long long)(expected);            \
		if (a_ != e_)                                                              \
			check_report(__FILE__, __LINE__, "%s is %lld, expected %s = %lld", \
				#actual, a_, #expected, e_);                               \
	} while (0)

#define CHECK_STR(actual, expected)                                                                \
	do {                                                                                       \
		const char *a_ = (actual), *e_ = (expected);                                       \
		if (!a_ || strcmp(a_, e_) != 0)                                                    \
			check_report(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #actual, \
				a_ ? a_ : "(null)", e_);                                           \
	} while (0)

#define CHECK_CONTAINS(actual, part)                                                              \
	do {                                                                                      \
		const char *a_ = (actual), *p_ = (part);                                          \
		if (!a_ || !strstr(a_, p_))                                                       \
			check_report(__FILE__, __LINE__, "%s is \"%s\", without \"%s\"", #actual, \
				a_ ? a_ : "(null)", p_);                                          \
	} while (0)

/* The call succeeds; else its error is shown. Uses the `err` in scope. */
#define CHECK_OK(call)                                                                      \
	do {                                                                                \
		if ((call) < 0)                                                             \
			check_report(__FILE__, __LINE__, "%s failed: %s", #call, err.text); \
	} while (0)

/* The call fails with this code; clears the `err` in scope afterwards. */
#define CHECK_FAILS(call, expected_code)                                                         \
	do {                                                                                     \
		if ((call) >= 0)                                                                 \
			check_report(__FILE__, __LINE__, "%s succeeded", #call);                 \
		else if (err.code != (expected_code))                                            \
			check_report(__FILE__, __LINE__, "%s: code %d (%s), expected %s", #call, \
				err.code, err.text, #expected_code);                             \
	} while (0)
