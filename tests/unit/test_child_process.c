/* Children: output, feeding, time-outs, interrupts. */
#include "child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "child_together.h"
#include "interrupt.h"
#include "monotonic.h"

static const char *const bare[] = {"PATH=/usr/bin:/bin", NULL};

#define SHELL(script) ((const char *const[]){"/bin/sh", "-c", (script), NULL})

TEST(stdout_stderr_and_the_exit_code_are_kept_apart)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {
		.argv = SHELL("echo out; echo err >&2; exit 7"), .environment = bare};
	CHECK_OK(child_run(&request, &result, &err));
	CHECK_INT(result.exit_code, 7);
	CHECK_STR(result.out.head.bytes, "out\n");
	CHECK_STR(result.err.head.bytes, "err\n");
	CHECK(!result.timed_out && !result.stdin_broken);
}

TEST(a_missing_program_is_an_error)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {
		.argv = (const char *const[]){"/nonexistent/docker", NULL}, .environment = bare};
	CHECK_FAILS(child_run(&request, &result, &err), CODE_IO);
	CHECK_CONTAINS(err.text, "/nonexistent/docker");
}

TEST(a_signal_is_not_an_exit_code)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {.argv = SHELL("kill -9 $$"), .environment = bare};
	CHECK_OK(child_run(&request, &result, &err));
	CHECK_INT(result.exit_code, -1);
	CHECK_INT(result.signal, 9);
}

static int feed_megabytes(void *context, struct stream_sink *sink, struct err *err)
{
	static char chunk[1 << 16];
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < *(int *)context * 16; i++)
		if (stream_write(sink, chunk, sizeof(chunk), err) < 0)
			return -1;
	return 0;
}

TEST(stdin_is_fed_while_output_floods)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	int megabytes = 8;
	struct child_request request = {.argv = SHELL("tee /dev/stderr | wc -c"),
		.environment = bare,
		.feed = feed_megabytes,
		.feed_context = &megabytes};
	CHECK_OK(child_run(&request, &result, &err));
	CHECK_INT(result.exit_code, 0);
	CHECK_STR(result.out.head.bytes, "8388608\n");
	CHECK_INT(result.err.total, 8388608);
	CHECK_INT(result.err.head.length, CHILD_HEAD_LIMIT);
	CHECK(!child_output_is_whole(&result.err));
	AUTO_TEXT shown = TEXT_INIT;
	child_output_describe(&result.err, &shown);
	CHECK_INT(shown.length, CHILD_HEAD_LIMIT + CHILD_TAIL_LIMIT + strlen("\n[… 4177920 …]\n"));
}

TEST(a_child_that_stops_reading_is_judged_by_its_exit_code)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	int megabytes = 4;
	signal(SIGPIPE, SIG_IGN);
	struct child_request request = {.argv = SHELL("head -c 10 >/dev/null; exit 0"),
		.environment = bare,
		.feed = feed_megabytes,
		.feed_context = &megabytes};
	CHECK_OK(child_run(&request, &result, &err));
	CHECK_INT(result.exit_code, 0);
	CHECK(result.stdin_broken);
	CHECK_INT(err.code, 0);
}

static int feed_failing(void *context, struct stream_sink *sink, struct err *err)
{
	(void)context;
	if (stream_write(sink, "abc", 3, err) < 0)
		return -1;
	return err_set(err, CODE_INTEGRITY, "blob is damaged");
}

TEST(an_error_of_the_feed_closes_stdin_and_is_reported)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {
		.argv = SHELL("wc -c; exit 1"), .environment = bare, .feed = feed_failing};
	CHECK_FAILS(child_run(&request, &result, &err), CODE_INTEGRITY);
	CHECK_STR(result.out.head.bytes, "3\n");
	CHECK_INT(result.exit_code, 1);
}

TEST(a_time_out_kills_the_whole_group)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {.argv = SHELL("sh -c 'sleep 30; touch late' & wait"),
		.environment = bare,
		.timeout_ms = 200};
	uint64_t before = monotonic_ms();
	CHECK_OK(child_run(&request, &result, &err));
	CHECK(result.timed_out);
	CHECK_INT(result.exit_code, -1);
	CHECK(monotonic_ms() - before < 3000);
}

TEST(a_child_deaf_to_sigterm_is_killed)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {.argv = SHELL("trap '' TERM; while :; do sleep 1; done"),
		.environment = bare,
		.timeout_ms = 100};
	CHECK_OK(child_run(&request, &result, &err));
	CHECK(result.timed_out);
	CHECK_INT(result.signal, SIGKILL);
}

