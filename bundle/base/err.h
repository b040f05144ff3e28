/*
 * Errors: a value that lives in main and travels as the last parameter of all that can fail.
 *
 * A function that can fail returns 0 or -1 (or NULL) and fills *err exactly when it fails.
 * err_set() where the fault is detected, err_wrap() adds what the caller was doing (outermost
 * first in the text), err_hint() says what the person should do next. Only main prints.
 *
 * The format literals are keys of the message tables (text_translate() in message.h): every
 * format gets its Chinese from the room's messages.def. All functions return -1, so that
 * `return err_set(...)` reads well. err may not be NULL.
 */
#pragma once

#include "exit_code.h"

struct err {
	int code;         /* enum exit_code; 0 while nothing failed */
	int sys_errno;    /* errno at the place of the fault, 0 when it was none of the system's */
	const char *file; /* place of the fault in our source, for -v and bug reports */
	int line;
	char text[2048]; /* "open installer x: read: I/O error"; UTF-8, no newline at the end */
	char hint[1024]; /* next step, or "" */
};

#define ERR_INIT  \
	{         \
		0 \
	}

#if defined(__GNUC__)
#define ERR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args), cold))
#else
#define ERR_PRINTF(fmt, args)
#endif

/* A fault that errno has nothing to say about. */
#define err_set(err, code, ...) err_set_at((err), __FILE__, __LINE__, (code), __VA_ARGS__)

/* A failed system call: appends ": " strerror(errno). CODE_IO becomes CODE_DISK_FULL by itself
 * when errno is ENOSPC or EDQUOT. */
#define err_set_errno(err, code, ...) \
	err_set_errno_at((err), __FILE__, __LINE__, (code), __VA_ARGS__)

int err_set_at(struct err *err, const char *file, int line, int code, const char *format, ...)
	ERR_PRINTF(5, 6);
int err_set_errno_at(struct err *err, const char *file, int line, int code, const char *format, ...)
	ERR_PRINTF(5, 6);

/* Puts "context: " before the text; code, errno and place stay. */
int err_wrap(struct err *err, const char *format, ...) ERR_PRINTF(2, 3);

/* Sets the next step; the innermost hint wins (a second call is ignored). */
int err_hint(struct err *err, const char *format, ...) ERR_PRINTF(2, 3);

void err_clear(struct err *err);

#ifdef __clang_analyzer__
/* It sees one file at a time, and is told here that all of these return -1. */
#define err_failed(call) ((void)(call), -1)
#undef err_set
#undef err_set_errno
#define err_set(err, code, ...) \
	err_failed(err_set_at((err), __FILE__, __LINE__, (code), __VA_ARGS__))
#define err_set_errno(err, code, ...) \
	err_failed(err_set_errno_at((err), __FILE__, __LINE__, (code), __VA_ARGS__))
#define err_wrap(...) err_failed((err_wrap)(__VA_ARGS__))
#define err_hint(...) err_failed((err_hint)(__VA_ARGS__))
#endif

/* Our own mistakes; always on. Never reached by any input. Exits with CODE_BUG. */
#define BUG_ON(cond)                                        \
	do {                                                \
		if (cond)                                   \
			err_bug(#cond, __FILE__, __LINE__); \
	} while (0)

_Noreturn void err_bug(const char *what, const char *file, int line);
