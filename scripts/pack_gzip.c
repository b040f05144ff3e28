/*
 * gzip of the pinned zlib: stdin to stdout, the same bytes on every machine. The system's own zlib may be
 * another version or another implementation, and compress the same bytes to others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static unsigned char in[1 << 16], out[1 << 16];

static void drain(z_stream *z, int flush)
{
	do {
		z->next_out = out;
		z->avail_out = sizeof(out);
		if (deflate(z, flush) == Z_STREAM_ERROR)
			exit(1);
		size_t length = sizeof(out) - z->avail_out;
		if (fwrite(out, 1, length, stdout) != length)
			exit(1);
	} while (z->avail_out == 0);
}

int main(void)
{
	z_stream z = {0};
	gz_header header = {.os = 255}; /* no time, no name, no system (RFC 1952, 2.3.1) */
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
		deflateSetHeader(&z, &header) != Z_OK)
		return 1;
	while ((z.avail_in = (unsigned)fread(in, 1, sizeof(in), stdin)) > 0) {
		z.next_in = in;
		drain(&z, Z_NO_FLUSH);
	}
	if (ferror(stdin))
		return 1;
	drain(&z, Z_FINISH);
	deflateEnd(&z);
	return fflush(stdout) ? 1 : 0;
}
