/* Signals as a flag, for a while. Each test works in a child: the flag stays for ever. */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interrupt.h"

/* How the child ended: its exit code, or 1000 + signal. */
static int in_child(int (*work)(void))
{
	int status = 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		_exit(work());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int look_at_flag(void)
{
	struct err err = ERR_INIT;
	interrupt_install();
	if (interrupt_pending() || interrupt_check(&err) < 0)
		return 1;
	raise(SIGTERM);
	return interrupt_check(&err) < 0 ? err.code : 2;
}

static int twice(void)
{
	interrupt_install();
	raise(SIGINT);
	raise(SIGINT);
	return 0;
}

static int after_release(void)
{
	interrupt_install();
	interrupt_install();
	interrupt_release();
	raise(SIGINT);
	return 0;
}

static int released_with_a_signal_pending(void)
{
	struct err err = ERR_INIT;
	interrupt_release();
	interrupt_install();
	raise(SIGINT);
	interrupt_release();
	return interrupt_check(&err) < 0 ? err.code : 0;
}

static int ignored_stays_ignored(void)
{
	signal(SIGHUP, SIG_IGN);
	interrupt_install();
	raise(SIGHUP);
	interrupt_release();
	raise(SIGHUP);
	return interrupt_pending();
}

TEST(signal_becomes_a_flag_with_its_exit_code)
{
	CHECK_INT(in_child(look_at_flag), CODE_TERMINATED);
	CHECK_INT(in_child(ignored_stays_ignored), 0);
}

TEST(second_signal_ends_the_program_at_once)
{
	CHECK_INT(in_child(twice), CODE_INTERRUPTED);
}

TEST(after_the_release_a_signal_ends_the_program_as_before)
{
	CHECK_INT(in_child(after_release), 1000 + SIGINT);
	CHECK_INT(in_child(released_with_a_signal_pending), CODE_INTERRUPTED);
}
