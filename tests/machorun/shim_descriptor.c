/* Descriptors: fcntl, ioctl, poll, select, pipes, locks. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- SO_NOSIGPIPE, which Linux does not have: remembered per descriptor --- */

static unsigned char no_sigpipe[1 << 16];

bool descriptor_no_sigpipe(int fd)
{
	return fd >= 0 && fd < (int)sizeof(no_sigpipe) && no_sigpipe[fd];
}

void descriptor_set_no_sigpipe(int fd, bool on)
{
	if (fd >= 0 && fd < (int)sizeof(no_sigpipe))
		no_sigpipe[fd] = on;
}

TRANSLATION(status_flags, DARWIN_OPEN_SHARED);

static int lock(int fd, int command, struct darwin_flock *guest)
{
	struct flock host = {.l_whence = guest->whence,
		.l_start = guest->start,
		.l_len = guest->len,
		.l_type = guest->type == DARWIN_F_RDLCK   ? F_RDLCK
			  : guest->type == DARWIN_F_WRLCK ? F_WRLCK
							  : F_UNLCK};
	int result = fcntl(fd,
		command == DARWIN_F_GETLK   ? F_GETLK
		: command == DARWIN_F_SETLK ? F_SETLK
					    : F_SETLKW,
		&host);

	if (result == 0 && command == DARWIN_F_GETLK) {
		guest->whence = host.l_whence;
		guest->start = host.l_start;
		guest->len = host.l_len;
		guest->pid = host.l_pid;
		guest->type = host.l_type == F_RDLCK   ? DARWIN_F_RDLCK
			      : host.l_type == F_WRLCK ? DARWIN_F_WRLCK
						       : DARWIN_F_UNLCK;
	}
	return result;
}

static int path_of(int fd, char *to)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return -1;
	path[length] = '\0';
	snprintf(to, DARWIN_MAXPATHLEN, "%s", path);
	return 0;
}

static int preallocate(int fd, struct darwin_fstore *store)
{
	/* Space only; the file's size stays. */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, lseek(fd, 0, SEEK_END), store->length) < 0)
		return -1;
	store->bytesalloc = store->length;
	return 0;
}

/* A descriptor that is open, for commands that only give advice. */
static int advice(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

int guest_fcntl(int fd, int command, const void *arguments);
int guest_fcntl(int fd, int command, const void *arguments)
{
	int64_t argument = guest_va_slot(arguments, 0);
	int result;

	switch (command) {
	case DARWIN_F_DUPFD:
		return fcntl(fd, F_DUPFD, (int)argument);
	case DARWIN_F_DUPFD_CLOEXEC:
		return fcntl(fd, F_DUPFD_CLOEXEC, (int)argument);
	case DARWIN_F_GETFD:
		return fcntl(fd, F_GETFD);
	case DARWIN_F_SETFD:
		return fcntl(fd, F_SETFD, (int)argument);
	case DARWIN_F_GETFL:
		result = fcntl(fd, F_GETFL);
		return result < 0 ? -1
				  : BITS_TO_DARWIN(status_flags, result) | (result & O_ACCMODE);
	case DARWIN_F_SETFL:
		return fcntl(fd, F_SETFL, open_from_darwin((int)argument));
	case DARWIN_F_GETOWN:
		return fcntl(fd, F_GETOWN);
	case DARWIN_F_SETOWN:
		return fcntl(fd, F_SETOWN, (int)argument);
	case DARWIN_F_GETLK:
	case DARWIN_F_SETLK:
	case DARWIN_F_SETLKW:
		return lock(fd, command, (struct darwin_flock *)argument);
	case DARWIN_F_FULLFSYNC:
	case DARWIN_F_BARRIERFSYNC:
		return fsync(fd);
	case DARWIN_F_NOCACHE:
	case DARWIN_F_RDAHEAD:
	case DARWIN_F_RDADVISE:
		return advice(fd);
	case DARWIN_F_PREALLOCATE:
		return preallocate(fd, (struct darwin_fstore *)argument);
	case DARWIN_F_GETPATH:
		return path_of(fd, (char *)argument);
	case DARWIN_F_SETNOSIGPIPE:
		descriptor_set_no_sigpipe(fd, argument != 0);
		return advice(fd);
	case DARWIN_F_GETNOSIGPIPE:
		return descriptor_no_sigpipe(fd);
	default:
		machorun_die("fcntl command %d has no translation", command);
	}
}

int guest_ioctl(int fd, unsigned long request, const void *arguments);
int guest_ioctl(int fd, unsigned long request, const void *arguments)
{
	void *argument = (void *)guest_va_slot(arguments, 0);

	switch ((int)(uint32_t)request) {
	case DARWIN_TIOCGWINSZ:
		return ioctl(fd, TIOCGWINSZ, argument);
	case DARWIN_TIOCSWINSZ:
		return ioctl(fd, TIOCSWINSZ, argument);
	case DARWIN_TIOCSCTTY:
		return ioctl(fd, TIOCSCTTY, 0);
	case DARWIN_TIOCNOTTY:
		return ioctl(fd, TIOCNOTTY, 0);
	case DARWIN_FIONREAD:
		return ioctl(fd, FIONREAD, argument);
	case DARWIN_FIONBIO:
		return ioctl(fd, FIONBIO, argument);
	case DARWIN_FIOCLEX:
		return fcntl(fd, F_SETFD, FD_CLOEXEC);
	case DARWIN_FIONCLEX:
		return fcntl(fd, F_SETFD, 0);
	default:
		machorun_die("ioctl request 0x%lx has no translation", request);
	}
}

/* 16 KiB, what a Mac's pipe holds at first: a program that counts on more must stall here too. */
static int guest_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return -1;
	fcntl(ends[1], F_SETPIPE_SZ, 16384);
	errno = 0;
	return 0;
}

