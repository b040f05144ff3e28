/* The rollback point: saved, marked, read again, put back, removed. */
#include "rollback_point.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "file_io.h"

static char folder[64];

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/hardtack-rollback-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
}

static void put(const char *name, const char *text, unsigned mode)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *path = xprintf("%s/%s", folder, name);
	CHECK_INT(file_write_all(path, text, strlen(text), mode, &err), 0);
}

static bool is(const char *name, const char *text)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	char *bytes;
	return file_read_all(arena_printf(arena, "%s/%s", folder, name), 4096, arena, &bytes, NULL,
		       &err) == 0 &&
	       strcmp(bytes, text) == 0;
}

static bool is_absent(const char *name)
{
	AUTO_FREE char *path = xprintf("%s/%s", folder, name);
	struct stat st;
	return lstat(path, &st) < 0;
}

static struct rollback_file files[] = {
	{.path = "compose.yaml"}, {.path = "client/a"}, {.path = "new"}, {.path = "link"}};
static const char *loaded[] = {"web:2-abc"};

static struct rollback_point make(struct arena *arena)
{
	struct err err = ERR_INIT;
	struct rollback_point point = {.directory = folder,
		.project = "p",
		.compose = "compose.yaml",
		.made_at = "2026-11-23T00:00:00Z",
		.first_installed_at = "2026-11-20T00:00:00Z",
		.from = {"1.0", "aa", "/stick/old"},
		.to = {NULL, "bb", "/stick/new"},
		.files = files,
		.file_count = ARRAY_SIZE(files),
		.loaded = loaded,
		.loaded_count = 1};
	AUTO_FREE char *client = xprintf("%s/client", folder);
	AUTO_FREE char *link = xprintf("%s/link", folder);
	mkdir(client, 0755);
	put("compose.yaml", "old", 0640);
	put("client/a", "a", 0755);
	CHECK_INT(symlink("elsewhere", link), 0);
	CHECK_INT(rollback_point_create(&point, arena, &err), 0);
	return point;
}

TEST(what_was_written_is_what_is_read)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct rollback_point *point;
	setup();
	CHECK_INT(rollback_point_read(folder, arena, &point, &err), 0);
	CHECK(point == NULL);
	struct rollback_point made = make(arena);
	made.code = 14;
	made.cause = "web crashes";
	CHECK_INT(rollback_point_mark(&made, ROLLBACK_STARTED, &err), 0);
	CHECK_INT(rollback_point_mark(&made, ROLLBACK_RETURNING, &err), 0);
	CHECK_INT(rollback_point_read(folder, arena, &point, &err), 0);
	CHECK(point != NULL);
	CHECK_INT(point->phase, ROLLBACK_RETURNING);
	CHECK(point->touched);
	CHECK_STR(point->from.version, "1.0");
	CHECK(point->to.version == NULL);
	CHECK_STR(point->to.installer, "/stick/new");
	CHECK_INT(point->code, 14);
	CHECK_STR(point->cause, "web crashes");
	CHECK_STR(point->first_installed_at, "2026-11-20T00:00:00Z");
	CHECK_INT(point->file_count, 4);
	CHECK_INT(point->files[0].mode, 0640);
	CHECK_INT(point->files[2].kind, ROLLBACK_ABSENT);
	CHECK_INT(point->files[3].kind, ROLLBACK_OTHER);
	CHECK_STR(point->loaded[0], "web:2-abc");
	CHECK_INT(rollback_point_remove(folder, &err), 0);
	CHECK(is_absent(ROLLBACK_FOLDER));
}

TEST(files_become_what_they_were_and_it_may_be_repeated)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct stat st;
	setup();
	struct rollback_point point = make(arena);
	AUTO_FREE char *link = xprintf("%s/link", folder);
	AUTO_FREE char *set_aside = xprintf("%s/link.old", folder);
	AUTO_FREE char *tool = xprintf("%s/client/a", folder);
	put("compose.yaml", "new", 0600);
	put("new", "new", 0600);
	CHECK_INT(rename(link, set_aside), 0);
	put("link", "a file now", 0600);
	unlink(tool);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(rollback_point_put_back(&point, &err), 0);
		CHECK(is("compose.yaml", "old") && is("client/a", "a") && is_absent("new"));
		CHECK_INT(stat(tool, &st), 0);
		CHECK_INT(st.st_mode & 07777, 0755);
		CHECK_INT(lstat(link, &st), 0);
		CHECK(S_ISLNK(st.st_mode) && is_absent("link.old"));
	}
	CHECK_CONTAINS(rollback_point_saved(&point, "client/a", arena), "files/1");
	CHECK(rollback_point_saved(&point, "new", arena) == NULL);
	CHECK_INT(rollback_point_remove(folder, &err), 0);
}

/* A folder where a file should be, which unlink() does not take, whoever asks. */
TEST(what_cannot_be_removed_is_said)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	setup();
	make(arena);
	AUTO_FREE char *odd = xprintf("%s/" ROLLBACK_FOLDER "/odd", folder);
	CHECK_INT(mkdir(odd, 0700), 0);
	CHECK_INT(rollback_point_check(folder, &err), 0);
	CHECK_INT(rollback_point_remove(folder, &err), -1);
	CHECK_INT(err.code, CODE_IO);
	CHECK_CONTAINS(err.text, "odd");
	CHECK(is_absent(ROLLBACK_FOLDER "/state.json"));
	CHECK_INT(rmdir(odd), 0);
	err_clear(&err);
	CHECK_INT(rollback_point_remove(folder, &err), 0);
	CHECK(is_absent(ROLLBACK_FOLDER));
	CHECK_INT(rollback_point_remove(folder, &err), 0);
}

static void check_refused(const char *state, const char *why)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct rollback_point *point;
	put(ROLLBACK_FOLDER "/state.json", state, 0600);
	CHECK_INT(rollback_point_read(folder, arena, &point, &err), -1);
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, why);
}

#define HEAD                                                                                   \
	"{\"schema\":1,\"project\":\"p\",\"compose\":\"c\",\"made_at\":\"\",\"touched\":true," \
	"\"from\":{\"root\":\"a\",\"installer\":\"\"},\"to\":{\"root\":\"b\",\"installer\":\"\"},"

TEST(a_state_that_is_none_is_refused)
{
	setup();
	AUTO_FREE char *inside = xprintf("%s/" ROLLBACK_FOLDER, folder);
	CHECK_INT(mkdir(inside, 0700), 0);
	check_refused("", "state.json");
	check_refused("{\"schema\":2}", "schema 2");
	check_refused(HEAD "\"phase\":\"flying\",\"files\":[],\"loaded\":[]}", "flying");
	check_refused(HEAD "\"phase\":\"saved\",\"loaded\":[],\"files\":[{\"path\":\"../x\","
			   "\"kind\":\"file\",\"mode\":420}]}",
		"../x");
	struct err err = ERR_INIT;
	CHECK_INT(rollback_point_remove(folder, &err), 0);
}
