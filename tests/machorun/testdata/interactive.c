/* Waits for signals from outside: SIGWINCH is noted, SIGINT ends it with 130. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

static volatile sig_atomic_t resized, interrupted;

static void note(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		interrupted = 1;
}

int main(void)
{
	struct timespec minute = {60, 0};
	struct sigaction action;
	sigset_t both, none;

	/* Blocked but for the wait, so that none arrives between looking and waiting. */
	sigemptyset(&none);
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGWINCH);
	sigprocmask(SIG_BLOCK, &both, NULL);
	memset(&action, 0, sizeof(action));
	action.sa_handler = note;
	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	puts("waiting");
	fflush(stdout);
	for (;;) {
		int ready = pselect(0, NULL, NULL, NULL, &minute, &none);

		if (ready == 0 || errno != EINTR)
			return 1;
		if (resized)
			puts("resized");
		if (interrupted) {
			puts("interrupted");
			return 130;
		}
		resized = 0;
		fflush(stdout);
	}
}
