/*
 * The receipt: receipt.json in the installation's directory says what is installed there, from
 * which file, with which proofs and when. Written when an installation is through, whole or not
 * at all; the next installer, the control program and `doctor` read it.
 *
 * Without it nobody can tell which version the data is of, so there are two of it:
 * receipt.copy.json is the same, and is read when receipt.json is damaged or gone.
 */
#pragma once

#include "docker_cli.h"
#include "json.h"
#include "json_writer.h"
#include "place.h"
#include "proof.h"

#define RECEIPT_SCHEMA 1
#define RECEIPT_NAME "receipt.json"
#define RECEIPT_COPY "receipt.copy.json"

struct receipt_image {
	const char *reference, *tag, *pin, *config; /* as in the manifest */
};

struct receipt_file {
	const char *path; /* below directory: manifest_is_safe_path() */
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
	const char *engine_id, *engine_endpoint; /* home_engine.h; NULL: not known */
	struct receipt_image *images;
	size_t image_count;
	struct receipt_file *files; /* as they were handed over; none in receipts of 0.1 */
	size_t file_count;
	const struct proof_list *proofs; /* of this run; not read back */
	const char *path;                /* when read: of the one of the two that was read */
	const char *damage;              /* when read from the copy: why; else NULL */
	bool inferred; /* it was lost: what receipt_lost.h makes of what is left */
};

/* "images", in a receipt and in backup.json. */
void receipt_images_write(
	struct json_writer *writer, const struct receipt_image *images, size_t count);
int receipt_images_read(struct json root, struct receipt_image **images, size_t *count,
	struct arena *arena, struct err *err);

/* What receipt_write() writes, and back. path is for errors. */
void receipt_text(const struct receipt *receipt, struct text *out);
int receipt_parse(const char *bytes, size_t length, const char *path, struct arena *arena,
	struct receipt **out, struct err *err);

/* *out NULL: there is no such file. */
int receipt_read_file(const char *path, struct arena *arena, struct receipt **out, struct err *err);

/* *out NULL: there is none. When the copy is none either, a receipt that is none is CODE_INPUT with
 * its path: somebody has to decide, for it is not known what is installed. */
int receipt_read(const char *directory, struct arena *arena, struct receipt **out, struct err *err);

/* What this session installs. old (may be NULL) gives first_installed_at. */
void receipt_fill(struct receipt *receipt, const struct session *session, const struct place *place,
	const struct docker_engine *engine, const struct receipt *old, struct arena *arena);
int receipt_write(const struct receipt *receipt, struct err *err);
void receipt_remove(const char *directory); /* whatever there is of it */

/* The installation goes, its data stays: the receipt does too, as receipt.uninstalled.json, so that
 * no older version is put over the data. The next receipt_write() ends that. */
void receipt_retire(const char *directory);
/* The retired one, as receipt_read(); of this there is no copy. */
int receipt_read_retired(
	const char *directory, struct arena *arena, struct receipt **out, struct err *err);
