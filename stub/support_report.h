/*
 * The support report: a tar for whoever helps from afar, without a secret in it.
 *
 * Entries are collected in memory (bounded) and pass the mask when they are written, all of them:
 * what is added to the mask meanwhile counts for earlier entries too. The file is made anew (0600);
 * one that exists is refused. Entries come in the order in which they were added.
 */
#pragma once

#include "secret_mask.h"

enum {
	SUPPORT_REPORT_ENTRY_LIMIT = 1 << 20, /* bytes of one entry: its end is kept */
	SUPPORT_REPORT_LIMIT = 32 << 20,      /* of all: further entries are left out and named */
};

struct support_entry {
	const char *path;
	const char *bytes;
	size_t length;
};

struct support_report {
	struct arena *arena;
	const struct secret_mask *mask; /* borrowed */
	struct support_entry *items;
	size_t count, capacity;
	size_t total;
};

void support_report_init(
	struct support_report *report, const struct secret_mask *mask, struct arena *arena);

/* Adds an entry; path is below the report's folder, made of safe characters. */
void support_report_add(struct support_report *report, const char *path, const char *text);

/* The file's text; nothing when it is not there. */
void support_report_add_file(struct support_report *report, const char *path, const char *file);

/* A compose file: literal values under names that speak of secrets are masked where they stand,
 * and everywhere else. */
void support_report_add_compose(struct support_report *report, struct secret_mask *mask,
	const char *path, const char *file);

/* An env file: names stay, and of the values only ports and addresses without credentials. */
void support_report_add_env(struct support_report *report, const char *path, const char *file);

/* CODE_USAGE when the file exists. Writes folder/<path> for all entries. */
int support_report_write(
	const struct support_report *report, const char *file, const char *folder, struct err *err);

/* Compose and env files as text, for tests and the two above. Values found go into found (may be
 * NULL). */
void support_report_redact_compose(const char *yaml, struct secret_mask *found, struct text *out);
void support_report_redact_env(const char *text, struct text *out);
