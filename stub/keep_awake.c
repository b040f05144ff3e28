/* caffeinate(8) watches our process id and goes when we go. */
#include "keep_awake.h"

#ifdef __APPLE__
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

void keep_awake(void)
{
	char own_pid[16];
	pid_t pid;
	posix_spawn_file_actions_t actions;
	snprintf(own_pid, sizeof(own_pid), "%d", (int)getpid());
	char name[] = "caffeinate", no_idle_sleep[] = "-i", while_pid[] = "-w";
	char *const argv[] = {name, no_idle_sleep, while_pid, own_pid, NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	posix_spawn(&pid, "/usr/bin/caffeinate", &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
}
#else
void keep_awake(void)
{
}
#endif
