/* The backup file: what was written is read, and no flipped bit, cut or foreign path passes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup_archive.h"
#include "check.h"
#include "file_io.h"
#include "tar_writer.h"

struct made {
	struct arena *arena;
	int fd;
	struct text bytes;
};

static struct backup_entry data = {.path = BACKUP_VOLUMES "p_database.tar"};
static struct backup_volume volume = {.name = "p_database", .key = "database", .data = &data};

static struct backup description(void)
{
	return (struct backup){.fd = -1,
		.path = "b",
		.name = "p",
		.version = "1.0",
		.project = "p",
		.directory = "/d",
		.created_at = "2026-11-23T00:00:00Z",
		.root = "00",
		.builder = "hardtack",
		.volumes = &volume,
		.volume_count = 1};
}

/* A whole backup of one volume, one file, and another entry of this path ("": none). */
static void make(struct made *made, const struct backup *said, const char *extra)
{
	struct backup_archive archive;
	struct err err = ERR_INIT;
	AUTO_TEXT main_text = TEXT_INIT;
	char block[1024] = {0};
	made->arena = arena_new();
	made->fd = file_nameless(&err);
	made->bytes = TEXT_INIT;
	backup_archive_init(&archive, made->fd, "b", 1700000000, made->arena);
	backup_main_write(said, &main_text);
	memset(block, 'x', 100);
	CHECK(backup_archive_add(
		      &archive, BACKUP_MAIN, 0600, main_text.bytes, main_text.length, &err) == 0);
	CHECK(backup_archive_add(&archive, BACKUP_FILES ".env", 0600, "A=1\n", 4, &err) == 0);
	CHECK(backup_archive_add(&archive, data.path, 0600, block, sizeof(block), &err) == 0);
	if (*extra)
		CHECK(backup_archive_add(&archive, extra, 0644, "", 0, &err) == 0);
	CHECK(backup_archive_finish(&archive, &err) == 0);
	char *bytes = xmalloc((size_t)archive.position);
	CHECK(file_pread(made->fd, "b", bytes, (size_t)archive.position, 0, &err) == 0);
	text_add_bytes(&made->bytes, bytes, (size_t)archive.position);
	free(bytes);
}

static void drop(struct made *made)
{
	close(made->fd);
	text_clear(&made->bytes);
	arena_free(made->arena);
}

/* The exit code of opening these bytes. */
static int open_bytes(const char *bytes, size_t length)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct backup backup = BACKUP_INIT;
	AUTO_FD fd = file_nameless(&err);
	CHECK(file_write(fd, "b", bytes, length, &err) == 0);
	return backup_check(&backup, fd, "b", arena, NULL, &err) == 0 ? 0 : err.code;
}

TEST(what_was_written_is_read)
{
	struct made made;
	struct backup said = description(), backup = BACKUP_INIT;
	struct err err = ERR_INIT;
	char *bytes;
	size_t length;
	make(&made, &said, "");
	CHECK(backup_check(&backup, made.fd, "b", made.arena, NULL, &err) == 0);
	CHECK_STR(backup.name, "p");
	CHECK_STR(backup.volumes[0].name, "p_database");
	CHECK(backup.volumes[0].data->size_bytes == 1024);
	const struct backup_entry *env = backup_find_file(&backup, ".env");
	CHECK(env != NULL);
	backup.fd = made.fd;
	CHECK(backup_read_entry(&backup, env, 100, made.arena, &bytes, &length, &err) == 0);
	CHECK_STR(bytes, "A=1\n");
	drop(&made);
}

TEST(every_flipped_byte_is_found)
{
	struct made made;
	struct backup said = description();
	make(&made, &said, "");
	size_t unseen = 0;
	for (size_t i = 0; i < made.bytes.length; i++) {
		made.bytes.bytes[i] ^= 1;
		int code = open_bytes(made.bytes.bytes, made.bytes.length);
		unseen += code != CODE_INTEGRITY && code != CODE_INPUT;
		made.bytes.bytes[i] ^= 1;
	}
	CHECK(unseen == 0);
	drop(&made);
}

