/*
 * Hiding secrets in what is shown or handed on: logs, compose's words, reports.
 *
 * A value that was added is masked wherever it stands: as it is, percent-encoded (in URLs and
 * forms), JSON-escaped, and inside base64 at any of its three alignments (basic auth). Besides,
 * whoever the value comes from: passwords in URLs (scheme://user:HERE@), Authorization headers, and
 * NAME=value where NAME speaks of secrets.
 */
#pragma once

#include "arena.h"
#include "env_file.h"
#include "text.h"

struct secret_pattern {
	const char *bytes;
	size_t length;
	bool base64;    /* the whole run of base64 characters around it goes */
	bool word;      /* short: only between characters that are no letters or digits */
	bool backslash; /* has one: it may stand doubled, as in JSON */
};

struct secret_mask {
	struct arena *arena;
	struct secret_pattern *items;
	size_t count, capacity;
};

void secret_mask_init(struct secret_mask *mask, struct arena *arena);

/* Does a variable of this name hold a secret, as names go? */
bool secret_mask_name(const char *name);

/* A value that is to be masked. Shorter than four characters, or a word such as "true": ignored. */
void secret_mask_add(struct secret_mask *mask, const char *value);

/* NAME with its value: added when the name speaks of secrets; passwords in URLs always. */
void secret_mask_add_variable(struct secret_mask *mask, const char *name, const char *value);

/* All that the installation's env files hold, and what the bundle's templates generate. */
void secret_mask_add_env_files(struct secret_mask *mask, const struct env_files *files);

/* An env file that cannot be understood: whatever stands behind a = in it. */
void secret_mask_add_lines(struct secret_mask *mask, const char *bytes);

/* Replaces them by ****. */
void secret_mask_apply(const struct secret_mask *mask, struct text *text);

/* The same for an error's text. */
void secret_mask_err(const struct secret_mask *mask, struct err *err);

/* The same for one text in the arena. */
const char *secret_mask_text(const struct secret_mask *mask, const char *text, struct arena *arena);
