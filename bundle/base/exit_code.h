/* The public contract of exit codes: one table; the man page, the docs and a test are made from it.
 */
#pragma once

/* X(number, NAME, "meaning"). Numbers are never changed or used again (DESIGN.md 1.2). */
#define EXIT_CODE_TABLE(X)                                                  \
	X(0, OK, "success")                                                 \
	X(1, BUG, "a bug in hardtack")                                      \
	X(2, USAGE, "wrong usage, or not installed")                        \
	X(3, INPUT, "malformed or refused input")                           \
	X(4, NETWORK, "network failure; try again")                         \
	X(5, CREDENTIALS, "the registry refused the credentials")           \
	X(6, NOT_FOUND, "image, tag, platform or blob not found")           \
	X(7, INTEGRITY, "integrity or signature check failed")              \
	X(8, IO, "local input or output failed")                            \
	X(9, DISK_FULL, "disk full")                                        \
	X(10, DOCKER, "Docker is missing, down or refused the request")     \
	X(11, PREFLIGHT, "preflight failed, or another run holds the lock") \
	X(12, STEP, "a step of the procedure failed")                       \
	X(13, UNHEALTHY, "not healthy in time")                             \
	X(14, CRASH_LOOP, "a service crashes again and again")              \
	X(15, SMOKE, "the smoke test failed")                               \
	X(130, INTERRUPTED, "interrupted, or declined by the person")       \
	X(143, TERMINATED, "terminated")

enum exit_code {
#define EXIT_CODE_ENUM(number, name, meaning) CODE_##name = (number),
	EXIT_CODE_TABLE(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
};

/* The English name ("INTEGRITY") and meaning of a code; "UNKNOWN" for a number without a row. */
const char *exit_code_name(int code);
const char *exit_code_meaning(int code);
