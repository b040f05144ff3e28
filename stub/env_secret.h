/* Secrets of env templates, from the system's generator for cryptography. */
#pragma once

#include "env_template.h"

/* The value of a secret's entry, with the text around it. CODE_IO when there is no randomness. */
int env_secret_make(struct arena *arena, const struct env_template_entry *entry, const char **value,
	struct err *err);
