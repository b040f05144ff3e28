/*
 * posix_spawn: our own fork and exec, with a close-on-exec pipe that reports why exec failed.
 *
 * Not the C library's: under qemu-user its vfork is a fork, and the exec error would be lost.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define STILL_MS 10000

enum action_kind {
	ACTION_DUP2,
	ACTION_CLOSE,
	ACTION_OPEN,
	ACTION_INHERIT,
	ACTION_CHDIR,
	ACTION_FCHDIR
};

struct action {
	enum action_kind kind;
	int fd, from, flags;
	mode_t mode;
	char *path;
};

struct actions {
	size_t count;
	struct action *list;
};

struct attributes {
	int flags;
	pid_t group;
	uint32_t default_signals, mask;
};

/* --- file actions: the guest's type is a pointer that we allocate --- */

static int actions_init(struct actions **actions)
{
	*actions = calloc(1, sizeof(**actions));
	return *actions != NULL ? 0 : DARWIN_ENOMEM;
}

static int actions_destroy(struct actions **actions)
{
	for (size_t i = 0; i < (*actions)->count; i++)
		free((*actions)->list[i].path);
	free((*actions)->list);
	free(*actions);
	*actions = NULL;
	return 0;
}

static int add_action(struct actions **actions, struct action action)
{
	struct actions *all = *actions;

	if (action.fd < 0)
		return DARWIN_EBADF;
	all->list = realloc(all->list, (all->count + 1) * sizeof(action));
	if (all->list == NULL)
		return DARWIN_ENOMEM;
	all->list[all->count++] = action;
	return 0;
}

static int add_dup2(struct actions **actions, int from, int to)
{
	return add_action(actions, (struct action){.kind = ACTION_DUP2, .from = from, .fd = to});
}

static int add_close(struct actions **actions, int fd)
{
	return add_action(actions, (struct action){.kind = ACTION_CLOSE, .fd = fd});
}

static int add_inherit(struct actions **actions, int fd)
{
	return add_action(actions, (struct action){.kind = ACTION_INHERIT, .fd = fd});
}

static int add_open(struct actions **actions, int fd, const char *path, int flags, uint16_t mode)
{
	return add_action(actions, (struct action){.kind = ACTION_OPEN,
					   .fd = fd,
					   .path = strdup(path),
					   .flags = open_from_darwin(flags),
					   .mode = mode});
}

static int add_chdir(struct actions **actions, const char *path)
{
	return add_action(actions, (struct action){.kind = ACTION_CHDIR, .path = strdup(path)});
}

static int add_fchdir(struct actions **actions, int fd)
{
	return add_action(actions, (struct action){.kind = ACTION_FCHDIR, .fd = fd});
}

/* --- attributes --- */

static int attributes_init(struct attributes **attributes)
{
	*attributes = calloc(1, sizeof(**attributes));
	return *attributes != NULL ? 0 : DARWIN_ENOMEM;
}

static int attributes_destroy(struct attributes **attributes)
{
	free(*attributes);
	*attributes = NULL;
	return 0;
}

static int set_flags(struct attributes **attributes, int16_t flags)
{
	(*attributes)->flags = (uint16_t)flags;
	return 0;
}

static int get_flags(struct attributes *const *attributes, int16_t *flags)
{
	*flags = (int16_t)(*attributes)->flags;
	return 0;
}

static int set_group(struct attributes **attributes, pid_t group)
{
	(*attributes)->group = group;
	return 0;
}

static int set_default(struct attributes **attributes, const uint32_t *set)
{
	(*attributes)->default_signals = *set;
	return 0;
}

static int set_mask(struct attributes **attributes, const uint32_t *set)
{
	(*attributes)->mask = *set;
	return 0;
}

/* --- the child; every failure answers a host errno --- */

static int apply_attributes(const struct attributes *attributes)
{
	sigset_t set;

	if (attributes->flags & DARWIN_POSIX_SPAWN_SETSID && setsid() < 0)
		return errno;
	if (attributes->flags & DARWIN_POSIX_SPAWN_SETPGROUP && setpgid(0, attributes->group) < 0)
		return errno;
	if (attributes->flags & DARWIN_POSIX_SPAWN_RESETIDS &&
		(setegid(getgid()) < 0 || seteuid(getuid()) < 0))
		return errno;
	if (attributes->flags & DARWIN_POSIX_SPAWN_SETSIGDEF)
		for (int i = 1; i < 32; i++)
			if (attributes->default_signals >> (i - 1) & 1 &&
				signal_from_darwin(i) != 0)
				signal(signal_from_darwin(i), SIG_DFL);
	if (attributes->flags & DARWIN_POSIX_SPAWN_SETSIGMASK) {
		sigset_from_darwin(&set, attributes->mask);
		sigprocmask(SIG_SETMASK, &set, NULL);
	}
	return 0;
}

static int apply_action(const struct action *action)
{
	int fd;

	switch (action->kind) {
	case ACTION_DUP2:
		if (action->from == action->fd)
			return fcntl(action->fd, F_SETFD, 0) < 0 ? errno : 0;
		return dup2(action->from, action->fd) < 0 ? errno : 0;
	case ACTION_CLOSE:
		return close(action->fd) < 0 ? errno : 0;
	case ACTION_INHERIT:
		return fcntl(action->fd, F_SETFD, 0) < 0 ? errno : 0;
	case ACTION_CHDIR:
		return chdir(action->path) < 0 ? errno : 0;
	case ACTION_FCHDIR:
		return fchdir(action->fd) < 0 ? errno : 0;
	case ACTION_OPEN:
		fd = open(action->path, action->flags, action->mode);
		if (fd < 0)
			return errno;
		if (fd == action->fd)
			return 0;
		if (dup2(fd, action->fd) < 0)
			return errno;
		close(fd);
		return 0;
	}
	return EINVAL;
}

