/* Waiting for the children of a run that was killed. */
#include "orphan_wait.h"

#include "child_guard.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"

/* The guardian of that run needs CHILD_GRACE_MS at most; whom it does not reach may need long. */
enum { QUIET_MS = 1000, WAIT_S = 120, LOOK_MS = 20, LOOK_SLOWLY_MS = 200 };

static int give_up(const char *path, pid_t group, struct err *err)
{
	err_set(err, CODE_PREFLIGHT,
		"Docker commands of a run that was killed are still at work (they hold %s)", path);
	if (group > 0)
		return err_hint(err,
			"they end by themselves as a rule: wait, then run this again; to end them: "
			"kill -- -%ld",
			(long)group);
	return err_hint(err,
		"they end by themselves as a rule: wait, then run this again; who they are: lsof "
		"\"%s\"",
		path);
}

int orphan_wait(const char *directory, const struct session *session, struct err *err)
{
	AUTO_FREE char *path = xprintf("%s/" ORPHAN_HOLD, directory);
	const uint64_t limit_s = session->options->timeout_s ? session->options->timeout_s : WAIT_S;
	const uint64_t began_ms = monotonic_ms();
	bool taken, said = false;
	pid_t group;
	for (;;) {
		if (interrupt_check(err) < 0 || child_guard_take(path, &taken, &group, err) < 0)
			return -1;
		uint64_t waited_ms = monotonic_ms() - began_ms;
		if (taken)
			return 0;
		if (waited_ms > limit_s * 1000)
			return give_up(path, group, err);
		if (!said && waited_ms > QUIET_MS) {
			ui_note(session->ui, "%s",
				T("A run that was killed has left Docker commands at work; waiting "
				  "until they are through (Ctrl-C ends this run; nothing is "
				  "changed)."));
			said = true;
		}
		monotonic_sleep_ms(said ? LOOK_SLOWLY_MS : LOOK_MS);
	}
}
