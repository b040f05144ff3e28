/*
 * A key's passphrase, from the first of these that is there: --passphrase-file FILE (its first
 * line; any readable file, /dev/fd/3 too), the variable HARDTACK_KEY_PASSPHRASE (taken out of the
 * environment and overwritten once it is read), the terminal without echo. Never from the command
 * line, where everybody on the machine can read it. No program that hardtack starts gets the
 * variable, read or not (credential_helper.c).
 */
#pragma once

#include "err.h"
#include "ui.h"

#define PASSPHRASE_VARIABLE "HARDTACK_KEY_PASSPHRASE"

enum { PASSPHRASE_CAPACITY = 1024 };

struct passphrase_source {
	const char *file; /* --passphrase-file, or NULL */
	struct ui *ui;
};

struct passphrase {
	char text[PASSPHRASE_CAPACITY];
};

/* For a key that has one. CODE_USAGE when nobody can be asked. */
int passphrase_get(struct passphrase *out, const struct passphrase_source *source, const char *key,
	struct err *err);

/* For a new key: asked twice; "" is none, and so is nobody to ask. */
int passphrase_choose(
	struct passphrase *out, const struct passphrase_source *source, struct err *err);

void passphrase_clear(struct passphrase *passphrase); /* overwrites it */
#define AUTO_PASSPHRASE __attribute__((cleanup(passphrase_clear))) struct passphrase
