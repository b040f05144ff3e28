/* The recipient's command line (DESIGN.md 1.2): values, and the table of verbs. */
#pragma once

#include "option.h"

struct stub_options {
	struct option_ui ui;
	bool yes;
	bool dry_run;
	bool erase_data;
	bool purge_data;
	bool follow;
	bool show;
	bool licenses;
	const char *directory;
	const char *project_name;
	const char *output;
	const char *tail;
	const char *report;
	const char *require_key;
	const char *backup_to; /* folder for the backup before a deletion */
	const char *fallback; /* "ask", "auto", "never"; NULL: not said (fallback.h) */
	struct option_list set;
	struct option_list ignore_preflight;
	uint64_t timeout_s; /* 0: what the bundle says */
};

/* Tags of the table's rows. */
enum stub_verb {
	VERB_INSTALL,
	VERB_VERIFY,
	VERB_INFO,
	VERB_PREFLIGHT,
	VERB_LOAD,
	VERB_EXTRACT,
	VERB_STATUS,
	VERB_START,
	VERB_STOP,
	VERB_SMOKE,
	VERB_OPEN,
	VERB_LOGS,
	VERB_CREDENTIALS,
	VERB_DOCTOR,
	VERB_UNINSTALL,
	VERB_ROLLBACK,
	VERB_VERSION,
	VERB_BACKUP,
	VERB_RESTORE,
};

/* name: what the person called this file. */
void stub_options_program(const char *name, struct option_program *program);
