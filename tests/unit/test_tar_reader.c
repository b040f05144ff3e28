/* The tar reader over our own archives (strict) and other people's. */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "tar_reader.h"
#include "tar_writer.h"
#include "text.h"

struct file_sink {
	struct stream_sink sink;
	int fd;
};

static int write_fd(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	return file_write(((struct file_sink *)sink)->fd, "sink", bytes, length, err);
}

static uint64_t size_of(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Runs a Python script that makes a.tar with the standard library. */
static void make_tar(const char *body)
{
	struct err err = ERR_INIT;
	AUTO_TEXT script = TEXT_INIT;
	text_addf(&script,
		"import tarfile, io, sys\n"
		"def add(t, name, data=b'', type=tarfile.REGTYPE, link='', **more):\n"
		"    i = tarfile.TarInfo(name); i.size = len(data); i.type = type; i.linkname = "
		"link\n"
		"    for k in more: setattr(i, k, more[k])\n"
		"    t.addfile(i, io.BytesIO(data))\n"
		"%s",
		body);
	CHECK_OK(file_write_all("make.py", script.bytes, script.length, 0644, &err));
	CHECK_INT(system("LC_ALL=C.UTF-8 python3 make.py"), 0);
}

/* "type path size link|..." of all entries, with their data read both ways. */
static int read_all(const char *path, enum tar_mode mode, struct text *listing, struct err *err)
{
	AUTO(tar_reader) reader = NULL;
	const struct tar_entry *entry;
	AUTO_FD fd = open(path, O_RDONLY);
	if (tar_reader_open_file(&reader, mode, fd, path, 0, size_of(fd), err) < 0)
		return -1;
	for (;;) {
		if (tar_reader_next(reader, &entry, err) < 0)
			return -1;
		if (!entry)
			return 0;
		text_addf(listing, "%c %s", "fdsh"[entry->type], entry -> path);
		if (entry->link_target)
			text_addf(listing, " -> %s", entry->link_target);
		AUTO_TEXT data = TEXT_INIT;
		const void *bytes;
		size_t length;
		struct stream_source *source = tar_reader_data(reader);
		for (;;) {
			if (stream_next(source, &bytes, &length, err) < 0)
				return -1;
			if (length == 0)
				break;
			text_add_bytes(&data, bytes, length);
		}
		CHECK_INT(data.length, entry->size_bytes);
		if (entry->type == TAR_FILE) {
			AUTO_FREE char *again = xmalloc(entry->size_bytes + 1);
			if (file_pread(fd, path, again, entry->size_bytes, entry->data_offset,
				    err) < 0)
				return -1;
			CHECK(memcmp(again, data.bytes, data.length) == 0);
			text_add(listing, " ");
			text_add_bytes(listing, data.bytes, data.length < 20 ? data.length : 20);
		}
		text_add(listing, "|");
	}
}

static int write_bundle(const char *path, struct err *err)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	struct file_sink sink = {{write_fd}, fd};
	struct tar_writer writer;
	tar_writer_init(&writer, &sink.sink, 0);
	static const char *const paths[] = {"a/b", "文件/先读我.txt", "._apple", "apple"};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (tar_writer_entry(&writer, paths[i], 5, 0755, err) < 0 ||
			tar_writer_data(&writer, "hello", 5, err) < 0)
			return -1;
	return tar_writer_finish(&writer, err);
}

TEST(our_own_archive_is_read_back_with_offsets)
{
	struct err err = ERR_INIT;
	AUTO_TEXT listing = TEXT_INIT;
	CHECK_OK(write_bundle("a.tar", &err));
	CHECK_OK(read_all("a.tar", TAR_BUNDLE, &listing, &err));
	CHECK_STR(listing.bytes,
		"f a/b hello|f 文件/先读我.txt hello|f ._apple hello|f apple hello|");
}

TEST(an_archive_inside_a_file_is_read_at_its_offset)
{
	struct err err = ERR_INIT;
	CHECK_OK(write_bundle("a.tar", &err));
	CHECK_INT(system("{ head -c 1000 /dev/zero; cat a.tar; echo tail; } >b.bin"), 0);
	AUTO_FD fd = open("b.bin", O_RDONLY);
	AUTO(tar_reader) reader = NULL;
	const struct tar_entry *entry;
	uint64_t length = size_of(fd) - 1005;
	CHECK_OK(tar_reader_open_file(&reader, TAR_BUNDLE, fd, "b.bin", 1000, length, &err));
	CHECK_OK(tar_reader_next(reader, &entry, &err));
	CHECK_INT(entry->data_offset, 1000 + 512);
	CHECK_INT(entry->mode, 0755);
	int count = 0;
	for (; entry; count++)
		CHECK_OK(tar_reader_next(reader, &entry, &err));
	CHECK_INT(count, 4);
}

