/* The renderers: what goes where, widths, JSON's shapes, languages. */
#include "ui.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"
#include "file_io.h"
#include "message.h"
#include "ui_width.h"

struct captured {
	struct arena *arena;
	char *out, *err;
	int kept_out, kept_err;
};

static void capture_begin(struct captured *c)
{
	c->arena = arena_new();
	c->kept_out = dup(1);
	c->kept_err = dup(2);
	int out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int err = open("err", O_RDWR | O_CREAT | O_TRUNC, 0600);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
}

static void capture_end(struct captured *c)
{
	struct err err = ERR_INIT;
	dup2(c->kept_out, 1);
	dup2(c->kept_err, 2);
	close(c->kept_out);
	close(c->kept_err);
	CHECK_OK(file_read_all("out", 1 << 20, c->arena, &c->out, NULL, &err));
	CHECK_OK(file_read_all("err", 1 << 20, c->arena, &c->err, NULL, &err));
}

static void a_small_run(const struct ui_settings *settings, struct captured *c)
{
	capture_begin(c);
	{
		AUTO(ui) ui = ui_new(settings);
		struct err err = ERR_INIT;
		struct ui_field fields[] = {UI_TEXT("url", "http://127.0.0.1:1/\"x\""),
			UI_NUMBER("port", 1), UI_BOOL("open", true), UI_TEXT("none", NULL),
			UI_RAW_JSON("list", "[1]")};
		ui_step_begin(ui, "load", "Loading %s", "images");
		ui_progress(ui, 10, 20);
		ui_status(ui, "web: starting");
		ui_detail(ui, "a detail");
		ui_note(ui, "a note");
		ui_warning(ui, "look there", "a warning");
		ui_step_end(ui, UI_DONE, "Loaded");
		ui_problem(ui, UI_PROBLEM_ERROR, "port", "taken", "free it");
		UI_RECORD(ui, "url", fields, "it listens");
		err_set(&err, CODE_DOCKER, "no engine");
		err_hint(&err, "start it");
		ui_error(ui, &err);
		ui_result(ui, "install", 10);
	}
	capture_end(c);
}

TEST(plain_puts_results_on_stdout_and_the_rest_on_stderr)
{
	struct captured c;
	a_small_run(&(struct ui_settings){.mode = UI_PLAIN}, &c);
	CHECK_STR(c.out, "it listens\n");
	CHECK_STR(c.err,
		"… Loading images\na note\n! a warning\n  → look there\n✓ Loaded\n✗ taken\n"
		"  → free it\nError: no engine\n  → start it\n");
	arena_free(c.arena);
}

TEST(quiet_keeps_warnings_errors_and_results)
{
	struct captured c;
	a_small_run(&(struct ui_settings){.mode = UI_PLAIN, .quiet = true}, &c);
	CHECK_STR(c.out, "it listens\n");
	CHECK_STR(c.err, "! a warning\n  → look there\n✗ taken\n  → free it\nError: no engine\n"
			 "  → start it\n");
	arena_free(c.arena);
}

TEST(json_writes_objects_on_stdout_and_nothing_on_stderr)
{
	struct captured c;
	a_small_run(&(struct ui_settings){.mode = UI_JSON}, &c);
	CHECK_STR(c.err, "");
	CHECK_STR(c.out,
		"{\"schema\":1,\"event\":\"step\",\"name\":\"load\",\"state\":\"begin\",\"text\":"
		"\"Loading images\"}\n"
		"{\"schema\":1,\"event\":\"progress\",\"name\":\"load\",\"done\":10,\"total\":20}\n"
		"{\"schema\":1,\"event\":\"note\",\"text\":\"a note\"}\n"
		"{\"schema\":1,\"event\":\"warning\",\"text\":\"a warning\",\"hint\":\"look "
		"there\"}"
		"\n"
		"{\"schema\":1,\"event\":\"step\",\"name\":\"load\",\"state\":\"ok\",\"text\":"
		"\"Loaded\"}\n"
		"{\"schema\":1,\"event\":\"problem\",\"name\":\"port\",\"severity\":\"error\","
		"\"text\":\"taken\",\"hint\":\"free it\"}\n"
		"{\"schema\":1,\"event\":\"url\",\"url\":\"http://127.0.0.1:1/"
		"\\\"x\\\"\",\"port\":1,"
		"\"open\":true,\"none\":null,\"list\":[1]}\n"
		"{\"schema\":1,\"event\":\"error\",\"code\":10,\"name\":\"DOCKER\",\"text\":"
		"\"no engine\",\"hint\":\"start it\"}\n"
		"{\"schema\":1,\"event\":\"result\",\"verb\":\"install\",\"exit\":10}\n");
	arena_free(c.arena);
}

TEST(a_terminal_gets_marks_a_bar_and_a_clean_line_at_the_end)
{
	struct captured c;
	a_small_run(&(struct ui_settings){.mode = UI_TERMINAL}, &c);
	CHECK_STR(c.out, "it listens\n");
	CHECK_CONTAINS(c.err, "50%");
	CHECK_CONTAINS(c.err, "✓");
	CHECK_CONTAINS(c.err, "\r\033[K");
	CHECK_CONTAINS(c.err, "\033[32m");
	arena_free(c.arena);
}

TEST(no_color_is_obeyed)
{
	struct captured c;
	setenv("NO_COLOR", "1", 1);
	a_small_run(&(struct ui_settings){.mode = UI_TERMINAL}, &c);
	unsetenv("NO_COLOR");
	CHECK(!strstr(c.err, "\033[3"));
	arena_free(c.arena);
}

TEST(widths_count_wide_characters_twice)
{
	CHECK_INT(ui_width("abc"), 3);
	CHECK_INT(ui_width("导入 3"), 6);
	CHECK_INT(ui_width("，"), 2);
	CHECK_INT(ui_width("e\xcc\x81"), 1);
	CHECK_INT(ui_width("✓…█"), 3);
	CHECK_INT(ui_width_fit("导入镜像", 5), 6);
	CHECK_INT(ui_width_fit("ab", 5), 2);
	CHECK_INT(ui_width("\xff\xe4"), 2);
}

static enum message_language detect(const char *lc_all, const char *lang, const char *option)
{
	const char *argv[] = {"x", "--lang", option, NULL};
	lc_all ? setenv("LC_ALL", lc_all, 1) : unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	lang ? setenv("LANG", lang, 1) : unsetenv("LANG");
	ui_language_detect(option ? 3 : 1, (char *const *)argv);
	enum message_language language = message_language();
	message_set_language(MESSAGE_EN);
	return language;
}

TEST(the_language_comes_from_the_option_then_the_environment)
{
	CHECK_INT(detect(NULL, "zh_CN.UTF-8", NULL), MESSAGE_ZH);
	CHECK_INT(detect("C", "zh_CN.UTF-8", NULL), MESSAGE_EN);
	CHECK_INT(detect("en_GB.UTF-8", "zh_CN.UTF-8", "zh"), MESSAGE_ZH);
	CHECK_INT(detect("", "zh_TW", NULL), MESSAGE_ZH);
	CHECK_INT(detect("zh_CN", NULL, "en"), MESSAGE_EN);
	CHECK_INT(detect(NULL, NULL, NULL), MESSAGE_EN);
}
