/*
 * Handed-over env files (client/.env): read by programs that know nothing of the installation's
 * .env, so references to it are filled in. A later run lets those values follow .env, and leaves
 * all that the person wrote there.
 */
#pragma once

#include "env_file.h"

/* Works out file->filled: a value for each entry of the template that refers to something. */
int env_fill_resolve(struct env_files *files, struct env_file *file, struct err *err);

/* The existing file's text with those values in place; the names that changed are noted. */
int env_fill_update(const struct env_files *files, const struct env_file *file, struct text *out,
	struct ui *ui, struct err *err);
