/* The embedded licences: inflated, then split into their fields. */
#include "license_text.h"

#include <stdint.h>
#include <string.h>

#include <zlib.h>

enum { FIELDS = 7 };

static int inflate_all(
	const struct license_blob *blob, struct arena *arena, char **out, struct err *err)
{
	z_stream stream = {.next_in = (unsigned char *)(uintptr_t)blob->bytes,
		.avail_in = (uInt)blob->length,
		.avail_out = (uInt)blob->raw_length};
	*out = arena_alloc(arena, blob->raw_length + 1);
	stream.next_out = (unsigned char *)*out;
	int result = inflateInit(&stream) == Z_OK ? inflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	inflateEnd(&stream);
	if (result != Z_STREAM_END || stream.avail_out != 0)
		return err_set(err, CODE_BUG, "the licences in this program are damaged");
	return 0;
}

int license_text_list(const struct license_blob *blob, struct arena *arena,
	struct license_text **out, size_t *count, struct err *err)
{
	char *at;
	size_t fields = 0, capacity = 0;
	if (inflate_all(blob, arena, &at, err) < 0)
		return -1;
	const char *end = at + blob->raw_length;
	*out = NULL;
	*count = 0;
	struct license_text *part = NULL;
	for (; at < end; at += strlen(at) + 1, fields++) {
		if (fields % FIELDS == 0)
			part = ARENA_PUSH(arena, *out, *count, capacity);
		const char **into[FIELDS] = {&part->name, &part->version, &part->license,
			&part->url, &part->sha256, &part->targets, &part->text};
		*into[fields % FIELDS] = at;
	}
	if (fields == 0 || fields % FIELDS != 0 || end[-1] != '\0')
		return err_set(err, CODE_BUG, "the licences in this program are damaged");
	return 0;
}

bool license_text_is_for(const struct license_text *part, const char *target)
{
	size_t length = strlen(target);
	for (const char *at = part->targets; (at = strstr(at, target)); at += length)
		if ((at == part->targets || at[-1] == ' ') &&
			(at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}
