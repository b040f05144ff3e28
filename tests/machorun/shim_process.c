/* Processes: fork, exec, wait, identity, limits, usage. */
#include "guest.h"

#include "macho_file.h"
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- exec: a Mach-O goes to qemu + machorun, all else to Linux --- */

static size_t count_strings(char *const list[])
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return count;
}

static int exec_macho(const char *path, char *const argv[], char *const envp[])
{
	size_t count = count_strings(argv);
	char **full = calloc(count + 12, sizeof(*full));
	size_t at = 0;

	if (full == NULL)
		return ENOMEM;
	if (access(path, X_OK) < 0)
		return errno;
	full[at++] = (char *)runtime.qemu;
	full[at++] = (char *)runtime.self;
	if (runtime.strict)
		full[at++] = "--strict";
	full[at++] = "--qemu";
	full[at++] = (char *)runtime.qemu;
	if (runtime.root != NULL) {
		full[at++] = "--root";
		full[at++] = (char *)runtime.root;
	}
	if (count > 0) {
		full[at++] = "--argv0";
		full[at++] = argv[0];
	}
	full[at++] = (char *)path;
	for (size_t i = 1; i < count; i++)
		full[at++] = argv[i];
	execve(runtime.qemu, full, envp);
	return errno;
}

static int exec_script(const char *path, char *const argv[], char *const envp[])
{
	size_t count = count_strings(argv);
	char **full = calloc(count + 3, sizeof(*full));

	if (full == NULL)
		return ENOMEM;
	full[0] = "/bin/sh";
	full[1] = (char *)path;
	for (size_t i = 1; i < count; i++)
		full[i + 1] = argv[i];
	execve(full[0], full, envp);
	return errno;
}

/* A program that only macOS has, and that Linux lacks: --root has stand-ins for the few in use. */
static const char *stand_in(const char *path)
{
	static char other[4096];

	if (runtime.root == NULL || path[0] != '/' || access(path, F_OK) == 0)
		return path;
	snprintf(other, sizeof(other), "%s%s", runtime.root, path);
	return access(other, X_OK) == 0 ? other : path;
}

static int exec_path(const char *path, char *const argv[], char *const envp[], bool search)
{
	struct stat status;
	int error;

	if (path_is_foreign(path))
		return errno;
	path = stand_in(path);
	if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && macho_file_recognise(path))
		return exec_macho(path, argv, envp);
	execve(path, argv, envp);
	error = errno;
	/* execvp and posix_spawnp hand a file without #! to the shell. */
	if (error == ENOEXEC && search)
		error = exec_script(path, argv, envp);
	return error;
}

int exec_program(const char *path, char *const argv[], char *const envp[], bool search)
{
	const char *at = getenv("PATH");
	int error = ENOENT;

	if (!search || strchr(path, '/') != NULL || *path == '\0')
		return *path == '\0' ? ENOENT : exec_path(path, argv, envp, search);
	if (at == NULL)
		at = "/usr/bin:/bin";
	while (at != NULL) {
		const char *end = strchrnul(at, ':');
		char candidate[4096];
		int found;

		snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)(end - at), at,
			end > at ? "/" : "", path);
		found = exec_path(candidate, argv, envp, true);
		if (found != ENOENT && found != ENOTDIR && found != EACCES)
			return found;
		if (found == EACCES)
			error = EACCES;
		at = *end == ':' ? end + 1 : NULL;
	}
	return error;
}

static int finish_exec(int error)
{
	errno = error;
	return -1;
}

static int guest_execve(const char *path, char *const argv[], char *const envp[])
{
	return finish_exec(exec_program(path, argv, envp, false));
}

static int guest_execv(const char *path, char *const argv[])
{
	return finish_exec(exec_program(path, argv, environ, false));
}

static int guest_execvp(const char *path, char *const argv[])
{
	return finish_exec(exec_program(path, argv, environ, true));
}

/* The first argument is fixed, the rest stands on the stack up to a NULL. */
static int exec_list(
	const char *path, const char *first, char *const *rest, bool search, bool with_environment)
{
	size_t count = first != NULL ? count_strings(rest) : 0;
	char **argv = calloc(count + 2, sizeof(*argv));
	char *const *envp = with_environment ? (char *const *)rest[count + 1] : environ;

	if (argv == NULL)
		return finish_exec(ENOMEM);
	argv[0] = (char *)first;
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = rest[i];
	return finish_exec(exec_program(path, argv, envp, search));
}

int guest_execl(const char *path, const char *first, char *const *rest);
int guest_execl(const char *path, const char *first, char *const *rest)
{
	return exec_list(path, first, rest, false, false);
}

int guest_execlp(const char *path, const char *first, char *const *rest);
int guest_execlp(const char *path, const char *first, char *const *rest)
{
	return exec_list(path, first, rest, true, false);
}

int guest_execle(const char *path, const char *first, char *const *rest);
int guest_execle(const char *path, const char *first, char *const *rest)
{
	return exec_list(path, first, rest, false, true);
}

static int guest_system(const char *command)
{
	return status_to_darwin(system(command));
}

/* --- waiting --- */

static struct darwin_timeval time_to_darwin(struct timeval from)
{
	return (struct darwin_timeval){from.tv_sec, (int32_t)from.tv_usec};
}

