/* Children of a program that is killed: ended by the guardian, told by the hold. */
#include "child_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "child_process.h"
#include "monotonic.h"

static const char *const bare[] = {"PATH=/usr/bin:/bin", NULL};

#define SHELL(script) ((const char *const[]){"/bin/sh", "-c", (script), NULL})

enum { PATIENCE_MS = 60 * 1000 };

static bool wait_for_file(const char *path)
{
	for (uint64_t began_ms = monotonic_ms(); monotonic_ms() - began_ms < PATIENCE_MS;) {
		struct stat st;
		if (stat(path, &st) == 0 && st.st_size > 0)
			return true;
		monotonic_sleep_ms(5);
	}
	return false;
}

/* A program that runs argv under the hold, killed as soon as the file ready has something in it. */
static void run_and_kill(const char *const *argv)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	bool taken;
	pid_t group, program = fork();
	int status;
	if (program == 0) {
		struct child_request request = {.argv = argv, .environment = bare};
		if (child_guard_take("hold", &taken, &group, &err) == 0 && taken)
			child_run(&request, &result, &err);
		_exit(1);
	}
	CHECK(wait_for_file("ready") && wait_for_file("hold")); /* the guardian knows of it */
	kill(program, SIGKILL);
	CHECK_INT(waitpid(program, &status, 0), program);
	CHECK(WIFSIGNALED(status));
}

static bool take_in_the_end(void)
{
	struct err err = ERR_INIT;
	bool taken = false;
	pid_t group;
	for (uint64_t began_ms = monotonic_ms();
		!taken && monotonic_ms() - began_ms < PATIENCE_MS;) {
		CHECK_OK(child_guard_take("hold", &taken, &group, &err));
		monotonic_sleep_ms(5);
	}
	child_guard_drop();
	return taken;
}

TEST(a_child_ends_when_its_program_was_killed)
{
	run_and_kill(SHELL("exec 2>/dev/null; trap 'echo >term; exit' TERM; echo >ready; while :; "
			   "do sleep 0.1; done"));
	CHECK(take_in_the_end());
	CHECK(wait_for_file("term"));
}

TEST(also_one_that_does_not_listen_to_sigterm)
{
	run_and_kill(SHELL("trap '' TERM; echo >ready; while :; do sleep 0.1; done"));
	CHECK(take_in_the_end());
}

/* Perl, since no shell without a terminal makes sessions alike on all systems. */
TEST(one_that_left_its_group_keeps_the_hold_until_it_ends)
{
	struct err err = ERR_INIT;
	bool taken = true;
	pid_t group;
	static const char leaves[] = "if (fork) { sleep 1 while 1 } POSIX::setsid(); "
				     "open F, '>', 'ready'; print F 1; close F; "
				     "open F, '<', 'fifo'; <F>;";
	CHECK_INT(mkfifo("fifo", 0600), 0);
	run_and_kill((const char *const[]){"/usr/bin/perl", "-MPOSIX", "-e", leaves, NULL});
	/* Until its group is ended by the guardian, its number is told; then nobody is left of it.
	 */
	for (uint64_t began_ms = monotonic_ms();
		monotonic_ms() - began_ms < PATIENCE_MS &&
		child_guard_take("hold", &taken, &group, &err) == 0 && !taken && group > 0;)
		monotonic_sleep_ms(5);
	CHECK(!taken);
	CHECK_INT(group, 0);
	int fd = open("fifo", O_WRONLY);
	CHECK(fd >= 0);
	close(fd);
	CHECK(take_in_the_end());
}

TEST(what_is_to_outlive_us_is_not_guarded)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	bool taken;
	pid_t group;
	struct child_request request = {
		.argv = (const char *const[]){"/bin/sh", "-c", "echo again >&3", NULL},
		.environment = bare};
	/* Whoever started us may have left one open there (valgrind's log is). */
	fcntl(CHILD_GUARD_INHERITED, F_SETFD, FD_CLOEXEC);
	CHECK_OK(child_guard_take("hold", &taken, &group, &err));
	CHECK(taken);
	CHECK_OK(child_run(&request, &result, &err));
	CHECK_INT(result.exit_code, 0);
	child_result_clear(&result);
	request.outlives_us = true;
	CHECK_OK(child_run(&request, &result, &err));
	CHECK(result.exit_code != 0);
	child_guard_drop();
}
