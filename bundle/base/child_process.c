/* Children: spawn, feed, collect, wait, kill. */
#include "child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_guard.h"
#include "interrupt.h"
#include "monotonic.h"

enum {
	TICK_MS = 100,        /* how late an interrupt or an exit may be noticed */
	AFTER_EXIT_MS = 1000, /* grandchildren that keep the pipes open */
	READ_CHUNK = 32 * 1024,
};

/* A running child; sink first, so that the feed's sink is the child. */
struct child {
	struct stream_sink sink;
	const struct child_request *request;
	struct child_result *result;
	pid_t pid;
	int in, out, err; /* our ends, -1 when closed */
	bool exited;
	bool output_failed; /* the request's sink did; output_err says why */
	struct err output_err;
	uint64_t started_ms, moved_ms;
};

/* ---- output in bounds ---- */

static void keep(struct child_output *output, const char *bytes, size_t length)
{
	size_t room = CHILD_HEAD_LIMIT - output->head.length;
	size_t to_head = output->tail ? 0 : length < room ? length : room;
	text_add_bytes(&output->head, bytes, to_head);
	output->total += to_head;
	if (to_head < length && !output->tail)
		output->tail = xmalloc(CHILD_TAIL_LIMIT);
	for (size_t i = to_head; i < length; i++)
		output->tail[output->total++ % CHILD_TAIL_LIMIT] = bytes[i];
}

bool child_output_is_whole(const struct child_output *output)
{
	return output->tail == NULL;
}

void child_output_describe(const struct child_output *output, struct text *out)
{
	size_t length = output->head.length;
	while (length > 0 &&
		(output->head.bytes[length - 1] == '\n' || output->head.bytes[length - 1] == ' '))
		length--;
	text_add_printable(out, output->head.bytes, length);
	if (!output->tail)
		return;
	uint64_t behind = output->total - output->head.length;
	uint64_t kept = behind < CHILD_TAIL_LIMIT ? behind : CHILD_TAIL_LIMIT;
	text_addf(out, "\n[… %llu …]\n", (unsigned long long)(behind - kept));
	AUTO_TEXT tail = TEXT_INIT; /* in one piece: a character may lie across the ring's end */
	for (uint64_t i = output->total - kept; i < output->total; i++)
		text_add_bytes(&tail, &output->tail[i % CHILD_TAIL_LIMIT], 1);
	text_add_printable(out, tail.bytes, tail.length);
}

void child_output_lines(const struct child_output *output, struct text *out)
{
	size_t length = output->head.length;
	while (output->tail && length > 0 && output->head.bytes[length - 1] != '\n')
		length--;
	text_add_bytes(out, output->head.bytes, length);
	if (!output->tail)
		return;
	uint64_t behind = output->total - output->head.length;
	uint64_t at = output->total - (behind < CHILD_TAIL_LIMIT ? behind : CHILD_TAIL_LIMIT);
	while (at < output->total && output->tail[at++ % CHILD_TAIL_LIMIT] != '\n')
		continue;
	for (; at < output->total; at++)
		text_add_bytes(out, &output->tail[at % CHILD_TAIL_LIMIT], 1);
}

void child_result_clear(struct child_result *result)
{
	text_clear(&result->out.head);
	text_clear(&result->err.head);
	free(TAKE(result->out.tail));
	free(TAKE(result->err.tail));
}

/* ---- starting ---- */

/* Between a pipe's making and its closing on exec, no other thread may start a child. */
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

