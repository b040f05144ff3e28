/* posix_spawn with what only Darwin has, and a Mach-O that starts itself in every way there is. */
#include <fcntl.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "say.h"

extern char **environ;

static char self[PATH_MAX];

/* Exit status of a spawned command; -1 and errno when it did not start. */
static int spawn(posix_spawn_file_actions_t *actions, short flags, const char *path,
	char *const *argv, char *const *envp)
{
	posix_spawnattr_t attributes;
	int error, status;
	pid_t child;

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, flags);
	error = posix_spawn(&child, path, actions, &attributes, argv, envp);
	posix_spawnattr_destroy(&attributes);
	if (error != 0) {
		errno = error;
		return -1;
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static void descriptors(void)
{
	posix_spawn_file_actions_t actions;
	char *const nine_is_closed[] = {"sh", "-c", "! (: >&9) 2>/dev/null", NULL};
	char *const nine_is_open[] = {"sh", "-c", "(: >&9) 2>/dev/null", NULL};
	char *const in_root[] = {"sh", "-c", "test \"$(pwd)\" = /", NULL};

	CHECK("descriptor 9", dup2(open("/dev/null", O_RDWR), 9) == 9);
	CHECK("it is inherited", spawn(NULL, 0, "/bin/sh", nine_is_open, environ) == 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, 0, 1);
	posix_spawn_file_actions_adddup2(&actions, 0, 2);
	CHECK("POSIX_SPAWN_CLOEXEC_DEFAULT", spawn(&actions, POSIX_SPAWN_CLOEXEC_DEFAULT, "/bin/sh",
						     nine_is_closed, environ) == 0);
	posix_spawn_file_actions_addinherit_np(&actions, 9);
	CHECK("addinherit_np", spawn(&actions, POSIX_SPAWN_CLOEXEC_DEFAULT, "/bin/sh", nine_is_open,
				       environ) == 0);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	CHECK("addchdir_np", spawn(&actions, 0, "/bin/sh", in_root, environ) == 0);
	posix_spawn_file_actions_destroy(&actions);
	close(9);
}

static void failures(void)
{
	posix_spawn_file_actions_t actions;
	char *const any[] = {"any", NULL};

	CHECK("missing", spawn(NULL, 0, "/no/such/program", any, environ) == -1 && errno == ENOENT);
	CHECK("no permission", close(open("plain", O_CREAT | O_WRONLY, 0600)) == 0 &&
				       spawn(NULL, 0, "plain", any, environ) == -1 &&
				       errno == EACCES);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/no/such/file", O_RDONLY, 0);
	CHECK("an action that fails",
		spawn(&actions, 0, "/bin/sh", any, environ) == -1 && errno == ENOENT);
	posix_spawn_file_actions_destroy(&actions);
	CHECK("/proc is no way to a program",
		spawn(NULL, 0, "/proc/self/exe", any, environ) == -1 && errno == ENOENT);
}

static int forked(void (*start)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		start();
		_exit(99);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void by_execv(void)
{
	execv(self, (char *[]){"renamed", "child", "NOT SET", NULL});
}

static void by_execle(void)
{
	execle(self, "renamed", "child", "by execle", (char *)NULL,
		(char *[]){"MARK=by execle", NULL});
}

static void by_execlp(void)
{
	char folder[PATH_MAX];

	strlcpy(folder, self, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	setenv("PATH", folder, 1);
	setenv("MARK", "by execlp", 1);
	execlp(strrchr(self, '/') + 1, "renamed", "child", "by execlp", (char *)NULL);
}

static void by_setexec(void)
{
	posix_spawnattr_t attributes;

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETEXEC);
	setenv("MARK", "in place", 1);
	posix_spawn(NULL, self, NULL, &attributes, (char *[]){"renamed", "child", "in place", NULL},
		environ);
}

static void itself(void)
{
	char *const child[] = {"renamed", "child", "by spawn", NULL};

	unsetenv("MARK");
	CHECK("posix_spawn", spawn(NULL, 0, self, child, (char *[]){"MARK=by spawn", NULL}) == 42);
	CHECK("execv", forked(by_execv) == 42);
	CHECK("execle", forked(by_execle) == 42);
	CHECK("execlp", forked(by_execlp) == 42);
	CHECK("POSIX_SPAWN_SETEXEC", forked(by_setexec) == 42);
}

/* caffeinate stays as long as we do, unless it is told to go. */
static void stand_in(void)
{
	char pid_text[16];
	int status;
	pid_t child;

	snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	CHECK("caffeinate starts", posix_spawn(&child, "/usr/bin/caffeinate", NULL, NULL,
					   (char *[]){"caffeinate", "-i", "-w", pid_text, NULL},
					   (char *[]){NULL}) == 0);
	usleep(300000);
	CHECK("it stays", waitpid(child, &status, WNOHANG) == 0);
	CHECK("it goes", kill(child, SIGTERM) == 0 && waitpid(child, &status, 0) == child &&
				 WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int main(int argc, char **argv)
{
	uint32_t size = sizeof(self);
	const char *mark = getenv("MARK");

	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return strcmp(argv[0], "renamed") == 0 &&
				       strcmp(mark != NULL ? mark : "NOT SET", argv[2]) == 0
			       ? 42
			       : 1;
	CHECK("executable path", _NSGetExecutablePath(self, &size) == 0);
	descriptors();
	failures();
	itself();
	stand_in();
	return say_done();
}
