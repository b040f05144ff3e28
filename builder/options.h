/* The command line of `hardtack`: one table of verbs and options (DESIGN.md 1.1). */
#pragma once

#include "option.h"
#include "ui.h"

struct options {
	struct option_ui ui;
	struct option_list targets;    /* --target */
	const char *output;            /* -o */
	struct option_list archives;   /* --image-archive [REF=]FILE */
	const char *verify_against;    /* --verify-against */
	const char *name;              /* --name */
	const char *version;           /* --version-label */
	struct option_list platforms;  /* --platform [SERVICE=]OS/ARCH */
	struct option_list profiles;   /* --profile */
	const char *env_file;          /* --env-file */
	bool pack_secrets;             /* --pack-secrets */
	struct option_list mirrors;    /* --mirror REGISTRY=PLACE */
	const char *ca_file;           /* --ca */
	struct option_list plain_http; /* --plain-http HOST[:PORT] */
	const char *limit_rate;        /* --limit-rate, see transfer_rate.h */
	uint64_t jobs;                 /* -j; 0: not given */
	bool offline;                  /* --offline */
	bool update;                   /* --update */
	bool strict;                   /* --strict */
	const char *from;              /* --from */
	bool dry_run;                  /* --dry-run */
	struct option_list keep;       /* --keep LOCK */
	uint64_t older_than;           /* --older-than, days; 0: not given */
	const char *max_size;          /* --max-size */
	bool all;                      /* --all */
	const char *sign;              /* --sign KEY.pem */
	const char *key;               /* --key: of sign a private one, of verify a public one */
	const char *passphrase_file;   /* --passphrase-file */
	bool licenses;                 /* --licenses */
	int sbom;                      /* --sbom spdx; 0: not given */
};

/* What a verb is called with. Everything is lent for the call. */
struct verb {
	const struct options *options;
	char *const *arguments;
	int argument_count;
	struct ui *ui;
	struct arena *arena;
};

int verb_build(struct verb *verb, struct err *err);
int verb_lint(struct verb *verb, struct err *err);
int verb_lock(struct verb *verb, struct err *err);
int verb_mirrors(struct verb *verb, struct err *err);
int verb_init(struct verb *verb, struct err *err);
int verb_inspect(struct verb *verb, struct err *err);
int verb_verify(struct verb *verb, struct err *err);
int verb_extract(struct verb *verb, struct err *err);
int verb_version(struct verb *verb, struct err *err);
int verb_fetch(struct verb *verb, struct err *err);
int verb_cache(struct verb *verb, struct err *err);
int verb_keygen(struct verb *verb, struct err *err);
int verb_sign(struct verb *verb, struct err *err);

extern const struct option_program options_program;

/* The function of a verb of that table. */
int options_run(const struct option_verb *row, struct verb *verb, struct err *err);