/* --- waiting --- */

#define POLL_SAME \
	(POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLNVAL | POLLRDNORM | POLLRDBAND)

static short poll_from_darwin(short events)
{
	return (short)((events & POLL_SAME) | (events & DARWIN_POLLWRBAND ? POLLWRBAND : 0));
}

/*
 * As poll_callback in XNU's bsd/kern/sys_generic.c: an end of file is POLLHUP, together with what
 * was asked of reading but never with POLLOUT; a pipe without readers is POLLHUP too, not POLLERR;
 * and who asks for nothing hears nothing.
 */
static short poll_to_darwin(short asked, short events)
{
	short darwin =
		(short)((events & POLL_SAME) | (events & POLLWRBAND ? DARWIN_POLLWRBAND : 0));

	if (darwin & POLLNVAL)
		return POLLNVAL;
	if (asked == 0 || !(darwin & (POLLHUP | POLLERR)))
		return asked == 0 ? 0 : darwin;
	darwin |= POLLHUP | (asked & (POLLIN | POLLRDNORM));
	return darwin & ~(POLLERR | POLLOUT | DARWIN_POLLWRBAND);
}

/* nfds_t is 32 bits wide on Darwin. */
static int guest_poll(struct pollfd *guest, uint32_t count, int timeout_ms)
{
	struct pollfd few[16], *host = count <= COUNT(few) ? few : calloc(count, sizeof(*host));
	int result;

	for (uint32_t i = 0; i < count; i++)
		host[i] = (struct pollfd){guest[i].fd, poll_from_darwin(guest[i].events), 0};
	result = poll(host, count, timeout_ms);
	for (uint32_t i = 0; i < count && result >= 0; i++)
		guest[i].revents = poll_to_darwin(guest[i].events, host[i].revents);
	if (host != few)
		free(host);
	return result;
}

static int guest_select(int count, fd_set *readable, fd_set *writable, fd_set *except,
	struct darwin_timeval *timeout)
{
	struct timeval host;

	if (timeout != NULL)
		host = (struct timeval){timeout->sec, timeout->usec};
	return select(count, readable, writable, except, timeout != NULL ? &host : NULL);
}

static int guest_pselect(int count, fd_set *readable, fd_set *writable, fd_set *except,
	const struct timespec *timeout, const uint32_t *mask)
{
	sigset_t set;

	if (mask != NULL)
		sigset_from_darwin(&set, *mask);
	return pselect(count, readable, writable, except, timeout, mask != NULL ? &set : NULL);
}

static int guest_fd_set_fits(int fd, const void *set, int unlimited)
{
	(void)set;
	return unlimited || (fd >= 0 && fd < DARWIN_FD_SETSIZE);
}

static int guest_dup2(int from, int to)
{
	int fd = dup2(from, to);

	if (fd >= 0)
		descriptor_set_no_sigpipe(fd, descriptor_no_sigpipe(from));
	return fd;
}

static int guest_dup(int from)
{
	int fd = dup(from);

	descriptor_set_no_sigpipe(fd, descriptor_no_sigpipe(from));
	return fd;
}

static int guest_lockf(int fd, int command, int64_t size)
{
	static const int commands[] = {[DARWIN_F_ULOCK] = F_ULOCK,
		[DARWIN_F_LOCK] = F_LOCK,
		[DARWIN_F_TLOCK] = F_TLOCK,
		[DARWIN_F_TEST] = F_TEST};

	if (command < 0 || command > DARWIN_F_TEST) {
		errno = EINVAL;
		return -1;
	}
	return lockf(fd, commands[command], size);
}

const struct shim shim_descriptor[] = {
	VARIADIC(fcntl),
	VARIADIC(ioctl),
	SHIM(poll, guest_poll),
	SHIM(select, guest_select),
	SHIM(pselect, guest_pselect),
	SHIM(__darwin_check_fd_set_overflow, guest_fd_set_fits),
	SHIM(dup, guest_dup),
	SHIM(dup2, guest_dup2),
	SHIM(pipe, guest_pipe),
	DIRECT(flock),
	SHIM(lockf, guest_lockf),
	DIRECT(getdtablesize),
	SHIM_END,
};