TEST(every_cut_and_a_longer_file_are_found)
{
	struct made made;
	struct backup said = description();
	make(&made, &said, "");
	size_t unseen = 0, full = made.bytes.length;
	for (size_t length = 0; length < full; length += length % 512 == 511 ? 1 : 37) {
		int code = open_bytes(made.bytes.bytes, length);
		unseen += code != CODE_INTEGRITY && code != CODE_INPUT;
	}
	CHECK(unseen == 0);
	CHECK(open_bytes(made.bytes.bytes, full) == 0);
	text_add_bytes(&made.bytes, "\0", 1);
	CHECK(open_bytes(made.bytes.bytes, full + 1) == CODE_INTEGRITY);
	drop(&made);
}

TEST(a_foreign_file_is_no_backup)
{
	char zeros[4096] = {0};
	CHECK(open_bytes("", 0) == CODE_INPUT);
	CHECK(open_bytes(zeros, sizeof(zeros)) == CODE_INPUT);
	CHECK(open_bytes("PK\003\004", 4) == CODE_INPUT);
}

/* Well-formed and whole, but what it says would lead elsewhere. */
static int open_said(const struct backup *said)
{
	struct made made;
	make(&made, said, "");
	int code = open_bytes(made.bytes.bytes, made.bytes.length);
	drop(&made);
	return code;
}

TEST(names_that_lead_elsewhere_are_refused)
{
	static const char *const names[] = {
		"--help", "../x", "/etc", "a,b", "a b", "", "x", ".hidden", "_x"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct backup_volume bad = volume;
		struct backup said = description();
		bad.name = names[i];
		said.volumes = &bad;
		CHECK(open_said(&said) == CODE_INPUT);
	}
	static const char *const paths[] = {"../x", "/etc", "a/../../x", "", ".", "a//b", "a,b"};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct backup_directory directory = {.path = paths[i], .data = &data};
		struct backup said = description();
		said.directories = &directory;
		said.directory_count = 1;
		CHECK(open_said(&said) == CODE_INPUT);
	}
}

TEST(data_that_is_not_there_is_refused)
{
	struct backup_entry missing = {.path = BACKUP_VOLUMES "nowhere.tar"};
	struct backup_volume bad = volume;
	struct backup said = description();
	bad.data = &missing;
	said.volumes = &bad;
	CHECK(open_said(&said) == CODE_INPUT);
	bad.data = NULL;
	CHECK(open_said(&said) == CODE_INPUT);
	said = description();
	said.has_hook = true;
	CHECK(open_said(&said) == CODE_INPUT);
}

TEST(an_entry_outside_the_prefix_is_refused)
{
	struct made made;
	struct backup said = description();
	make(&made, &said, "elsewhere");
	CHECK(open_bytes(made.bytes.bytes, made.bytes.length) == CODE_INTEGRITY);
	drop(&made);
}

TEST(a_volume_of_another_project_name_gets_a_name_of_its_own)
{
	AUTO(arena) arena = arena_new();
	struct backup_volume fixed = {.name = "shared", .key = "database"};
	CHECK_STR(backup_volume_name(&volume, "p", "q", arena), "q_database");
	CHECK_STR(backup_volume_name(&fixed, "p", "q", arena), "shared");
}

TEST(a_late_header_has_one_length_and_is_read)
{
	AUTO_TEXT small = TEXT_INIT;
	AUTO_TEXT large = TEXT_INIT;
	struct err err = ERR_INIT;
	CHECK(tar_writer_late_header("a/b", 0, 0600, 1, &small, &err) == 0);
	CHECK(tar_writer_late_header("a/b", 20ULL << 30, 0600, 1, &large, &err) == 0);
	CHECK(small.length == large.length && small.length == 3 * TAR_BLOCK);
	CHECK(tar_writer_late_header("../b", 0, 0600, 1, &small, &err) < 0);
	CHECK(err.code == CODE_INPUT);
}
