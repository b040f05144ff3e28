/* The receipt and its copy: written, damaged, lost, retired, removed; and what it may not name. */
#include "receipt.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "file_io.h"

static char folder[64];

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/hardtack-receipt-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
}

static void put(const char *name, const char *bytes, size_t length)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *path = xprintf("%s/%s", folder, name);
	CHECK_INT(file_write_all(path, bytes, length, 0600, &err), 0);
}

static bool is_there(const char *name)
{
	AUTO_FREE char *path = xprintf("%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static struct receipt_image image = {"hello:1", "hello:1-abc", "sha256:aa", "sha256:bb"};
static struct receipt_file file = {.path = "client/note.txt"};

static struct receipt make(void)
{
	return (struct receipt){.name = "hello",
		.version = "2.0",
		.project = "hello",
		.directory = folder,
		.installer = "/stick/hello",
		.root = "cc",
		.builder = "hardtack",
		.signer = "ab",
		.compose = "compose.yaml",
		.installed_at = "2026-11-23T00:00:00Z",
		.first_installed_at = "2026-11-23T00:00:00Z",
		.engine = "Docker",
		.engine_version = "28",
		.images = &image,
		.image_count = 1,
		.files = &file,
		.file_count = 1};
}

static void write_receipt(void)
{
	struct err err = ERR_INIT;
	struct receipt receipt = make();
	CHECK_INT(receipt_write(&receipt, &err), 0);
}

/* 1: read; 0: none; -1: damaged. */
static int look(struct arena *arena, struct receipt **receipt)
{
	struct err err = ERR_INIT;
	if (receipt_read(folder, arena, receipt, &err) == 0)
		return *receipt != NULL;
	CHECK_INT(err.code, CODE_INPUT);
	CHECK(strstr(err.text, folder) != NULL);
	return -1;
}

TEST(what_is_written_is_read_from_the_first)
{
	AUTO(arena) arena = arena_new();
	struct receipt *receipt;
	setup();
	CHECK_INT(look(arena, &receipt), 0);
	write_receipt();
	CHECK_INT(look(arena, &receipt), 1);
	CHECK(strstr(receipt->path, "/" RECEIPT_NAME) != NULL && !receipt->damage);
	CHECK_STR(receipt->images[0].tag, "hello:1-abc");
	CHECK_STR(receipt->files[0].path, "client/note.txt");
	put(RECEIPT_COPY, "{", 1);
	CHECK_INT(look(arena, &receipt), 1);
	CHECK(!receipt->damage);
	receipt_remove(folder);
	CHECK_INT(rmdir(folder), 0);
}

TEST(a_damaged_or_lost_one_has_its_copy)
{
	static const struct {
		const char *bytes;
		size_t length;
	} damages[] = {{"", 0}, {"{\"schema\":1,\"na", 14}, {"\0\0\0\0", 4}, {"[]", 2},
		{"{\"schema\":2}", 12}, {"{\"schema\":1}", 12}};
	AUTO(arena) arena = arena_new();
	struct receipt *receipt;
	setup();
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		write_receipt();
		put(RECEIPT_NAME, damages[i].bytes, damages[i].length);
		CHECK_INT(look(arena, &receipt), 1);
		CHECK(strstr(receipt->path, "/" RECEIPT_COPY) != NULL);
		CHECK(strstr(receipt->damage, RECEIPT_NAME) != NULL);
		CHECK_STR(receipt->version, "2.0");
		CHECK_STR(receipt->signer, "ab");
		put(RECEIPT_COPY, damages[i].bytes, damages[i].length);
		CHECK_INT(look(arena, &receipt), -1);
		receipt_remove(folder);
		CHECK_INT(look(arena, &receipt), 0);
		put(RECEIPT_COPY, damages[i].bytes, damages[i].length);
		CHECK_INT(look(arena, &receipt), -1);
		receipt_remove(folder);
	}
	write_receipt();
	AUTO_FREE char *path = xprintf("%s/" RECEIPT_NAME, folder);
	unlink(path);
	CHECK_INT(look(arena, &receipt), 1);
	CHECK(strstr(receipt->damage, RECEIPT_NAME) != NULL);
	receipt_remove(folder);
	CHECK_INT(rmdir(folder), 0);
}

TEST(the_good_one_is_retired)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct receipt *receipt;
	setup();
	for (int damaged = 0; damaged < 3; damaged++) {
		write_receipt();
		if (damaged == 1)
			put(RECEIPT_NAME, "", 0);
		if (damaged == 2)
			put(RECEIPT_COPY, "", 0);
		receipt_retire(folder);
		CHECK(!is_there(RECEIPT_NAME) && !is_there(RECEIPT_COPY));
		CHECK_INT(look(arena, &receipt), 0);
		CHECK_INT(receipt_read_retired(folder, arena, &receipt, &err), 0);
		CHECK(receipt && strcmp(receipt->version, "2.0") == 0);
	}
	/* A version that knew of no copy has uninstalled it. */
	write_receipt();
	AUTO_FREE char *current = xprintf("%s/" RECEIPT_NAME, folder);
	AUTO_FREE char *retired = xprintf("%s/receipt.uninstalled.json", folder);
	CHECK_INT(rename(current, retired), 0);
	CHECK_INT(look(arena, &receipt), 0);
	/* Both damaged: that is not forgotten by an uninstall. */
	put(RECEIPT_NAME, "", 0);
	put(RECEIPT_COPY, "", 0);
	receipt_retire(folder);
	CHECK_INT(receipt_read_retired(folder, arena, &receipt, &err), -1);
	write_receipt();
	CHECK(!is_there("receipt.uninstalled.json"));
	receipt_remove(folder);
	CHECK_INT(rmdir(folder), 0);
}

TEST(nothing_outside_the_folder_and_no_option_is_named)
{
	static const char *const paths[] = {
		"", "/etc/passwd", "..", "../x", "client/../../x", "./x", "client//x", "client/"};
	static const char *const projects[] = {"", "-v", "a b", "../x", "Upper"};
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct receipt *receipt;
	setup();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct receipt bad = make(), other = make();
		struct receipt_file tampered = {.path = paths[i]};
		bad.files = &tampered;
		CHECK_INT(receipt_write(&bad, &err), 0);
		CHECK_INT(look(arena, &receipt), -1);
		other.compose = paths[i];
		CHECK_INT(receipt_write(&other, &err), 0);
		CHECK_INT(look(arena, &receipt), -1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(projects); i++) {
		struct receipt bad = make();
		bad.project = projects[i];
		CHECK_INT(receipt_write(&bad, &err), 0);
		CHECK_INT(look(arena, &receipt), -1);
	}
	struct receipt bad = make();
	struct receipt_image option = image;
	option.tag = "--force";
	bad.images = &option;
	CHECK_INT(receipt_write(&bad, &err), 0);
	CHECK_INT(look(arena, &receipt), -1);
	receipt_remove(folder);
	CHECK_INT(rmdir(folder), 0);
}
