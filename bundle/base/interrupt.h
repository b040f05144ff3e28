/*
 * Ctrl-C, kill and a closed terminal: a flag that long work looks at, so that everything is left
 * in a state that the next run understands. A second Ctrl-C ends the program at once, without
 * unfinished files.
 */
#pragma once

#include <stdbool.h>

#include "err.h"

/* Once, at the start: handlers for SIGINT, SIGTERM, SIGHUP; SIGPIPE is ignored (a child that
 * stops reading is no reason to die: facts, "docker load"). */
void interrupt_install(void);

/* Back to what was before, for work that need not be asked to end: a signal then ends the program
 * at once (file_io.h removes what is unfinished). A signal that has come stays pending. */
void interrupt_release(void);

/* While true, a signal that came is kept but not told: for putting right what must not stay as it
 * is (services that were stopped for a backup). A second one still ends the program at once. */
void interrupt_defer(bool defer);

bool interrupt_pending(void);

/* -1 with CODE_INTERRUPTED or CODE_TERMINATED once a signal has come. */
int interrupt_check(struct err *err);
