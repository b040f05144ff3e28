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

/* How a file is laid out, known before its first byte. */
struct installer_shape {
	uint64_t header_length; /* 0 on ELF */
	uint64_t locator_offset;
	uint64_t payload_offset;
	uint64_t payload_length;
	uint64_t code_limit; /* where the signature starts; on ELF the size */
	uint64_t size;
};

/*
 * Where an installer goes, if not into a file: begin() once, write() for all bytes in order, then
 * patch() for the locator, whose root is only known now; digest() gives the SHA-256 of the whole.
 */
struct installer_output {
	int (*begin)(struct installer_output *output, const struct installer_shape *shape,
		struct err *err);
	int (*write)(
		struct installer_output *output, const void *bytes, size_t length, struct err *err);
	int (*patch)(struct installer_output *output, const void *bytes, size_t length,
		uint64_t offset, struct err *err);
	int (*digest)(struct installer_output *output, struct sha256 *sha256, struct err *err);
};

/* Makes an installer and pushes it into output; else like installer_file_write(). */
int installer_file_put(struct installer_file *file, struct installer_output *output,
	const char *target, const void *stub, size_t stub_length, struct installer_payload *payload,
	struct err *err);

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
