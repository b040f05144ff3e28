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
	const struct manifest *manifest;
};

/* Opens the running file and reads its layout: no byte of the payload is trusted yet. */
int session_open(struct session *session, struct err *err);

/* Verifies every byte, as a step with a progress bar. Nothing else may be touched before. */
int session_verify(struct session *session, struct err *err);

/* Opens the bundle; the manifest lives as long as the session. */
int session_open_bundle(struct session *session, struct err *err);

/* The three in order: what install and load do. */
int session_open_verified(struct session *session, struct err *err);

/* CODE_USAGE in the control program: it has no images. installer: the path that the receipt
 * names, or NULL. */
int session_require_images(const struct session *session, const char *installer, struct err *err);

void session_close(struct session *session);
