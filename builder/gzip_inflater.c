/* gzip by pushing, over zlib. */
#include "gzip_inflater.h"

#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#include "arena.h"

enum { OUTPUT_SIZE = 128 * 1024, GZIP_ONLY = 15 + 16 /* largest window; a gzip header */ };

struct gzip_inflater {
	z_stream stream;
	struct stream_sink *sink;
	bool between_members; /* a member has ended; another or the end may follow */
	unsigned char output[OUTPUT_SIZE];
};

struct gzip_inflater *gzip_inflater_new(struct stream_sink *sink)
{
	struct gzip_inflater *inflater = xmalloc(sizeof(*inflater));
	memset(&inflater->stream, 0, sizeof(inflater->stream));
	inflater->sink = sink;
	inflater->between_members = false;
	BUG_ON(inflateInit2(&inflater->stream, GZIP_ONLY) != Z_OK);
	return inflater;
}

void gzip_inflater_free(struct gzip_inflater *inflater)
{
	if (!inflater)
		return;
	inflateEnd(&inflater->stream);
	free(inflater);
}

static int inflate_some(struct gzip_inflater *inflater, struct err *err)
{
	z_stream *stream = &inflater->stream;
	if (inflater->between_members) {
		inflateReset(stream);
		inflater->between_members = false;
	}
	stream->next_out = inflater->output;
	stream->avail_out = OUTPUT_SIZE;
	int result = inflate(stream, Z_NO_FLUSH);
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return err_set(err, CODE_INTEGRITY, "damaged gzip data: %s",
			stream->msg ? stream->msg : "?");
	inflater->between_members = result == Z_STREAM_END;
	size_t made = OUTPUT_SIZE - stream->avail_out;
	return made > 0 ? stream_write(inflater->sink, inflater->output, made, err) : 0;
}

int gzip_inflater_write(
	struct gzip_inflater *inflater, const void *bytes, size_t length, struct err *err)
{
	while (length > 0) {
		size_t part = length < (1u << 30) ? length : (1u << 30);
		inflater->stream.next_in = (unsigned char *)bytes;
		inflater->stream.avail_in = (unsigned)part;
		/* A full output buffer may leave more behind even when all input is taken. */
		do {
			if (inflate_some(inflater, err) < 0)
				return -1;
		} while (inflater->stream.avail_in > 0 ||
			 (inflater->stream.avail_out == 0 && !inflater->between_members));
		bytes = (const char *)bytes + part;
		length -= part;
	}
	return 0;
}

int gzip_inflater_finish(struct gzip_inflater *inflater, struct err *err)
{
	if (!inflater->between_members)
		return err_set(err, CODE_INTEGRITY, "the gzip data ends early");
	return 0;
}
