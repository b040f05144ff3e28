/* Children: spawn with pipes and poll, wait status, exec, working directory, itself as a child. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "say.h"

extern char **environ;

struct output {
	char out[512], err[512];
	int status;
};

/* Reads both pipes with poll until both end. */
static void drain(int out, int err, struct output *result)
{
	struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
	char *buffers[2] = {result->out, result->err};
	size_t used[2] = {0, 0};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, 10000) <= 0)
			break;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !(fds[i].revents & (POLLIN | POLLHUP)))
				continue;
			ssize_t got = read(fds[i].fd, buffers[i] + used[i], 511 - used[i]);

			if (got <= 0)
				fds[i].fd = -1;
			else
				used[i] += (size_t)got;
		}
	}
	buffers[0][used[0]] = buffers[1][used[1]] = '\0';
}

static int run(char *const argv[], char *const envp[], const char *input, struct output *result)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int in[2], out[2], err[2], error;
	pid_t child;

	if (pipe(in) < 0 || pipe(out) < 0 || pipe(err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		fcntl(in[i], F_SETFD, FD_CLOEXEC);
		fcntl(out[i], F_SETFD, FD_CLOEXEC);
		fcntl(err[i], F_SETFD, FD_CLOEXEC);
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_adddup2(&actions, err[1], 2);
	posix_spawnattr_init(&attributes);
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(&child, argv[0], &actions, &attributes, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	if (error == 0) {
		if (input != NULL)
			(void)!write(in[1], input, strlen(input));
		close(in[1]);
		drain(out[0], err[0], result);
		waitpid(child, &result->status, 0);
	} else {
		close(in[1]);
	}
	close(out[0]);
	close(err[0]);
	return error;
}

static void native_children(void)
{
	struct output result;
	char *const shell[] = {"sh", "-c", "cat; echo problem >&2; exit 5", NULL};
	char *const killed[] = {"sh", "-c", "kill -USR1 $$", NULL};
	char *const none[] = {"no-such-program-anywhere", NULL};
	char *const variable[] = {"/bin/sh", "-c", "echo $ONLY $HOME", NULL};
	char *const environment[] = {"ONLY=this", "PATH=/usr/bin:/bin", NULL};

	CHECK("spawn", run(shell, environ, "fed", &result) == 0);
	CHECK("output", strcmp(result.out, "fed") == 0 && strcmp(result.err, "problem\n") == 0);
	CHECK("exit status", WIFEXITED(result.status) && WEXITSTATUS(result.status) == 5);
	CHECK("killed by SIGUSR1", run(killed, environ, NULL, &result) == 0 &&
					   WIFSIGNALED(result.status) &&
					   WTERMSIG(result.status) == SIGUSR1);
	CHECK("missing program", run(none, environ, NULL, &result) == ENOENT);
	CHECK("environment", run(variable, environment, NULL, &result) == 0 &&
				     strcmp(result.out, "this\n") == 0);
}

static void itself(const char *path)
{
	struct output result;
	char *const again[] = {(char *)path, "child", "an argument", NULL};
	char *const through_shell[] = {"sh", "-c", "exec \"$0\" </dev/null", "cat", NULL};

	CHECK("itself as a child", run(again, environ, NULL, &result) == 0 &&
					   WIFEXITED(result.status) &&
					   WEXITSTATUS(result.status) == 42 &&
					   strcmp(result.out, "child: an argument\n") == 0);
	CHECK("shell", run(through_shell, environ, NULL, &result) == 0 && result.status == 0);
}

static void forks(void)
{
	int status, ends[2];
	char byte = 0;
	struct rusage usage;
	pid_t child;

	CHECK("pipe", pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		chdir("/");
		execl("/bin/sh", "sh", "-c", "test \"$PWD\" = / && exit 7", (char *)NULL);
		_exit(99);
	}
	CHECK("fork, chdir and execl",
		waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
	child = fork();
	if (child == 0) {
		(void)!write(ends[1], "x", 1);
		raise(SIGSTOP);
		_exit(3);
	}
	CHECK("child wrote", read(ends[0], &byte, 1) == 1 && byte == 'x');
	CHECK("stopped", waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) &&
				 WSTOPSIG(status) == SIGSTOP);
	CHECK("not yet", waitpid(child, &status, WNOHANG) == 0);
	CHECK("continued and gone",
		kill(child, SIGCONT) == 0 && wait4(child, &status, 0, &usage) == child &&
			WIFEXITED(status) && WEXITSTATUS(status) == 3 && usage.ru_maxrss > 0);
	CHECK("no more children", waitpid(-1, &status, 0) < 0 && errno == ECHILD);
	status = system("exit 4");
	CHECK("system", WEXITSTATUS(status) == 4);
	FILE *pipe_in = popen("echo from popen", "r");
	char line[32] = "";
	CHECK("popen", pipe_in != NULL && fgets(line, sizeof(line), pipe_in) != NULL &&
			       strcmp(line, "from popen\n") == 0 && pclose(pipe_in) == 0);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "child") == 0) {
		printf("child: %s\n", argv[2]);
		return 42;
	}
	native_children();
	itself(argv[0]);
	forks();
	return say_done();
}