TEST(a_strict_archive_over_a_stream_is_checked_to_its_last_byte)
{
	struct err err = ERR_INIT;
	CHECK_OK(write_bundle("a.tar", &err));
	AUTO_FD fd = open("a.tar", O_RDWR);
	for (int extra = 0; extra <= 1; extra++) {
		AUTO(tar_reader) reader = NULL;
		const struct tar_entry *entry;
		struct stream_file file;
		stream_file_init(&file, fd, "a.tar", 0, size_of(fd));
		CHECK_OK(tar_reader_open_source(&reader, TAR_BUNDLE, &file.source, "a.tar", &err));
		int result;
		do
			result = tar_reader_next(reader, &entry, &err);
		while (result == 0 && entry);
		CHECK_INT(result, extra ? -1 : 0);
		CHECK_INT(err.code, extra ? CODE_INTEGRITY : 0);
		stream_file_clear(&file);
		if (!extra)
			CHECK_OK(file_pwrite(fd, "a.tar", "x", 1, size_of(fd), &err));
	}
}

TEST(other_peoples_archives_are_normalised_and_their_links_told)
{
	struct err err = ERR_INIT;
	AUTO_TEXT listing = TEXT_INIT;
	make_tar("t=tarfile.open('a.tar','w',format=tarfile.GNU_FORMAT)\n"
		 "add(t,'./',type=tarfile.DIRTYPE); add(t,'./a//b/',type=tarfile.DIRTYPE)\n"
		 "add(t,'./a/b/c',b'data'); add(t,'s',type=tarfile.SYMTYPE,link='../x')\n"
		 "add(t,'h',type=tarfile.LNKTYPE,link='a/b/c')\n"
		 "add(t,'l'*150+'/'+'m'*150,b'long'); add(t,'\\u4f60',b'zh'); t.close()");
	CHECK_OK(read_all("a.tar", TAR_FOREIGN, &listing, &err));
	CHECK_CONTAINS(listing.bytes, "d |d a/b|f a/b/c data|s s -> ../x|h h -> a/b/c|f lll");
	CHECK_CONTAINS(listing.bytes, "mmm long|f 你 zh|");
}

TEST(pax_archives_in_any_locale)
{
	struct err err = ERR_INIT;
	AUTO_TEXT listing = TEXT_INIT;
	make_tar("t=tarfile.open('a.tar','w',format=tarfile.PAX_FORMAT)\n"
		 "add(t,'\\u4f60/e\\u0301',b'zh',mtime=1.5,uname='\\u597d')\n"
		 "add(t,'s',type=tarfile.SYMTYPE,link='\\u4f60'); t.close()");
	CHECK_OK(read_all("a.tar", TAR_FOREIGN, &listing, &err));
	CHECK_STR(listing.bytes, "f 你/e\xcc\x81 zh|s s -> 你|");
}

/* A recipe's name says in which mode it is read, its first line the code. */
static void check_recipe(const char *name)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT listing = TEXT_INIT;
	char *recipe;
	size_t length;
	unsigned code = 0;
	enum tar_mode mode = text_starts_with(name, "bundle-") ? TAR_BUNDLE : TAR_FOREIGN;
	const char *path = arena_printf(arena, "%s/%s", TEST_DATA "/reject/tar", name);
	CHECK_OK(file_read_all(path, 1 << 16, arena, &recipe, &length, &err));
	CHECK_INT(sscanf(recipe, "# expect %u:", &code), 1);
	const char *made = arena_printf(arena, "bad/%.*s", (int)strlen(name) - 3, name);
	if (read_all(made, mode, &listing, &err) == 0)
		check_report(__FILE__, __LINE__, "%s: accepted: %s", name, listing.bytes);
	else if (err.code != (int)code)
		check_report(__FILE__, __LINE__, "%s: %d %s", name, err.code, err.text);
}

TEST(every_archive_of_the_reject_corpus_is_refused)
{
	int count = 0;
	CHECK_INT(system("python3 -B " TEST_DATA "/image_archives.py recipes " TEST_DATA
			 "/reject/tar bad"),
		0);
	DIR *dir = opendir(TEST_DATA "/reject/tar");
	for (struct dirent *file; dir && (file = readdir(dir));) {
		if (!text_ends_with(file->d_name, ".py"))
			continue;
		check_recipe(file->d_name);
		count++;
	}
	if (dir)
		closedir(dir);
	CHECK(count >= 40);
}

