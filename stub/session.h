/*
 * One run of the program: what every verb gets, and this file's own bundle.
 *
 * The file is opened once; what was verified is what is read (the same descriptor).
 */
#pragma once

#include "bundle_reader.h"
#include "executable_layout.h"
#include "stub_options.h"
#include "ui.h"

struct session {
	struct arena *arena;
	struct ui *ui;
	const struct stub_options *options;
	char **arguments;
	int argument_count;
	/* After session_open(): */
	int fd; /* -1 before */
	const char *path;
	struct executable_layout layout;
	/* After session_open_bundle(): */
	struct bundle *bundle;
	const struct manifest *manifest; /* of the variant at hand (manifest_variant()) */
	size_t variant;                  /* 0: the first choice; place_choose() knows which */
	size_t variant_count;            /* 1 without a fallback */
};

/* Opens the running file and reads its layout: no byte of the payload is trusted yet. */
int session_open(struct session *session, struct err *err);

/* Verifies every byte, as a step with a progress bar. Nothing else may be touched before. */
int session_verify(struct session *session, struct err *err);

/* Opens the bundle; the manifest lives as long as the session. */
int session_open_bundle(struct session *session, struct err *err);

/* Goes on with that variant: manifest is its own from now on. */
void session_use_variant(struct session *session, size_t variant);

/* The number of the variant of this name, or variant_count. */
size_t session_find_variant(const struct session *session, const char *name);

/* The three in order: what install and load do. */
int session_open_verified(struct session *session, struct err *err);

/* CODE_USAGE in the control program: it has no images. installer: the path that the receipt
 * names, or NULL. */
int session_require_images(const struct session *session, const char *installer, struct err *err);

void session_close(struct session *session);