static bool is_named(const struct actions *actions, int fd)
{
	for (size_t i = 0; actions != NULL && i < actions->count; i++)
		if (actions->list[i].fd == fd && actions->list[i].kind != ACTION_CLOSE &&
			actions->list[i].kind < ACTION_CHDIR)
			return true;
	return false;
}

/* POSIX_SPAWN_CLOEXEC_DEFAULT: only descriptors that an action names survive, 0 to 2 included. */
static void close_by_default(const struct actions *actions)
{
	int limit = getdtablesize();

	for (int fd = 0; fd < limit && fd < 65536; fd++)
		if (!is_named(actions, fd))
			fcntl(fd, F_SETFD, FD_CLOEXEC);
}

struct spawn {
	const char *path;
	bool search;
	const struct actions *actions;
	const struct attributes *attributes;
	char *const *argv, *const *envp;
};

static int become(const struct spawn *spawn)
{
	int error = spawn->attributes != NULL ? apply_attributes(spawn->attributes) : 0;

	for (size_t i = 0; error == 0 && spawn->actions != NULL && i < spawn->actions->count; i++)
		error = apply_action(&spawn->actions->list[i]);
	if (error != 0)
		return error;
	if (spawn->attributes != NULL &&
		spawn->attributes->flags & DARWIN_POSIX_SPAWN_CLOEXEC_DEFAULT)
		close_by_default(spawn->actions);
	return exec_program(spawn->path, spawn->argv, spawn->envp, spawn->search);
}

/* The pipe's write end, out of the way of any descriptor that the actions may set up. */
static int high_descriptor(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 200);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}

/*
 * A child of this emulator's fork stood still before its exec, on a lock of the emulator itself (QEMU 7.2, once in some
 * ten thousand forks beside two busy cores, seen with /proc/PID/task/TID/syscall). It has done nothing yet that lasts.
 */
static bool stands_still(int report)
{
	struct pollfd wait = {.fd = report, .events = POLLIN};
	int ready;

	do
		ready = poll(&wait, 1, STILL_MS);
	while (ready < 0 && errno == EINTR);
	return ready == 0;
}

/* EAGAIN: the child stood still, and is no more. */
static int run_once(pid_t *pid, const struct spawn *spawn)
{
	int ends[2], error = 0;
	ssize_t got;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	ends[1] = high_descriptor(ends[1]);
	child = fork();
	if (child == 0) {
		error = become(spawn);
		got = write(ends[1], &error, sizeof(error));
		_exit(got == sizeof(error) ? 127 : 126);
	}
	if (child < 0)
		error = errno;
	close(ends[1]);
	if (child > 0 && stands_still(ends[0])) {
		kill(child, SIGKILL);
		error = EAGAIN;
	}
	while (error == 0 && child > 0 && (got = read(ends[0], &error, sizeof(error))) < 0 && errno == EINTR)
		continue;
	close(ends[0]);
	if (error != 0 && child > 0)
		waitpid(child, NULL, 0);
	if (error == 0 && pid != NULL)
		*pid = child;
	return error;
}

static int run(pid_t *pid, const struct spawn *spawn)
{
	int error = EAGAIN;

	if (spawn->attributes != NULL && spawn->attributes->flags & DARWIN_POSIX_SPAWN_SETEXEC)
		return errno_to_darwin(become(spawn));
	for (int tries = 0; error == EAGAIN && tries < 3; tries++)
		error = run_once(pid, spawn);
	errno = 0;
	return errno_to_darwin(error);
}

static int guest_posix_spawn(pid_t *pid, const char *path, struct actions *const *actions,
	struct attributes *const *attributes, char *const argv[], char *const envp[])
{
	return run(pid, &(struct spawn){path, false, actions != NULL ? *actions : NULL,
				attributes != NULL ? *attributes : NULL, argv,
				envp != NULL ? envp : environ});
}

static int guest_posix_spawnp(pid_t *pid, const char *path, struct actions *const *actions,
	struct attributes *const *attributes, char *const argv[], char *const envp[])
{
	return run(pid, &(struct spawn){path, true, actions != NULL ? *actions : NULL,
				attributes != NULL ? *attributes : NULL, argv,
				envp != NULL ? envp : environ});
}

const struct shim shim_spawn[] = {
	SHIM(posix_spawn, guest_posix_spawn),
	SHIM(posix_spawnp, guest_posix_spawnp),
	SHIM(posix_spawn_file_actions_init, actions_init),
	SHIM(posix_spawn_file_actions_destroy, actions_destroy),
	SHIM(posix_spawn_file_actions_adddup2, add_dup2),
	SHIM(posix_spawn_file_actions_addclose, add_close),
	SHIM(posix_spawn_file_actions_addopen, add_open),
	SHIM(posix_spawn_file_actions_addinherit_np, add_inherit),
	SHIM(posix_spawn_file_actions_addchdir_np, add_chdir),
	SHIM(posix_spawn_file_actions_addfchdir_np, add_fchdir),
	SHIM(posix_spawnattr_init, attributes_init),
	SHIM(posix_spawnattr_destroy, attributes_destroy),
	SHIM(posix_spawnattr_setflags, set_flags),
	SHIM(posix_spawnattr_getflags, get_flags),
	SHIM(posix_spawnattr_setpgroup, set_group),
	SHIM(posix_spawnattr_setsigdefault, set_default),
	SHIM(posix_spawnattr_setsigmask, set_mask),
	SHIM_END,
};
