/* Secrets in env files: literal values under names that speak of secrets. */
#pragma once

#include "finding.h"

/* Does the name have PASSWORD, SECRET, TOKEN or KEY in it, in any case? */
bool secret_check_name(const char *name);

/* Could this text be a secret at all: not empty, no reference to a variable alone, not
 * true/false, and not the path of a file that holds it (NAME_FILE=/run/secrets/x)? */
bool secret_check_value(const char *name, const char *value);

/* Adds an error (rule literal-secret) for each literal secret of the env file. A file that is not
 * an env file is an error of the call when strict, otherwise it has none. */
int secret_check_file(
	const char *path, bool strict, struct finding_list *findings, struct err *err);