static void usage_to_darwin(struct darwin_rusage *to, const struct rusage *from)
{
	memset(to, 0, sizeof(*to));
	to->utime = time_to_darwin(from->ru_utime);
	to->stime = time_to_darwin(from->ru_stime);
	to->maxrss = from->ru_maxrss * 1024; /* bytes on Darwin */
	memcpy(to->rest, &from->ru_ixrss, sizeof(to->rest));
}

static pid_t guest_wait4(pid_t pid, int *status, int options, struct darwin_rusage *usage)
{
	int host_options = options & (WNOHANG | WUNTRACED), host_status = 0;
	struct rusage host_usage;
	pid_t result;

	if (options & DARWIN_WCONTINUED)
		host_options |= WCONTINUED;
	result = wait4(pid, &host_status, host_options, usage != NULL ? &host_usage : NULL);
	if (result > 0 && status != NULL)
		*status = status_to_darwin(host_status);
	if (result > 0 && usage != NULL)
		usage_to_darwin(usage, &host_usage);
	return result;
}

static pid_t guest_waitpid(pid_t pid, int *status, int options)
{
	return guest_wait4(pid, status, options, NULL);
}

static pid_t guest_wait(int *status)
{
	return guest_wait4(-1, status, 0, NULL);
}

static pid_t guest_wait3(int *status, int options, struct darwin_rusage *usage)
{
	return guest_wait4(-1, status, options, usage);
}

static int guest_getrusage(int who, struct darwin_rusage *usage)
{
	struct rusage host;

	if (getrusage(who, &host) < 0)
		return -1;
	usage_to_darwin(usage, &host);
	return 0;
}

/* --- limits --- */

static int limit_from_darwin(int which)
{
	static const struct translation limits[] = {{RLIMIT_CPU, DARWIN_RLIMIT_CPU},
		{RLIMIT_FSIZE, DARWIN_RLIMIT_FSIZE}, {RLIMIT_DATA, DARWIN_RLIMIT_DATA},
		{RLIMIT_STACK, DARWIN_RLIMIT_STACK}, {RLIMIT_CORE, DARWIN_RLIMIT_CORE},
		{RLIMIT_AS, DARWIN_RLIMIT_AS}, {RLIMIT_MEMLOCK, DARWIN_RLIMIT_MEMLOCK},
		{RLIMIT_NPROC, DARWIN_RLIMIT_NPROC}, {RLIMIT_NOFILE, DARWIN_RLIMIT_NOFILE}};

	/* Bit 12 (_RLIMIT_POSIX_FLAG) only asks for stricter rules. */
	return FROM_DARWIN(limits, which & ~0x1000, -1);
}

static int guest_getrlimit(int which, struct darwin_rlimit *limit)
{
	struct rlimit host;

	if (getrlimit((__rlimit_resource_t)limit_from_darwin(which), &host) < 0)
		return -1;
	limit->cur = host.rlim_cur == RLIM_INFINITY ? DARWIN_RLIM_INFINITY : host.rlim_cur;
	limit->max = host.rlim_max == RLIM_INFINITY ? DARWIN_RLIM_INFINITY : host.rlim_max;
	return 0;
}

static int guest_setrlimit(int which, const struct darwin_rlimit *limit)
{
	struct rlimit host = {
		limit->cur == DARWIN_RLIM_INFINITY ? RLIM_INFINITY : (rlim_t)limit->cur,
		limit->max == DARWIN_RLIM_INFINITY ? RLIM_INFINITY : (rlim_t)limit->max};

	return setrlimit((__rlimit_resource_t)limit_from_darwin(which), &host);
}

static int guest_getpriority(int which, id_t who)
{
	return getpriority((__priority_which_t)which, who);
}

static int guest_setpriority(int which, id_t who, int priority)
{
	/* Darwin-only scopes (threads, background) are wishes. */
	return which > 2 ? 0 : setpriority((__priority_which_t)which, who, priority);
}

static int guest_issetugid(void)
{
	return geteuid() != getuid() || getegid() != getgid();
}

const struct shim shim_process[] = {
	DIRECT(fork),
	SHIM(vfork, fork),
	SHIM(execve, guest_execve),
	SHIM(execv, guest_execv),
	SHIM(execvp, guest_execvp),
	VARIADIC(execl),
	VARIADIC(execlp),
	VARIADIC(execle),
	SHIM(system, guest_system),
	SHIM(wait, guest_wait),
	SHIM(waitpid, guest_waitpid),
	SHIM(wait3, guest_wait3),
	SHIM(wait4, guest_wait4),
	SHIM(getrusage, guest_getrusage),
	DIRECT(times),
	SHIM(getrlimit, guest_getrlimit),
	SHIM(setrlimit, guest_setrlimit),
	SHIM(getpriority, guest_getpriority),
	SHIM(setpriority, guest_setpriority),
	DIRECT(nice),
	DIRECT(getpid),
	DIRECT(getppid),
	DIRECT(getpgrp),
	DIRECT(getpgid),
	DIRECT(setpgid),
	DIRECT(setsid),
	DIRECT(getsid),
	DIRECT(getuid),
	DIRECT(geteuid),
	DIRECT(getgid),
	DIRECT(getegid),
	DIRECT(setuid),
	DIRECT(setgid),
	DIRECT(seteuid),
	DIRECT(setegid),
	DIRECT(setreuid),
	DIRECT(setregid),
	SHIM(issetugid, guest_issetugid),
	DIRECT(getgroups),
	DIRECT(setgroups),
	DIRECT(initgroups),
	DIRECT(daemon),
	DIRECT(_exit),
	SHIM(_Exit, _exit),
	SHIM_END,
};
