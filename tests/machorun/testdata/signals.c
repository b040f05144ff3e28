/* Signals: handlers, masks, ignored SIGPIPE, timers, siginfo, jumps out of blocks. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "say.h"

static volatile sig_atomic_t seen[64], sender;

static void note(int number)
{
	int saved = errno;

	seen[number]++;
	errno = EBADF;
	(void)!write(-1, "x", 1);
	errno = saved;
}

static void note_info(int number, siginfo_t *info, void *context)
{
	(void)context;
	seen[number]++;
	sender = info->si_signo == number ? info->si_pid : -1;
}

static void handle(int number, int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = note;
	action.sa_flags = flags;
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void handlers(void)
{
	struct sigaction action, old;

	handle(SIGINT, 0);
	CHECK("SIGINT", kill(getpid(), SIGINT) == 0 && seen[SIGINT] == 1);
	handle(SIGWINCH, SA_RESTART);
	CHECK("SIGWINCH", raise(SIGWINCH) == 0 && seen[SIGWINCH] == 1);
	handle(SIGUSR1, SA_RESETHAND);
	CHECK("one shot", raise(SIGUSR1) == 0 && seen[SIGUSR1] == 1 &&
				  sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler == note);
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = note_info;
	action.sa_flags = SA_SIGINFO;
	CHECK("siginfo", sigaction(SIGUSR2, &action, &old) == 0 && old.sa_handler == SIG_DFL &&
				 kill(getpid(), SIGUSR2) == 0 && seen[SIGUSR2] == 1 &&
				 sender == getpid());
	CHECK("kill nobody", kill(getpid(), 0) == 0 && kill(1 << 22, 0) < 0 && errno == ESRCH);
	CHECK("SIGKILL cannot be caught", signal(SIGKILL, note) == SIG_ERR && errno == EINVAL);
	CHECK("signal answers the old one",
		signal(SIGTERM, note) == SIG_DFL && signal(SIGTERM, SIG_DFL) == note);
}

static void masks(void)
{
	sigset_t set, old, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	handle(SIGTERM, 0);
	CHECK("block", sigprocmask(SIG_BLOCK, &set, &old) == 0 && !sigismember(&old, SIGTERM));
	CHECK("held back", raise(SIGTERM) == 0 && seen[SIGTERM] == 0 && sigpending(&pending) == 0 &&
				   sigismember(&pending, SIGTERM) &&
				   !sigismember(&pending, SIGCHLD));
	CHECK("unblock", sigprocmask(SIG_SETMASK, &old, &set) == 0 && seen[SIGTERM] == 1 &&
				 sigismember(&set, SIGCHLD));
}

static void interrupted(void)
{
	struct itimerval timer = {.it_value = {0, 20000}};
	struct timespec long_sleep = {5, 0}, left = {0, 0};
	int ends[2];
	char byte;

	handle(SIGALRM, 0);
	CHECK("timer", setitimer(ITIMER_REAL, &timer, NULL) == 0);
	CHECK("sleep interrupted", nanosleep(&long_sleep, &left) < 0 && errno == EINTR &&
					   left.tv_sec == 4 && seen[SIGALRM] == 1);
	CHECK("pipe", pipe(ends) == 0);
	setitimer(ITIMER_REAL, &timer, NULL);
	CHECK("read interrupted",
		read(ends[0], &byte, 1) < 0 && errno == EINTR && seen[SIGALRM] == 2);
	CHECK("SIGPIPE ignored", signal(SIGPIPE, SIG_IGN) != SIG_ERR && close(ends[0]) == 0 &&
					 write(ends[1], "x", 1) < 0 && errno == EPIPE);
}

static void children(void)
{
	int status;
	pid_t child;

	handle(SIGCHLD, SA_NOCLDSTOP);
	child = fork();
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		int ends[2];

		if (pipe(ends) == 0 && close(ends[0]) == 0)
			(void)!write(ends[1], "x", 1);
		_exit(1);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	CHECK("killed by SIGPIPE", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	CHECK("SIGCHLD", seen[SIGCHLD] == 1);
	child = fork();
	if (child == 0)
		abort();
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	CHECK("abort", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static sigjmp_buf jump;

static void leave(int number)
{
	seen[number]++;
	siglongjmp(jump, 7);
}

static void jumps(void)
{
	volatile int local = 5;
	jmp_buf plain;
	sigset_t now;
	int value = sigsetjmp(jump, 1);

	if (value == 0) {
		local = 6;
		signal(SIGHUP, leave);
		raise(SIGHUP);
	}
	CHECK("siglongjmp", value == 7 && local == 6);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK("mask restored", !sigismember(&now, SIGHUP));
	value = setjmp(plain);
	if (value < 3)
		longjmp(plain, value + 1);
	CHECK("longjmp", value == 3);
}

int main(void)
{
	handlers();
	masks();
	interrupted();
	children();
	jumps();
	return say_done();
}
