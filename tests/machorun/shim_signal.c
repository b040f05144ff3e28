/* Signals both ways: numbers, masks, handlers, siginfo. */
#include "guest.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TRANSLATION(signals, DARWIN_SIGNAL_SHARED);
TRANSLATION(action_flags, DARWIN_SIGACTION_SHARED);

#define DARWIN_SIGNALS 32

int signal_to_darwin(int host)
{
	return host == 0 ? 0 : TO_DARWIN(signals, host, DARWIN_SIGEMT);
}

int signal_from_darwin(int darwin)
{
	return FROM_DARWIN(signals, darwin, 0);
}

void sigset_from_darwin(void *host_set, uint32_t darwin)
{
	sigset_t *set = host_set;

	sigemptyset(set);
	for (int i = 1; i < DARWIN_SIGNALS; i++)
		if (darwin >> (i - 1) & 1 && signal_from_darwin(i) != 0)
			sigaddset(set, signal_from_darwin(i));
}

uint32_t sigset_to_darwin(const void *host_set)
{
	uint32_t darwin = 0;

	for (size_t i = 0; i < COUNT(signals); i++)
		if (sigismember(host_set, signals[i].host) == 1)
			darwin |= 1u << (signals[i].darwin - 1);
	return darwin;
}

int status_to_darwin(int status)
{
	if (WIFSIGNALED(status))
		return signal_to_darwin(WTERMSIG(status)) | (WCOREDUMP(status) ? 0x80 : 0);
	if (WIFSTOPPED(status))
		return signal_to_darwin(WSTOPSIG(status)) << 8 | 0x7f;
	if (WIFCONTINUED(status))
		return DARWIN_STATUS_CONTINUED;
	return status;
}

/* The guest's handlers by Darwin's number; the host only knows deliver(). */
static struct darwin_sigaction actions[DARWIN_SIGNALS];

static void deliver(int host, siginfo_t *info, void *context)
{
	int saved = errno, number = signal_to_darwin(host);
	void *handler = actions[number].handler;
	struct darwin_siginfo guest = {.signo = number,
		.code = info->si_code == SI_USER ? 0x10001 : info->si_code,
		.pid = info->si_pid,
		.uid = info->si_uid,
		.addr = host == SIGSEGV || host == SIGBUS ? info->si_addr : NULL};

	(void)context;
	if (host == SIGCHLD)
		guest.status = status_to_darwin(info->si_status);
	errno = 0;
	if (actions[number].flags & DARWIN_SA_SIGINFO)
		((void (*)(int, struct darwin_siginfo *, void *))handler)(number, &guest, NULL);
	else
		((void (*)(int))handler)(number);
	errno = saved;
}

static int guest_sigaction(
	int number, const struct darwin_sigaction *new, struct darwin_sigaction *old)
{
	int host = signal_from_darwin(number);
	struct darwin_sigaction previous;
	struct sigaction action = {0};

	/* Signals that Linux does not have: kept, never delivered. */
	if (number <= 0 || number >= DARWIN_SIGNALS ||
		(new != NULL && (number == DARWIN_SIGKILL || number == DARWIN_SIGSTOP))) {
		errno = EINVAL;
		return -1;
	}
	previous = actions[number];
	if (new != NULL && host != 0) {
		action.sa_sigaction = deliver;
		action.sa_flags = BITS_FROM_DARWIN(action_flags, new->flags) | SA_SIGINFO;
		sigset_from_darwin(&action.sa_mask, new->mask);
		if (new->handler == (void *)SIG_DFL || new->handler == (void *)SIG_IGN) {
			action.sa_flags &= ~SA_SIGINFO;
			action.sa_handler = (void (*)(int)) new->handler;
		}
		actions[number] = *new; /* before the handler can run */
		if (sigaction(host, &action, NULL) < 0) {
			actions[number] = previous;
			return -1;
		}
	} else if (host != 0 && previous.handler == NULL && sigaction(host, NULL, &action) == 0 &&
		   action.sa_handler == SIG_IGN) {
		previous.handler = (void *)SIG_IGN; /* inherited through exec */
	}
	if (old != NULL)
		*old = previous;
	return 0;
}

static void *guest_signal(int number, void *handler)
{
	struct darwin_sigaction new = {handler, 0, DARWIN_SA_RESTART}, old;

	if (guest_sigaction(number, &new, &old) < 0)
		return (void *)SIG_ERR;
	return old.handler;
}

static int guest_siginterrupt(int number, int interrupt)
{
	struct darwin_sigaction action;

	if (guest_sigaction(number, NULL, &action) < 0)
		return -1;
	action.flags &= ~DARWIN_SA_RESTART;
	action.flags |= interrupt ? 0 : DARWIN_SA_RESTART;
	return guest_sigaction(number, &action, NULL);
}

static int set_mask(int how, const uint32_t *new, uint32_t *old, bool thread)
{
	sigset_t host_new, host_old;
	int result;

	if (new != NULL && (how < DARWIN_SIG_BLOCK || how > DARWIN_SIG_SETMASK))
		return EINVAL;
	if (new != NULL)
		sigset_from_darwin(&host_new, *new);
	(void)thread; /* on Linux both act on the calling thread */
	result = pthread_sigmask(new != NULL ? how - DARWIN_SIG_BLOCK + SIG_BLOCK : SIG_BLOCK,
		new != NULL ? &host_new : NULL, &host_old);
	if (result == 0 && old != NULL)
		*old = sigset_to_darwin(&host_old);
	return result;
}