TEST(a_stall_is_a_time_out_but_slow_progress_is_not)
{
	struct err err = ERR_INIT;
	{
		AUTO_CHILD result = CHILD_RESULT_INIT;
		struct child_request request = {
			.argv = SHELL("for i in 1 2 3 4; do echo $i; sleep 0.15; done"),
			.environment = bare,
			.stall_ms = 400};
		CHECK_OK(child_run(&request, &result, &err));
		CHECK(!result.timed_out);
	}
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {
		.argv = SHELL("echo 1; sleep 20"), .environment = bare, .stall_ms = 200};
	CHECK_OK(child_run(&request, &result, &err));
	CHECK(result.timed_out);
}

TEST(a_grandchild_that_keeps_the_pipes_does_not_keep_us)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {
		.argv = SHELL("sleep 20 & echo done"), .environment = bare, .timeout_ms = 60000};
	uint64_t before = monotonic_ms();
	CHECK_OK(child_run(&request, &result, &err));
	CHECK_INT(result.exit_code, 0);
	CHECK_STR(result.out.head.bytes, "done\n");
	CHECK(monotonic_ms() - before < 5000);
}

TEST(control_characters_in_output_are_made_harmless)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct child_request request = {
		.argv = SHELL("printf 'a\\033[2Jb\\n\\n'"), .environment = bare};
	CHECK_OK(child_run(&request, &result, &err));
	AUTO_TEXT shown = TEXT_INIT;
	child_output_describe(&result.out, &shown);
	CHECK_STR(shown.bytes, "a\\x1b[2Jb");
}

TEST(descriptors_do_not_leak)
{
	struct err err = ERR_INIT;
	AUTO_CHILD result = CHILD_RESULT_INIT;
	int megabytes = 0;
	for (int fd = 3; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC); /* what this test itself inherited */
	struct child_request request = {.argv = SHELL("ls /proc/self/fd | wc -l"),
		.environment = bare,
		.feed = feed_megabytes,
		.feed_context = &megabytes};
	CHECK_OK(child_run(&request, &result, &err));
	/* 0, 1, 2 and the one that ls opens */
	CHECK_STR(result.out.head.bytes, "4\n");
}

TEST(programs_are_found_in_absolute_directories_only)
{
	AUTO(arena) arena = arena_new();
	CHECK_STR(child_find_program("sh", ".:/nonexistent:/bin", arena), "/bin/sh");
	CHECK(!child_find_program("sh", "bin:.", arena));
	CHECK(!child_find_program("sh", NULL, arena));
}

/* ---- several at once ---- */

TEST(several_children_wait_for_each_other_and_keep_their_answers_apart)
{
	/* Each of the first three waits for the others' files: one after the other they never end. */
	static const char script[] = "echo $1; : >$1; i=0; until [ -e a ] && [ -e b ] && [ -e c ]; do "
				     "i=$((i+1)); [ $i -gt 500 ] && exit 9; sleep 0.02; done; exit 3";
	static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
	const char *argv[6][6];
	struct child_request requests[6] = {0};
	struct child_result results[6];
	struct err err = ERR_INIT;
	for (size_t i = 0; i < 6; i++) {
		memcpy(argv[i],
			((const char *[]){"/bin/sh", "-c", script, "sh", names[i], NULL}),
			sizeof(argv[i]));
		requests[i].argv = argv[i];
		requests[i].environment = bare;
	}
	CHECK_OK(child_run_together(requests, results, 6, &err));
	for (size_t i = 0; i < 6; i++) {
		CHECK_INT(results[i].exit_code, 3);
		CHECK_INT(results[i].out.head.length, 2);
		CHECK_INT(results[i].out.head.bytes[0], names[i][0]);
		child_result_clear(&results[i]);
	}
}

TEST(the_first_of_several_that_cannot_be_started_is_the_error)
{
	struct err err = ERR_INIT;
	struct child_result results[3];
	struct child_request requests[3] = {{.argv = SHELL("exit 0"), .environment = bare},
		{.argv = (const char *const[]){"/nonexistent/b", NULL}, .environment = bare},
		{.argv = (const char *const[]){"/nonexistent/c", NULL}, .environment = bare}};
	CHECK_FAILS(child_run_together(requests, results, 3, &err), CODE_IO);
	CHECK_CONTAINS(err.text, "/nonexistent/b");
	for (size_t i = 0; i < 3; i++)
		child_result_clear(&results[i]);
}
