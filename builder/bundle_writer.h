/* Writing a planned bundle: the payload of an installer, streamed. */
#pragma once

#include "bundle_plan.h"
#include "installer_file.h"
#include "ui.h"

/* A plan as an installer's payload; progress goes to ui. The plan must outlive it. */
struct bundle_writer {
	struct installer_payload payload;
	const struct bundle_plan *plan;
	uint64_t mtime; /* seconds since 1970 of all tar entries */
	struct ui *ui;
};

/* mtime is SOURCE_DATE_EPOCH when that is set (CODE_USAGE when it is no number), else 0. */
int bundle_writer_init(struct bundle_writer *writer, const struct bundle_plan *plan, struct ui *ui,
	struct err *err);
