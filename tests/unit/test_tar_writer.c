/* The tar writer: exact bytes and sizes, and what other programs read from them. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "file_io.h"
#include "tar_writer.h"
#include "text.h"

struct text_sink {
	struct stream_sink sink;
	struct text text;
	uint64_t total;
	size_t keep;
};

static int keep_bytes(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct text_sink *to = (struct text_sink *)sink;
	(void)err;
	to->total += length;
	if (to->text.length < to->keep)
		text_add_bytes(&to->text, bytes, length);
	return 0;
}

static struct text_sink sink_new(size_t keep)
{
	return (struct text_sink){.sink.write = keep_bytes, .text = TEXT_INIT, .keep = keep};
}

static const struct {
	const char *path;
	const char *data;
} entries[] = {
	{"hardtack/manifest.json", "{}"},
	{"hardtack/files/说明/先读我.txt", "你好\n"},
	{"empty", ""},
	{"hardtack/files/e\xcc\x81", "decomposed"}, /* must not become U+00E9 anywhere */
	{"a/"                                       /* 155 + 100 just fits */
	 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	 "bbbbbbbbbbb"
	 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/"
	 "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
	 "ccccccccccc",
		"long"},
	{"ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	 "ddddddddddd"
	 "d",
		"too long for ustar"},
};

static void write_all(struct text_sink *sink, struct err *err_out)
{
	struct err err = ERR_INIT;
	struct tar_writer writer;
	uint64_t expected = 0;
	tar_writer_init(&writer, &sink->sink, 0);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		size_t length = strlen(entries[i].data);
		CHECK_OK(tar_writer_entry(&writer, entries[i].path, length, 0644, &err));
		CHECK_INT(
			writer.written, expected + tar_writer_header_size(entries[i].path, length));
		CHECK_OK(stream_write(&writer.data, entries[i].data, length, &err));
		expected += tar_writer_entry_size(entries[i].path, length);
		CHECK_INT(writer.written, expected);
	}
	CHECK_OK(tar_writer_finish(&writer, &err));
	CHECK_INT(sink->total, expected + TAR_END_SIZE);
	*err_out = err;
}

TEST(python_and_gnu_tar_read_what_was_written)
{
	struct err err = ERR_INIT;
	struct text_sink sink = sink_new(1 << 20);
	write_all(&sink, &err);
	CHECK_OK(file_write_all("a.tar", sink.text.bytes, sink.text.length, 0644, &err));
	text_clear(&sink.text);
	static const char script[] =
		"import tarfile\n"
		"t = tarfile.open('a.tar', encoding='utf-8', errors='strict')\n"
		"for m in t:\n"
		"    assert m.isreg() and (m.uid, m.gid, m.uname, m.gname, m.mtime) == (0, 0, '', "
		"'', 0), m\n"
		"    assert set(m.pax_headers) <= {'path', 'size'}, m.pax_headers\n"
		"    print(m.name.encode().hex(), t.extractfile(m).read().hex(), oct(m.mode))\n";
	CHECK_OK(file_write_all("read.py", script, strlen(script), 0644, &err));
	CHECK_INT(system("LC_ALL=C python3 read.py >python.out && LC_ALL=C tar -tf a.tar "
			 "--quoting-style=literal >tar.out"),
		0);
	AUTO_TEXT python = TEXT_INIT;
	AUTO_TEXT listing = TEXT_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		for (const char *c = entries[i].path; *c; c++)
			text_addf(&python, "%02x", (unsigned char)*c);
		text_add(&python, " ");
		for (const char *c = entries[i].data; *c; c++)
			text_addf(&python, "%02x", (unsigned char)*c);
		text_add(&python, " 0o644\n");
		text_addf(&listing, "%s\n", entries[i].path);
	}
	AUTO(arena) arena = arena_new();
	char *bytes;
	size_t length;
	CHECK_OK(file_read_all("python.out", 1 << 20, arena, &bytes, &length, &err));
	CHECK_STR(bytes, python.bytes);
	CHECK_OK(file_read_all("tar.out", 1 << 20, arena, &bytes, &length, &err));
	CHECK_STR(bytes, listing.bytes);
}

