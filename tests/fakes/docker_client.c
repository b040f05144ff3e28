/*
 * The scripted docker as a program that starts at once: it hands its call to docker_server.py, which has the
 * script loaded already, waits, and ends as the call ended.
 *
 * The server is met at the socket ".server" beside this program (or a link to it). One message goes there: a
 * uint32_t with the length of what follows; then, each ended by a NUL, the path that was executed, the umask in
 * octal, the number of arguments, the arguments, the environment. With it come four descriptors: 0, 1, 2 and the
 * working directory. Back come the process id that plays the call, as int32_t, and its wait status, as int32_t.
 * Signals that can be caught are passed on; if this program is killed, the server's process ends by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile sig_atomic_t player;

static void die(const char *what)
{
	fprintf(stderr, "scripted docker: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void pass_on(int signal_number)
{
	int error = errno;
	kill((pid_t)player, signal_number);
	errno = error;
}

/* The address has room for 108 bytes, and a story's folder may be deeper: by the descriptor of the folder. */
static int server(const char *program)
{
	char folder[4096];
	const char *slash = strrchr(program, '/');
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - program) : 1, slash ? program : ".");
	int beside = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/.server", beside);
	int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (beside < 0 || made < 0 || connect(made, (struct sockaddr *)&address, sizeof address) != 0)
		die("no server");
	close(beside);
	return made;
}

static void add(char **message, size_t *length, const char *text)
{
	size_t more = strlen(text) + 1;
	*message = realloc(*message, *length + more);
	if (*message == NULL)
		die("memory");
	memcpy(*message + *length, text, more);
	*length += more;
}

static void send_all(int to, const void *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t sent = send(to, (const char *)data + done, length - done, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			die("send");
		done += sent > 0 ? (size_t)sent : 0;
	}
}

static void send_call(int to, char **argv, const char *program)
{
	char number[32], *message = NULL;
	size_t length = 0;
	int count = 0;
	mode_t mask = umask(0);
	umask(mask);
	while (argv[count] != NULL)
		count++;
	add(&message, &length, program);
	snprintf(number, sizeof number, "%o", (unsigned)mask);
	add(&message, &length, number);
	snprintf(number, sizeof number, "%d", count);
	add(&message, &length, number);
	for (char **word = argv; *word != NULL; word++)
		add(&message, &length, *word);
	for (char **word = environ; *word != NULL; word++)
		add(&message, &length, *word);

	int handed[4] = {0, 1, 2, open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
	for (int i = 0; i < 3; i++)
		if (fcntl(i, F_GETFD) < 0)
			handed[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof handed)];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof handed), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	memcpy(CMSG_DATA(&control.header), handed, sizeof handed);
	uint32_t size = (uint32_t)length;
	struct iovec head = {&size, sizeof size};
	struct msghdr first = {.msg_iov = &head, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	if (sendmsg(to, &first, MSG_NOSIGNAL) != sizeof size)
		die("hand over descriptors");
	send_all(to, message, length);
	free(message);
	close(handed[3]);
}

static int32_t receive(int from)
{
	int32_t number = 0;
	ssize_t got;
	do
		got = recv(from, &number, sizeof number, MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	if (got != sizeof number)
		die("no answer");
	return number;
}

int main(int argc, char **argv)
{
	(void)argc;
	int connection = server((const char *)getauxval(AT_EXECFN));
	send_call(connection, argv, (const char *)getauxval(AT_EXECFN));
	player = receive(connection);
	static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		sigaction(passed[i], &action, NULL);
	/* The engine's ends are its own: a reader of ours who waits for the end sees it. */
	for (int i = 0; i < 3; i++)
		close(i);
	int status = receive(connection);
	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	_exit(125);
}
