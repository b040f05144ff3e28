/*
 * One run of the program: what every verb gets, and this file's own bundle.
 *
 * The file is opened once; what was verified is what is read (the same descriptor).
 */
#pragma once

#include "bundle_reader.h"
#include "executable_layout.h"
#include "stub_options.h"
#include "trusted_keys.h"
#include "ui.h"

struct session {
	struct arena *arena;
	struct ui *ui;
	const struct stub_options *options;
	char **arguments;
	int argument_count;
	struct proof_list *proofs; /* proof.h; NULL: none are kept */
	/* After session_open(): */
	int fd; /* -1 before */
	const char *path;
	struct executable_layout layout;
	/* After session_read_bundle(): */
	struct bundle *bundle;
	const struct manifest *manifest; /* of the variant at hand (manifest_variant()) */
	size_t variant;                  /* 0: the first choice; place_choose() knows which */
	size_t variant_count;            /* 1 without a fallback */
	const char *signer;              /* fingerprint of who signed it, or NULL: unsigned */
	/* After session_open_bundle(): */
	struct trusted_keys trusted; /* signer is one of them, if there are any */
	bool judged;
	bool verified; /* every byte of it */
};

/* Opens the running file and reads its layout: no byte of the payload is trusted yet. */
int session_open(struct session *session, struct err *err);

/* Verifies every byte, as a step with a progress bar, once. Nothing else may be touched before. */
int session_verify(struct session *session, struct err *err);

/* Opens the bundle; the manifest lives as long as the session. For what only tells what this file
 * says of itself (info, version): nobody has vouched for it, unless --require-key is given. */
int session_read_bundle(struct session *session, struct err *err);

/* The same, and CODE_INTEGRITY when keys are demanded here (trusted_keys.h) and it is not signed by
 * one of them. What all other verbs begin with, before Docker or a file is touched. */
int session_open_bundle(struct session *session, struct err *err);

/* Goes on with that variant: manifest is its own from now on. */
void session_use_variant(struct session *session, size_t variant);

/* The number of the variant of this name, or variant_count. */
size_t session_find_variant(const struct session *session, const char *name);

/* The three in order: what install and load do. With keys demanded, every entry is held against the
 * signed manifest too: the root can be computed again by whoever alters a file. */
int session_open_verified(struct session *session, struct err *err);

/* CODE_USAGE in the control program: it has no images. installer: the path that the receipt
 * names, or NULL. */
int session_require_images(const struct session *session, const char *installer, struct err *err);

/* Is --ignore-preflight given for that finding? */
bool session_ignores(const struct session *session, const char *finding);

/* "signed by sha256:…" or "unsigned", in the person's language. */
const char *session_signer_text(const struct session *session);

/*
 * Another bundle beside this one, verified: the old control program with the old procedure, when an
 * upgrade has to go back. It shares arena and ui; options are its own, for directory and project.
 * CODE_INTEGRITY, CODE_IO: it cannot be used. session_close() in any case.
 */
int session_open_other(struct session *other, const struct session *session, const char *path,
	const struct stub_options *options, struct err *err);

void session_close(struct session *session);
#define AUTO_SESSION __attribute__((cleanup(session_close))) struct session
#define SESSION_INIT     \
	{                \
		.fd = -1 \
	}
