/*
 * Writes an installer: a target's stub and a payload as one executable file, streamed, each byte
 * of the payload hashed once for root and code signature.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "stream.h"

/* The payload: pushes exactly `length` bytes into the sink. */
struct installer_payload {
	uint64_t length;
	int (*write)(struct installer_payload *payload, struct stream_sink *sink, struct err *err);
};

struct installer_file {
	uint64_t size;
	uint64_t payload_offset;
	uint64_t payload_length;
	struct sha256 root;   /* the locator's */
	struct sha256 sha256; /* of the whole file, for FILE.sha256 */
};

/*
 * Writes path (mode 0755, whole or not at all: file_io.h). target is "darwin-arm64",
 * "linux-arm64" or "linux-amd64"; the stub is checked to be one of that target. The whole file's
 * SHA-256 needs the locator before the payload, so it comes from reading the new file once
 * more. CODE_INPUT, before anything is written, when a Mach-O would reach 4 GiB, and when the
 * payload turns out shorter or longer than it said.
 */
int installer_file_write(struct installer_file *file, const char *path, const char *target,
	const void *stub, size_t stub_length, struct installer_payload *payload, struct err *err);

/* The same into an open, empty file; path is for errors. */
int installer_file_write_to(struct installer_file *file, int fd, const char *path,
	const char *target, const void *stub, size_t stub_length, struct installer_payload *payload,
	struct err *err);
