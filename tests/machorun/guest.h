/*
 * What every shim needs: the guest's errno, translation tables, variadic arguments, the shim
 * tables.
 *
 * "guest" is the Darwin program, "host" this Linux process. A shim has the guest's signature and is
 * called straight from its code: on arm64 both systems pass fixed arguments alike; variadic ones
 * differ (trampoline.S), and so do structures, numbers and errno, which the shims translate.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "darwin_abi.h"

/* One import: the name as the Mach-O has it, with its underscore. Tables end with a NULL name. */
struct shim {
	const char *name;
	void *address;
};

#define SHIM(name, function)                  \
	{                                     \
		"_" #name, (void *)(function) \
	}
/* The C library's own function does as Darwin's: same arguments, same result, errno by value. */
#define DIRECT(function)                          \
	{                                         \
		"_" #function, (void *)(function) \
	}
/* guest_NAME behind the trampoline va_NAME. */
#define VARIADIC(function)                           \
	{                                            \
		"_" #function, (void *)va_##function \
	}
#define SHIM_END           \
	{                  \
		NULL, NULL \
	}

/* Address for IMPORT, also without a variant suffix ($DARWIN_EXTSN, $NOCANCEL...); or NULL. */
void *shim_find(const char *import);
void shim_print_all(void);

/* --- what main.c knows --- */
struct runtime {
	const char *qemu;      /* the emulator, to run a Mach-O child with */
	const char *self;      /* machorun's own path, for the same */
	const char *root;      /* stand-ins for programs that only macOS has, or NULL */
	bool strict;           /* --strict, for a Mach-O child too */
	char *executable_path; /* what _NSGetExecutablePath answers */
	int argc;
	char **argv;
	const void *header; /* the mapped Mach-O header */
	intptr_t slide;
};
extern struct runtime runtime;

/* Says what is wrong with machorun or its use by the guest, exits 125. */
_Noreturn void machorun_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- errno ---
 * Shims and directly bound functions leave failures in the host's errno. The guest sees its own,
 * which ___error() brings up to date: a host errno other than 0 is a failure since the last look.
 */
int *guest_errno(void);
int errno_to_darwin(int host);
int errno_from_darwin(int darwin);
/* Sets the guest's errno to a Darwin number, answers -1. */
int guest_fail(int darwin_errno);

/* --- translation tables --- */
struct translation {
	int host;
	int darwin;
};
#define TRANSLATION_ROW(name, value) {name, (int)(value)},
#define TRANSLATION(table, list) static const struct translation table[] = {list(TRANSLATION_ROW)}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int translate_to_darwin(const struct translation *rows, size_t count, int host, int otherwise);
int translate_from_darwin(const struct translation *rows, size_t count, int darwin, int otherwise);
/* The same for flag words; unknown bits vanish. */
int translate_bits_to_darwin(const struct translation *rows, size_t count, int host);
int translate_bits_from_darwin(const struct translation *rows, size_t count, int darwin);
#define TO_DARWIN(table, value, otherwise) \
	translate_to_darwin(table, COUNT(table), value, otherwise)
#define FROM_DARWIN(table, value, otherwise) \
	translate_from_darwin(table, COUNT(table), value, otherwise)
#define BITS_TO_DARWIN(table, value) translate_bits_to_darwin(table, COUNT(table), value)
#define BITS_FROM_DARWIN(table, value) translate_bits_from_darwin(table, COUNT(table), value)

/* --- variadic arguments: Darwin puts all of them on the stack, 8 bytes each --- */
static inline void guest_va_init(va_list *list, const void *stack)
{
	/* AAPCS64's va_list, with no register left to read from. */
	const struct {
		const void *stack, *general_top, *vector_top;
		int general_offset, vector_offset;
	} raw = {stack, NULL, NULL, 0, 0};

	_Static_assert(sizeof(raw) == sizeof(va_list), "AAPCS64 va_list");
	memcpy(list, &raw, sizeof(raw));
}

static inline int64_t guest_va_slot(const void *stack, unsigned index)
{
	return ((const int64_t *)stack)[index];
}

/* trampoline.S: guest-callable, hand over sp as an extra argument. */
extern char va_printf[], va_fprintf[], va_dprintf[], va_sprintf[], va_snprintf[], va_asprintf[];
extern char va___sprintf_chk[], va___snprintf_chk[], va_sscanf[], va_fscanf[], va_scanf[];
extern char va_open[], va_openat[], va_fcntl[], va_ioctl[], va_execl[], va_execlp[], va_execle[];
extern char va_syslog[], va_err[], va_errx[], va_warn[], va_warnx[], va_swprintf[], va_wprintf[];
extern char va_fwprintf[], va_sem_open[], va_shm_open[], va_snprintf_l[], va_sscanf_l[];
extern char tlv_thunk[], guest_setjmp[], guest__setjmp[], guest_sigsetjmp[];

/* --- between shims --- */
struct timespec;
struct timeval;
struct stat;
int signal_to_darwin(int host);
int signal_from_darwin(int darwin); /* 0 when there is no such signal */
int status_to_darwin(int status);
void sigset_from_darwin(void *host_set, uint32_t darwin);
uint32_t sigset_to_darwin(const void *host_set);
/* Rights, paths: true when PATH is one that only Linux has (/proc, /sys); errno is ENOENT then. */
bool path_is_foreign(const char *path);
void stat_to_darwin(struct darwin_stat *to, const struct stat *from);
/* Replaces the process: a Mach-O by way of qemu + machorun. Returns errno's (host) value. */
int exec_program(const char *path, char *const argv[], char *const envp[], bool search);
/* Per descriptor: SO_NOSIGPIPE was asked for. */
bool descriptor_no_sigpipe(int fd);
void descriptor_set_no_sigpipe(int fd, bool on);
int open_from_darwin(int flags);
const char *guest_format(const char *format, char *room, size_t size);

/* tables, one per shim_*.c */
extern const struct shim shim_ctype[], shim_descriptor[], shim_directory[], shim_dyld[],
	shim_error[], shim_file[], shim_jump[], shim_locale[], shim_math[], shim_memory[],
	shim_path[], shim_printf[], shim_process[], shim_regex[], shim_resolver[], shim_signal[],
	shim_socket[], shim_spawn[], shim_stat[], shim_stdio[], shim_stdlib[], shim_string[],
	shim_sync[], shim_system[], shim_terminal[], shim_thread[], shim_time[], shim_user[],
	shim_wide[], shim_message[];

/* tls.c */
struct macho_image;
void tls_prepare(const struct macho_image *image);
/* shim_ctype.c, shim_stdio.c: data that the guest binds to. */
void ctype_prepare(void);
void stdio_prepare(void);
