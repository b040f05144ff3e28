/* Signals become a flag. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_io.h"
#include "ui.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static _Atomic int pending; /* written by a handler, read by threads */
static struct sigaction before[ARRAY_SIZE(signals)];
static bool installed, deferred;

static void on_signal(int number)
{
	if (pending) {
		ui_restore_terminal();
		file_output_unlink_unfinished();
		_exit(pending == SIGINT ? CODE_INTERRUPTED : CODE_TERMINATED);
	}
	pending = number;
}

void interrupt_install(void)
{
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits shall end */
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals) && !installed; i++) {
		/* Started with nohup: a hang-up stays ignored. */
		if (sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	installed = true;
	signal(SIGPIPE, SIG_IGN);
}

void interrupt_release(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals) && installed; i++)
		sigaction(signals[i], &before[i], NULL);
	installed = false;
}

void interrupt_defer(bool defer)
{
	deferred = defer;
}

bool interrupt_pending(void)
{
	return pending != 0 && !deferred;
}

int interrupt_check(struct err *err)
{
	if (!interrupt_pending())
		return 0;
	if (pending == SIGINT)
		return err_set(err, CODE_INTERRUPTED, "interrupted");
	return err_set(err, CODE_TERMINATED, "terminated");
}
