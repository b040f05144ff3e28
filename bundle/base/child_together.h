/* Several programs at the same time: for questions that do not wait for each other's answers. */
#pragma once

#include "child_process.h"

enum { CHILD_TOGETHER_MOST = 4 }; /* at once; the others follow */

/* child_run() for each request. 0: all ran, results[i] tells how. -1: the error of the first that
 * did not. child_result_clear() is due for all of them in every case. Ticks come on the caller's
 * thread, one at a time; each feed on the thread of its child, all at once; outputs are not for this. */
int child_run_together(const struct child_request *requests, struct child_result *results,
	size_t count, struct err *err);
