/* A range of a file as a source. */
#include "stream.h"

#include "arena.h"
#include "file_io.h"

static int stream_file_next(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct stream_file *file = (struct stream_file *)source;
	size_t chunk = file->left < STREAM_CHUNK ? (size_t)file->left : STREAM_CHUNK;
	if (!file->buffer) /* what is left never grows: a small blob gets a small one */
		file->buffer = xmalloc(chunk + 1);
	if (file_pread(file->fd, file->name, file->buffer, chunk, file->offset, err) < 0)
		return -1;
	file->offset += chunk;
	file->left -= chunk;
	*bytes = file->buffer;
	*length = chunk;
	return 0;
}

void stream_file_init(
	struct stream_file *file, int fd, const char *name, uint64_t offset, uint64_t length)
{
	*file = (struct stream_file){
		.source.next = stream_file_next,
		.fd = fd,
		.name = name,
		.offset = offset,
		.left = length,
	};
}

void stream_file_clear(struct stream_file *file)
{
	free(file->buffer);
	file->buffer = NULL;
}
