/* Which language to speak. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "ui.h"

#ifdef __APPLE__
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

/* "(\n    \"zh-Hans-CN\",\n    en\n)": the first name decides. */
static int language_of_list(const char *list, enum message_language *language)
{
	while (*list == '(' || *list == '"' || *list == ' ' || *list == '\n')
		list++;
	return message_language_parse(list, language);
}

/* Finder starts programs without LANG: what the person chose is in the global preferences. */
static int language_of_system(enum message_language *language)
{
	/* Compound literals: posix_spawn wants strings that may be written. */
	char *const argv[] = {(char[]){"defaults"}, (char[]){"read"}, (char[]){"-g"},
		(char[]){"AppleLanguages"}, NULL};
	posix_spawn_file_actions_t actions;
	char list[512];
	size_t length = 0;
	int ends[2], status;
	pid_t pid;
	if (pipe(ends) < 0)
		return -1;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawn(&pid, "/usr/bin/defaults", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while (!failed && length + 1 < sizeof(list)) {
		ssize_t got = read(ends[0], list + length, sizeof(list) - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	close(ends[0]);
	list[length] = '\0';
	if (failed || waitpid(pid, &status, 0) < 0)
		return -1;
	return language_of_list(list, language);
}
#else
static int language_of_system(enum message_language *language)
{
	(void)language;
	return -1;
}
#endif

static const char *language_argument(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--lang=", 7) == 0)
			return argv[i] + 7;
		if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

void ui_language_detect(int argc, char *const *argv)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	enum message_language language = MESSAGE_EN;
	const char *asked = language_argument(argc, argv);
	if (message_language_parse(asked, &language) < 0) {
		const char *value = NULL;
		for (size_t i = 0; i < ARRAY_SIZE(names) && !(value && *value); i++)
			value = getenv(names[i]);
		if (value && *value)
			message_language_parse(value, &language);
		else
			language_of_system(&language);
	}
	message_set_language(language);
}
