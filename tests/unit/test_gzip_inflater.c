/* gzip by pushing: in any portions, several members, and every damage. */
#include "check.h"

#include <stdlib.h>

#include "digest.h"
#include "file_io.h"
#include "gzip_inflater.h"
#include "text.h"

struct text_sink {
	struct stream_sink sink;
	struct text text;
	bool full;
};

static int keep(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct text_sink *to = (struct text_sink *)sink;
	if (to->full)
		return err_set(err, CODE_DISK_FULL, "full");
	text_add_bytes(&to->text, bytes, length);
	return 0;
}

/* Inflates in portions of `step` bytes; the text is the caller's to clear. */
static int inflate_all(
	const char *bytes, size_t length, size_t step, struct text_sink *to, struct err *err)
{
	*to = (struct text_sink){.sink.write = keep, .text = TEXT_INIT, .full = to->full};
	text_clear(&to->text);
	AUTO(gzip_inflater) inflater = gzip_inflater_new(&to->sink);
	for (size_t at = 0; at < length; at += step) {
		size_t part = length - at < step ? length - at : step;
		if (gzip_inflater_write(inflater, bytes + at, part, err) < 0)
			return -1;
	}
	return gzip_inflater_finish(inflater, err);
}

static char *make(const char *command, struct arena *arena, size_t *length)
{
	struct err err = ERR_INIT;
	char *bytes = NULL;
	*length = 0;
	CHECK_INT(system(command), 0);
	CHECK_OK(file_read_all("a.gz", 1 << 24, arena, &bytes, length, &err));
	return bytes;
}

TEST(data_in_any_portions_comes_out_the_same)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	size_t length;
	char *bytes = make(
		"seq 200000 >plain; gzip -c plain >a.gz; sha256sum plain >sum", arena, &length);
	static const size_t steps[] = {1 << 24, 4096, 7, 1};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct text_sink to = {0};
		CHECK_OK(inflate_all(bytes, length, steps[i], &to, &err));
		CHECK_INT(to.text.length, 1288895);
		CHECK(text_ends_with(to.text.bytes, "\n199999\n200000\n"));
		text_clear(&to.text);
	}
}

TEST(several_members_are_one_stream)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	size_t length;
	char *bytes = make("{ echo one | gzip; : | gzip; echo two | gzip; } >a.gz", arena, &length);
	for (size_t step = 1; step <= length; step++) {
		struct text_sink to = {0};
		CHECK_OK(inflate_all(bytes, length, step, &to, &err));
		CHECK_STR(to.text.bytes, "one\ntwo\n");
		text_clear(&to.text);
	}
}

TEST(every_cut_and_every_flipped_byte_is_found)
{
	AUTO(arena) arena = arena_new();
	size_t length;
	char *bytes = make("seq 50 | gzip -n >a.gz", arena, &length);
	for (size_t at = 0; at < length; at++) {
		struct err err = ERR_INIT;
		struct text_sink to = {0};
		CHECK_FAILS(inflate_all(bytes, at, 64, &to, &err), CODE_INTEGRITY);
		text_clear(&to.text);
		if (at >= 4 && at < 10)
			continue; /* the header's time and system carry no check */
		err_clear(&err);
		bytes[at] ^= 0x10;
		CHECK_FAILS(inflate_all(bytes, length, 64, &to, &err), CODE_INTEGRITY);
		bytes[at] ^= 0x10;
		text_clear(&to.text);
	}
}

TEST(bytes_behind_the_end_and_a_failing_sink_are_errors)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	size_t length;
	struct text_sink to = {0};
	char *bytes = make("{ seq 50 | gzip; echo junk; } >a.gz", arena, &length);
	CHECK_FAILS(inflate_all(bytes, length, 1 << 20, &to, &err), CODE_INTEGRITY);
	text_clear(&to.text);
	err_clear(&err);
	bytes = make("{ seq 50 | gzip; head -c 512 /dev/zero; } >a.gz", arena, &length);
	CHECK_FAILS(inflate_all(bytes, length, 1 << 20, &to, &err), CODE_INTEGRITY);
	text_clear(&to.text);
	err_clear(&err);
	to.full = true;
	bytes = make("seq 50 | gzip >a.gz", arena, &length);
	CHECK_FAILS(inflate_all(bytes, length, 1 << 20, &to, &err), CODE_DISK_FULL);
	text_clear(&to.text);
}