static int make_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return -1;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int spawn(struct child *child, const int in[2], const int out[2], const int err_ends[2])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	if (child->request->feed)
		posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err_ends[1], STDERR_FILENO);
	if (child_guard_descriptor() >= 0 && !child->request->outlives_us) /* after the others */
		posix_spawn_file_actions_adddup2(
			&actions, child_guard_descriptor(), CHILD_GUARD_INHERITED);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, flags);
	int failed = posix_spawn(&child->pid, child->request->argv[0], &actions, &attributes,
		(char *const *)child->request->argv, (char *const *)child->request->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

static int start(struct child *child, struct err *err)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err_ends[2] = {-1, -1};
	int failed = 0;
	pthread_mutex_lock(&starting);
	bool pipes = (!child->request->feed || make_pipe(in) == 0) && make_pipe(out) == 0 &&
		     make_pipe(err_ends) == 0;
	if (!pipes)
		failed = errno;
	else
		failed = spawn(child, in, out, err_ends);
	close_end(&in[0]);
	close_end(&out[1]);
	close_end(&err_ends[1]);
	pthread_mutex_unlock(&starting);
	child->in = in[1];
	child->out = out[0];
	child->err = err_ends[0];
	int *const ours[] = {&child->in, &child->out, &child->err};
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (*ours[i] < 0)
			continue;
		fcntl(*ours[i], F_SETFL, fcntl(*ours[i], F_GETFL) | O_NONBLOCK);
		if (failed)
			close_end(ours[i]);
	}
	if (failed) {
		errno = failed;
		return err_set_errno(err, CODE_IO, "start %s", child->request->argv[0]);
	}
	if (!child->request->outlives_us)
		child_guard_begin(child->pid);
	child->started_ms = child->moved_ms = monotonic_ms();
	return 0;
}

/* ---- moving bytes ---- */

static void take(struct child *child, const int *fd, struct child_output *output, const char *bytes,
	size_t length)
{
	struct stream_sink *sink =
		fd == &child->out ? child->request->output : child->request->errors;
	if (!sink)
		keep(output, bytes, length);
	else if (!child->output_failed)
		child->output_failed = stream_write(sink, bytes, length, &child->output_err) < 0;
}

static void collect(struct child *child, int *fd, struct child_output *output)
{
	char chunk[READ_CHUNK];
	ssize_t got = read(*fd, chunk, sizeof(chunk));
	if (got > 0) {
		take(child, fd, output, chunk, (size_t)got);
		child->moved_ms = monotonic_ms();
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_end(fd);
	}
}

/* One round: takes output as it comes, at most TICK_MS. *writable: stdin has room, or nobody
 * reads it any more. */
static void turn(struct child *child, bool want_write, bool *writable)
{
	struct pollfd fds[3] = {
		{.fd = child->out, .events = POLLIN},
		{.fd = child->err, .events = POLLIN},
		{.fd = want_write ? child->in : -1, .events = POLLOUT},
	};
	int ready = poll(fds, 3, TICK_MS);
	if (ready == 0 && child->request->tick)
		child->request->tick(child->request->tick_context);
	*writable = ready > 0 && fds[2].revents != 0;
	if (ready <= 0)
		return;
	if (fds[0].revents)
		collect(child, &child->out, &child->result->out);
	if (fds[1].revents)
		collect(child, &child->err, &child->result->err);
}

static bool out_of_time(struct child *child)
{
	uint64_t now = monotonic_ms();
	const struct child_request *request = child->request;
	if ((request->timeout_ms && now - child->started_ms > request->timeout_ms) ||
		(request->stall_ms && now - child->moved_ms > request->stall_ms))
		child->result->timed_out = true;
	return child->result->timed_out;
}

static int feed_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct child *child = (struct child *)sink;
	const char *at = bytes;
	while (length > 0) {
		bool writable;
		if (interrupt_check(err) < 0)
			return -1;
		if (out_of_time(child))
			return err_set(err, CODE_IO, "no progress");
		turn(child, true, &writable);
		if (!writable)
			continue;
		ssize_t put = write(child->in, at, length < READ_CHUNK ? length : READ_CHUNK);
		if (put < 0 && errno != EAGAIN && errno != EINTR) {
			/* EPIPE: it has heard enough or died; its exit code tells which. */
			child->result->stdin_broken = true;
			return err_set_errno(err, CODE_IO, "write to the program");
		}
		if (put > 0) {
			at += put;
			length -= (size_t)put;
			child->moved_ms = monotonic_ms();
		}
	}
	return 0;
}

