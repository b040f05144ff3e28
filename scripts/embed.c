/*
 * Compresses stdin (what scripts/licenses.py wrote) into a C source for a program: its
 * license_blob. Built with the pinned zlib, since another one would give other bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

enum { LIMIT = 4 << 20 };

static unsigned char raw[LIMIT], packed[LIMIT];

int main(void)
{
	size_t length = fread(raw, 1, LIMIT, stdin);
	z_stream stream = {
		.next_in = raw, .avail_in = (uInt)length, .next_out = packed, .avail_out = LIMIT};
	if (length == 0 || length == LIMIT || deflateInit(&stream, Z_BEST_COMPRESSION) != Z_OK ||
		deflate(&stream, Z_FINISH) != Z_STREAM_END)
		return fprintf(stderr, "embed: nothing to compress, or more than %d bytes\n",
			       LIMIT),
		       1;
	size_t made = LIMIT - stream.avail_out;
	printf("#include \"license_text.h\"\n\nstatic const unsigned char bytes[] = {");
	for (size_t i = 0; i < made; i++)
		printf("%s%u,", i % 24 ? "" : "\n", packed[i]);
	printf("\n};\n\nconst struct license_blob license_blob = {bytes, sizeof(bytes), %zu};\n",
		length);
	deflateEnd(&stream);
	return fclose(stdout) != 0;
}
