/*
 * Is what Docker runs under our project's name our own application, in another folder? So it is for
 * who installed with sudo and comes without, or the other way round: HOME was another one.
 */
#pragma once

#include "session.h"

struct elsewhere {
	const char *directory; /* for --dir: a variant's is the one above */
	const char *what;      /* "langfuse 2.95.12"; NULL: this user may not look into the folder */
	const char *owner;     /* whose the folder is; NULL: not to be seen */
	bool needs_sudo;       /* this user may not change it */
};

/* from: the folder where the project's containers were made. false: gone, or of somebody else. */
bool elsewhere_look(
	struct elsewhere *elsewhere, const struct session *session, const char *from);