/* ---- the end ---- */

static void note_exit(struct child *child, int status)
{
	child->exited = true;
	if (WIFEXITED(status))
		child->result->exit_code = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		child->result->signal = WTERMSIG(status);
}

static bool has_exited(struct child *child)
{
	int status;
	if (!child->exited && waitpid(child->pid, &status, WNOHANG) == child->pid)
		note_exit(child, status);
	return child->exited;
}

static void kill_group(struct child *child)
{
	uint64_t since = monotonic_ms();
	kill(-child->pid, SIGTERM);
	while (!has_exited(child) && monotonic_ms() - since < CHILD_GRACE_MS) {
		bool ignored;
		if (child->out >= 0 || child->err >= 0)
			turn(child, false, &ignored);
		else
			monotonic_sleep_ms(10);
	}
	kill(-child->pid, SIGKILL);
	while (!has_exited(child))
		monotonic_sleep_ms(5);
}

static bool has_rested(const struct child *child, uint64_t exited_ms)
{
	/* A sink may be slow: the pipe still holds what the child wrote last. */
	bool to_sink = child->request->output && child->moved_ms > exited_ms;
	return monotonic_ms() - (to_sink ? child->moved_ms : exited_ms) > AFTER_EXIT_MS;
}

/* Waits for the exit and takes the rest of the output; leaves early when out of time. */
static int wait_for_end(struct child *child, struct err *err)
{
	uint64_t exited_ms = 0;
	for (;;) {
		bool ignored;
		bool open = child->out >= 0 || child->err >= 0;
		if (has_exited(child) && !exited_ms)
			exited_ms = monotonic_ms();
		if (exited_ms && (!open || has_rested(child, exited_ms)))
			return 0;
		if (!exited_ms && interrupt_check(err) < 0)
			return -1;
		if (child->output_failed) {
			*err = child->output_err;
			return -1;
		}
		if (!exited_ms && out_of_time(child))
			return 0;
		if (open)
			turn(child, false, &ignored);
		else
			monotonic_sleep_ms(2);
	}
}

int child_run(const struct child_request *request, struct child_result *result, struct err *err)
{
	struct child child = {.sink.write = feed_write,
		.request = request,
		.result = result,
		.in = -1,
		.out = -1,
		.err = -1};
	*result = (struct child_result)CHILD_RESULT_INIT;
	if (start(&child, err) < 0)
		return -1;
	int status = 0;
	if (request->feed) {
		status = request->feed(request->feed_context, &child.sink, err);
		close_end(&child.in);
		if (status < 0 && (result->stdin_broken || result->timed_out)) {
			err_clear(err);
			status = 0;
		}
	}
	struct err end_err = ERR_INIT;
	if (!result->timed_out && !interrupt_pending() && wait_for_end(&child, &end_err) < 0) {
		if (status == 0)
			*err = end_err;
		status = -1;
	}
	if (!child.exited)
		kill_group(&child);
	child_guard_end(child.pid);
	close_end(&child.out);
	close_end(&child.err);
	if (interrupt_pending())
		return interrupt_check(err);
	return status;
}

/* ---- finding ---- */

const char *child_find_program(const char *name, const char *paths, struct arena *arena)
{
	for (const char *at = paths; at && *at;) {
		size_t length = strcspn(at, ":");
		struct stat st;
		char *path = arena_printf(arena, "%.*s/%s", (int)length, at, name);
		/* Relative entries of PATH are skipped: what is found must not depend on the
		 * working directory. */
		if (*at == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
			access(path, X_OK) == 0)
			return path;
		at += length + (at[length] == ':');
	}
	return NULL;
}
