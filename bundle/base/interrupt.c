/* Signals become a flag. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cleanup.h"
#include "ui.h"

static volatile sig_atomic_t pending;

static void on_signal(int number)
{
	if (pending) {
		ui_restore_terminal();
		_exit(pending == SIGINT ? CODE_INTERRUPTED : CODE_TERMINATED);
	}
	pending = number;
}

void interrupt_install(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits shall end */
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;
		/* Started with nohup: a hang-up stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

bool interrupt_pending(void)
{
	return pending != 0;
}

int interrupt_check(struct err *err)
{
	if (!pending)
		return 0;
	if (pending == SIGINT)
		return err_set(err, CODE_INTERRUPTED, "interrupted");
	return err_set(err, CODE_TERMINATED, "terminated");
}