static int guest_sigprocmask(int how, const uint32_t *new, uint32_t *old)
{
	int error = set_mask(how, new, old, false);

	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

static int guest_pthread_sigmask(int how, const uint32_t *new, uint32_t *old)
{
	return errno_to_darwin(set_mask(how, new, old, true));
}

static int guest_sigsuspend(const uint32_t *mask)
{
	sigset_t set;

	sigset_from_darwin(&set, *mask);
	return sigsuspend(&set);
}

static int guest_sigpending(uint32_t *mask)
{
	sigset_t set;

	if (sigpending(&set) < 0)
		return -1;
	*mask = sigset_to_darwin(&set);
	return 0;
}

static int guest_sigwait(const uint32_t *mask, int *number)
{
	sigset_t set;
	int host, result;

	sigset_from_darwin(&set, *mask);
	result = sigwait(&set, &host);
	if (result == 0)
		*number = signal_to_darwin(host);
	return errno_to_darwin(result);
}

static int guest_sigemptyset(uint32_t *set)
{
	*set = 0;
	return 0;
}

static int guest_sigfillset(uint32_t *set)
{
	*set = ~0u;
	return 0;
}

static int guest_sigaddset(uint32_t *set, int number)
{
	*set |= 1u << (number - 1);
	return 0;
}

static int guest_sigdelset(uint32_t *set, int number)
{
	*set &= ~(1u << (number - 1));
	return 0;
}

static int guest_sigismember(const uint32_t *set, int number)
{
	return *set >> (number - 1) & 1;
}

static int guest_sigaltstack(const struct darwin_stack *new, struct darwin_stack *old)
{
	stack_t host_new, host_old;

	if (new != NULL)
		host_new = (stack_t){.ss_sp = new->sp,
			.ss_size = new->size,
			.ss_flags = new->flags &DARWIN_SS_DISABLE ? SS_DISABLE : 0};
	if (sigaltstack(new != NULL ? &host_new : NULL, &host_old) < 0)
		return -1;
	if (old != NULL)
		*old = (struct darwin_stack){host_old.ss_sp, host_old.ss_size,
			host_old.ss_flags & SS_DISABLE ? DARWIN_SS_DISABLE : 0};
	return 0;
}

/* --- sending; 0 only asks whether the process is there --- */

static int number_to_send(int number)
{
	int host = signal_from_darwin(number);

	if (number == 0 || host != 0)
		return host;
	errno = EINVAL;
	return -1;
}

static int guest_kill(pid_t pid, int number)
{
	int host = number_to_send(number);

	return host < 0 ? -1 : kill(pid, host);
}

static int guest_killpg(pid_t group, int number)
{
	int host = number_to_send(number);

	return host < 0 ? -1 : killpg(group, host);
}

static int guest_raise(int number)
{
	int host = number_to_send(number);

	return host < 0 ? -1 : raise(host);
}

static int guest_pthread_kill(pthread_t thread, int number)
{
	int host = number_to_send(number);

	if (host < 0) {
		errno = 0;
		return DARWIN_EINVAL;
	}
	return errno_to_darwin(pthread_kill(thread, host));
}

static const char *const names[DARWIN_SIGNALS] = {"Signal 0", "Hangup", "Interrupt", "Quit",
	"Illegal instruction", "Trace/BPT trap", "Abort trap", "EMT trap",
	"Floating point exception", "Killed", "Bus error", "Segmentation fault", "Bad system call",
	"Broken pipe", "Alarm clock", "Terminated", "Urgent I/O condition", "Suspended (signal)",
	"Suspended", "Continued", "Child exited", "Stopped (tty input)", "Stopped (tty output)",
	"I/O possible", "Cputime limit exceeded", "Filesize limit exceeded",
	"Virtual timer expired", "Profiling timer expired", "Window size changes",
	"Information request", "User defined signal 1", "User defined signal 2"};

static char *guest_strsignal(int number)
{
	static _Thread_local char text[64];

	if (number >= 0 && number < DARWIN_SIGNALS)
		snprintf(text, sizeof(text), "%s: %d", names[number], number);
	else
		snprintf(text, sizeof(text), "Unknown signal: %d", number);
	return text;
}

const struct shim shim_signal[] = {
	SHIM(sigaction, guest_sigaction),
	SHIM(signal, guest_signal),
	SHIM(siginterrupt, guest_siginterrupt),
	SHIM(sigprocmask, guest_sigprocmask),
	SHIM(pthread_sigmask, guest_pthread_sigmask),
	SHIM(sigsuspend, guest_sigsuspend),
	SHIM(sigpending, guest_sigpending),
	SHIM(sigwait, guest_sigwait),
	SHIM(sigemptyset, guest_sigemptyset),
	SHIM(sigfillset, guest_sigfillset),
	SHIM(sigaddset, guest_sigaddset),
	SHIM(sigdelset, guest_sigdelset),
	SHIM(sigismember, guest_sigismember),
	SHIM(sigaltstack, guest_sigaltstack),
	SHIM(kill, guest_kill),
	SHIM(killpg, guest_killpg),
	SHIM(raise, guest_raise),
	SHIM(pthread_kill, guest_pthread_kill),
	SHIM(strsignal, guest_strsignal),
	SHIM(sys_siglist, names),
	DIRECT(pause),
	SHIM_END,
};