TEST(compressed_archives_are_read_from_a_stream)
{
	struct err err = ERR_INIT;
	make_tar("t=tarfile.open('a.tar','w'); add(t,'a',b'x'*300000); add(t,'b',b'y'); t.close()");
	CHECK_INT(system("gzip -k a.tar && zstd -q a.tar"), 0);
	static const char *const files[] = {"a.tar", "a.tar.gz", "a.tar.zst"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO_FD fd = open(files[i], O_RDONLY);
		AUTO(tar_reader) reader = NULL;
		const struct tar_entry *entry;
		struct stream_file file;
		stream_file_init(&file, fd, files[i], 0, size_of(fd));
		CHECK_OK(tar_reader_open_compressed(&reader, &file.source, files[i], &err));
		CHECK_OK(tar_reader_next(reader, &entry, &err));
		CHECK(entry && strcmp(entry->path, "a") == 0);
		CHECK(entry && entry->data_offset == UINT64_MAX);
		uint64_t total = 0;
		const void *bytes;
		size_t length = 1;
		while (length > 0 && err.code == 0) {
			CHECK_OK(stream_next(tar_reader_data(reader), &bytes, &length, &err));
			total += length;
		}
		CHECK_INT(total, 300000);
		CHECK_OK(tar_reader_next(reader, &entry, &err));
		CHECK(entry && strcmp(entry->path, "b") == 0);
		CHECK_OK(tar_reader_next(reader, &entry, &err));
		CHECK(!entry);
		stream_file_clear(&file);
	}
}

TEST(the_unchanged_archive_of_the_corpus_is_accepted)
{
	struct err err = ERR_INIT;
	AUTO_TEXT listing = TEXT_INIT;
	CHECK_OK(file_write_all("same.py", "write_bundle(out, bytes)\n", 25, 0644, &err));
	CHECK_INT(system("mkdir r && mv same.py r && python3 -B " TEST_DATA
			 "/image_archives.py recipes r bad"),
		0);
	CHECK_OK(read_all("bad/same", TAR_BUNDLE, &listing, &err));
	CHECK_STR(listing.bytes, "f a/b hello|f c world|");
}

TEST(an_entry_of_more_than_eight_gib_is_read_and_stepped_over)
{
	struct err err = ERR_INIT;
	uint64_t size = (8ULL << 30) + 5;
	AUTO_FD fd = open("a.tar", O_RDWR | O_CREAT | O_TRUNC, 0644);
	struct file_sink sink = {{write_fd}, fd};
	struct tar_writer writer;
	tar_writer_init(&writer, &sink.sink, 0);
	CHECK_OK(tar_writer_entry(&writer, "large", size, 0644, &err));
	uint64_t offset = tar_writer_entry_size("large", size);
	CHECK_INT(lseek(fd, (off_t)offset, SEEK_SET), offset); /* a hole */
	tar_writer_init(&writer, &sink.sink, 0);
	CHECK_OK(tar_writer_entry(&writer, "small", 2, 0644, &err));
	CHECK_OK(tar_writer_data(&writer, "hi", 2, &err));
	CHECK_OK(tar_writer_finish(&writer, &err));
	AUTO(tar_reader) reader = NULL;
	const struct tar_entry *entry;
	CHECK_OK(tar_reader_open_file(&reader, TAR_BUNDLE, fd, "a.tar", 0, size_of(fd), &err));
	CHECK_OK(tar_reader_next(reader, &entry, &err));
	CHECK_INT(entry->size_bytes, size);
	CHECK_INT(entry->data_offset, tar_writer_header_size("large", size));
	CHECK_OK(tar_reader_next(reader, &entry, &err));
	CHECK_INT(entry->data_offset, offset + 512);
	CHECK_OK(tar_reader_next(reader, &entry, &err));
	CHECK(!entry);
	CHECK_INT(system("LC_ALL=C tar -tvf a.tar | awk '{print $3, $6}' >list; "
			 "printf '8589934597 large\n2 small\n' | cmp - list"),
		0);
}

TEST(ten_thousand_entries_are_fine)
{
	struct err err = ERR_INIT;
	AUTO_TEXT listing = TEXT_INIT;
	make_tar("t=tarfile.open('a.tar','w')\n"
		 "for n in range(10000): add(t,'f%d'%n,b'x')\nt.close()");
	CHECK_OK(read_all("a.tar", TAR_FOREIGN, &listing, &err));
}
