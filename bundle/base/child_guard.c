/* The guardian and the hold. */
#include "child_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_owner.h"
#include "text.h"

enum {
	ABOVE = 10,        /* above CHILD_GUARD_INHERITED and what a shell uses */
	OPEN_LIMIT = 1024, /* descriptors of ours that the guardian closes */
	LOOK_MS = 20,
	MOST_GROUPS = 32, /* at a time: children run side by side (child_together.h) */
};

static int hold_fd = -1, tell_fd = -1;
static pid_t guardian;

/* ---- the guardian: only what is safe between fork and exec ---- */

static void end_group(pid_t group)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	kill(-group, SIGTERM);
	for (int left_ms = CHILD_GRACE_MS; left_ms > 0; left_ms -= LOOK_MS) {
		if (kill(-group, 0) < 0)
			return;
		nanosleep(&pause, NULL);
	}
	kill(-group, SIGKILL);
}

/* A group that begins, or, below 0, one that has ended. */
static void note(pid_t *groups, pid_t told)
{
	pid_t wanted = told > 0 ? 0 : -told;
	for (int i = 0; i < MOST_GROUPS; i++)
		if (groups[i] == wanted) {
			groups[i] = told > 0 ? told : 0;
			return;
		}
}

/* In a session of its own: what a terminal or a shell sends to our group does not reach it. */
static _Noreturn void keep_guard(int listen_fd)
{
	pid_t groups[MOST_GROUPS] = {0}, told;
	ssize_t got;
	setsid();
	for (int fd = 0; fd < OPEN_LIMIT; fd++)
		if (fd != listen_fd && fd != hold_fd)
			close(fd);
	while ((got = read(listen_fd, &told, sizeof(told))) == (ssize_t)sizeof(told) ||
		(got < 0 && errno == EINTR))
		if (got > 0)
			note(groups, told);
	for (int i = 0; i < MOST_GROUPS; i++)
		if (groups[i] > 0)
			end_group(groups[i]);
	_exit(0);
}

/* Without one (no process may be made) the hold still tells the next run. */
static void start_guardian(void)
{
	int ends[2];
	sigset_t all, before;
	if (pipe(ends) < 0)
		return;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	/* Blocked for good: our handlers would clean up after us in its place. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	guardian = fork();
	if (guardian == 0)
		keep_guard(ends[0]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[0]);
	if (guardian > 0)
		tell_fd = ends[1];
	else
		close(ends[1]);
}

static void tell(pid_t group)
{
	while (tell_fd >= 0 && write(tell_fd, &group, sizeof(group)) < 0 && errno == EINTR)
		continue;
}

/* ---- the hold ---- */

static pid_t last_group(int fd)
{
	char bytes[24] = "";
	long group = pread(fd, bytes, sizeof(bytes) - 1, 0) > 0 ? strtol(bytes, NULL, 10) : 0;
	return group > 1 && group <= INT32_MAX && kill(-(pid_t)group, 0) == 0 ? (pid_t)group : 0;
}

int child_guard_take(const char *path, bool *taken, pid_t *group, struct err *err)
{
	BUG_ON(hold_fd >= 0);
	*group = 0;
	AUTO_FD fd = file_owner_open(path, O_RDWR);
	if (fd < 0) {
		err_set_errno(err, CODE_IO, "create %s", path);
		return file_owner_hint(err, path);
	}
	*taken = flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
	if (!*taken) {
		*group = last_group(fd);
		return 0;
	}
	hold_fd = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
	if (hold_fd < 0)
		return err_set_errno(err, CODE_IO, "open %s", path);
	start_guardian();
	return 0;
}

void child_guard_drop(void)
{
	int status;
	if (tell_fd >= 0)
		close(tell_fd);
	if (hold_fd >= 0)
		close(hold_fd);
	while (guardian > 0 && waitpid(guardian, &status, 0) < 0 && errno == EINTR)
		continue;
	tell_fd = hold_fd = -1;
	guardian = 0;
}

int child_guard_descriptor(void)
{
	return hold_fd;
}

void child_guard_begin(pid_t group)
{
	char line[24];
	if (hold_fd < 0)
		return;
	tell(group);
	int length = snprintf(line, sizeof(line), "%-12ld\n", (long)group);
	/* For a text alone: nobody is hurt when it is missing. */
	if (pwrite(hold_fd, line, (size_t)length, 0) < 0)
		return;
}

void child_guard_end(pid_t group)
{
	tell(-group);
}