TEST(plain_paths_have_one_header_block_of_known_bytes)
{
	struct err err = ERR_INIT;
	struct text_sink sink = sink_new(1 << 20);
	struct tar_writer writer;
	tar_writer_init(&writer, &sink.sink, 0);
	CHECK_OK(tar_writer_entry(&writer, "oci-layout", 3, 0644, &err));
	CHECK_OK(tar_writer_data(&writer, "abc", 3, &err));
	CHECK_OK(tar_writer_finish(&writer, &err));
	CHECK_INT(sink.text.length, 512 + 512 + 1024);
	CHECK_STR(sink.text.bytes, "oci-layout");
	CHECK_STR(sink.text.bytes + 100, "0000644");
	CHECK_STR(sink.text.bytes + 124, "00000000003");
	CHECK_STR(sink.text.bytes + 136, "00000000000");
	CHECK_INT(sink.text.bytes[156], '0');
	CHECK(memcmp(sink.text.bytes + 257, "ustar\00000", 8) == 0);
	for (size_t i = 515; i < sink.text.length; i++)
		CHECK(sink.text.bytes[i] == 0);
	text_clear(&sink.text);
}

TEST(sizes_beyond_eight_gib_are_in_a_pax_record)
{
	struct err err = ERR_INIT;
	struct text_sink sink = sink_new(4096);
	struct tar_writer writer;
	CHECK_INT(tar_writer_header_size("x", 8589934591ULL), 512);
	CHECK_INT(tar_writer_header_size("x", 8589934592ULL), 3 * 512);
	tar_writer_init(&writer, &sink.sink, 1700000000);
	CHECK_OK(tar_writer_entry(&writer, "x", 8589934592ULL, 0644, &err));
	CHECK_INT(writer.written, 3 * 512);
	CHECK_STR(sink.text.bytes + 512, "19 size=8589934592\n");
	CHECK_INT(sink.text.bytes[156], 'x');
	text_clear(&sink.text);
}

TEST(paths_that_lead_elsewhere_are_refused)
{
	static const char *const bad[] = {
		"", "/a", "a//b", "a/", ".", "./a", "a/..", "../a", "a/./b", "a\xff"};
	struct err err = ERR_INIT;
	struct text_sink sink = sink_new(0);
	struct tar_writer writer;
	tar_writer_init(&writer, &sink.sink, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_FAILS(tar_writer_entry(&writer, bad[i], 0, 0644, &err), CODE_INPUT);
	CHECK_INT(sink.total, 0);
	CHECK_OK(tar_writer_entry(&writer, "..a/...", 0, 0644, &err));
}

struct chunks {
	struct stream_source source;
	size_t chunk, left;
};

static int next_chunk(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct chunks *chunks = (struct chunks *)source;
	static const char data[64];
	(void)err;
	*bytes = data;
	*length = chunks->left < chunks->chunk ? chunks->left : chunks->chunk;
	chunks->left -= *length;
	return 0;
}

TEST(a_copied_source_must_have_the_announced_length)
{
	struct err err = ERR_INIT;
	struct text_sink sink = sink_new(0);
	struct tar_writer writer;
	for (size_t length = 99; length <= 101; length++) {
		struct chunks chunks = {{next_chunk}, 50, length};
		tar_writer_init(&writer, &sink.sink, 0);
		CHECK_OK(tar_writer_entry(&writer, "a", 100, 0644, &err));
		int result = tar_writer_copy(&writer, &chunks.source, &err);
		CHECK_INT(result, length == 100 ? 0 : -1);
		CHECK_INT(err.code, length == 100 ? 0 : CODE_INTEGRITY);
		err_clear(&err);
	}
}
