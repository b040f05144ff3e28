/*
 * Docker's credential helpers: programs docker-credential-NAME of the person's PATH, with the
 * person's environment. `get` reads a server's name on stdin and writes
 * {"ServerURL","Username","Secret"}; a user <token> means that the secret is an identity token.
 */
#pragma once

#include <stdbool.h>

#include "credential.h"

/* *found false: it knows no login for this server. -1: it is missing or fails; the text names it
 * and never has what it wrote to stdout. */
int credential_helper_get(const char *name, const char *server, struct arena *arena,
	struct credential *out, bool *found, struct err *err);
