/* SHA-256 of a range of an open file. */
#include "digest_file.h"

#include "stream.h"

int digest_file_range(int fd, const char *path, uint64_t offset, uint64_t length,
	struct sha256 *out, struct err *err)
{
	struct digest_sha256 hash;
	struct stream_file file;
	const void *bytes;
	size_t count;
	int status;
	digest_sha256_init(&hash);
	stream_file_init(&file, fd, path, offset, length);
	while ((status = stream_next(&file.source, &bytes, &count, err)) == 0 && count > 0)
		digest_sha256_update(&hash, bytes, count);
	stream_file_clear(&file);
	*out = digest_sha256_final(&hash);
	return status;
}
