/* SHA-256 of a file's bytes, streamed: never whole in memory. */
#pragma once

#include "digest.h"

/* Of length bytes from offset on; path is for errors. A file that ends before is CODE_IO
 * (stream.h, stream_file). The descriptor's position is neither used nor moved. */
int digest_file_range(int fd, const char *path, uint64_t offset, uint64_t length,
	struct sha256 *out, struct err *err);
