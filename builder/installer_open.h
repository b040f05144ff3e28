/* Opening an installer file for the verbs that look into one. */
#pragma once

#include "bundle_reader.h"
#include "executable_layout.h"
#include "ui.h"

struct installer {
	int fd;
	const char *path; /* borrowed */
	uint64_t size_bytes;
	struct executable_layout layout;
	struct bundle *bundle;
};

#define INSTALLER_INIT   \
	{                \
		.fd = -1 \
	}

/* Opens the file, finds its payload and reads the bundle's manifest; proves no byte yet. */
int installer_open(struct installer *installer, const char *path, struct err *err);

/* The same after hashing every byte, shown as the step "verify". */
int installer_open_verified(
	struct installer *installer, const char *path, struct ui *ui, struct err *err);

/* Any regular file: an installer is opened and verified as above; of anything else only fd, path and
 * size_bytes are there, and reason says why it is no installer. *is_installer tells which. */
int installer_open_any(struct installer *installer, const char *path, struct ui *ui,
	bool *is_installer, struct err *reason, struct err *err);

void installer_close(struct installer *installer);
#define AUTO_INSTALLER __attribute__((cleanup(installer_close))) struct installer
