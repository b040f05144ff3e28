/*
 * The receipt: receipt.json in the installation's directory says what is installed there, from
 * which file, with which proofs and when. Written when an installation is through, whole or not
 * at all; the next installer, the control program and `doctor` read it.
 */
#pragma once

#include "docker_cli.h"
#include "place.h"
#include "proof.h"

#define RECEIPT_SCHEMA 1

struct receipt_image {
	const char *reference, *tag, *pin, *config; /* as in the manifest */
};

struct receipt_file {
	const char *path; /* below directory */
	struct sha256 sha256;
};

struct receipt {
	const char *name;    /* of the bundle */
	const char *version; /* or NULL */
	const char *project; /* compose project */
	const char *directory;
	const char *installer; /* path of the file that was run */
	const char *root;      /* its locator's root, 64 hex digits */
	const char *builder;
	const char *signer;  /* fingerprint of who signed the installer; NULL: nobody, or 0.1 */
	const char *compose; /* file below directory */
	const char *variant; /* of the bundle's fallback; NULL: the first choice */
	const char *installed_at, *first_installed_at;
	const char *engine, *engine_version; /* "Docker Desktop", "28.5.2" */
	struct receipt_image *images;
	size_t image_count;
	struct receipt_file *files; /* as they were handed over; none in receipts of 0.1 */
	size_t file_count;
	const struct proof_list *proofs; /* of this run; not read back */
};

/* *out NULL: there is none. A receipt that is none is CODE_INPUT with its path. */
int receipt_read(const char *directory, struct arena *arena, struct receipt **out, struct err *err);

/* What this session installs. old (may be NULL) gives first_installed_at. */
void receipt_fill(struct receipt *receipt, const struct session *session, const struct place *place,
	const struct docker_engine *engine, const struct receipt *old, struct arena *arena);
int receipt_write(const struct receipt *receipt, struct err *err);
void receipt_remove(const char *directory);

/* A damaged one makes way, as receipt.json.old. In the locked place. */
int receipt_set_aside(const char *directory, struct err *err);

/* The installation goes, its data stays: the receipt does too, as receipt.uninstalled.json, so that
 * no older version is put over the data. The next receipt_write() ends that. */
void receipt_retire(const char *directory);
/* The retired one; *out NULL: there is none that can be read. */
void receipt_read_retired(const char *directory, struct arena *arena, struct receipt **out);
