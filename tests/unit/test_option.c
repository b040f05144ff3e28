/* The command line's tables: grammar, mistakes, help. */
#include "option.h"

#include "check.h"
#include "message.h"
#include "messages_bundle.h"

struct values {
	bool yes, purge;
	const char *directory;
	struct option_list set;
	uint64_t timeout;
	struct option_ui ui;
};

#define V(field) offsetof(struct values, field)

static const struct option_row install_rows[] = {
	{'y', "yes", NULL, OPTION_FLAG, V(yes), NULL, "agree"},
	{'d', "dir", "DIR", OPTION_TEXT, V(directory), NULL, "where"},
	{0, "set", "K=V", OPTION_LIST, V(set), NULL, "a value"},
	{0, "timeout", "S", OPTION_NUMBER, V(timeout), NULL, "seconds"},
	{0},
};
static const struct option_row uninstall_rows[] = {
	{0, "purge-data", NULL, OPTION_FLAG, V(purge), NULL, "data too"},
	{0},
};
static const struct option_row common_rows[] = {OPTION_UI_ROWS(offsetof(struct values, ui)), {0}};
static const struct option_verb verbs[] = {
	{"install", NULL, 0, 0, install_rows, "install it", 1},
	{"uninstall", NULL, 0, 0, uninstall_rows, "remove it", 2},
	{"extract", "DIR", 1, 1, NULL, "unpack", 3},
	{0},
};
static const struct option_program program = {"prog", "A title", common_rows, verbs, &verbs[0]};

struct parsed {
	struct arena *arena;
	struct values values;
	struct option_result result;
	struct err err;
	int status;
};

static void parse_vector(struct parsed *p, int argc, const char **argv)
{
	*p = (struct parsed){.arena = arena_new()};
	p->status = option_parse(
		&program, argc, (char *const *)argv, &p->values, p->arena, &p->result, &p->err);
}
#define PARSE(p, ...)                                   \
	const char *argv_##p[] = {"prog", __VA_ARGS__}; \
	struct parsed p;                                \
	parse_vector(&p, ARRAY_SIZE(argv_##p), argv_##p)

TEST(no_arguments_mean_the_standard_verb)
{
	const char *argv[] = {"prog"};
	struct parsed p;
	parse_vector(&p, 1, argv);
	CHECK_INT(p.status, 0);
	CHECK_STR(p.result.verb->name, "install");
	CHECK(!p.result.verb_given && !p.result.help);
	arena_free(p.arena);
}

TEST(options_may_stand_before_and_behind_the_verb)
{
	PARSE(p, "--dir", "install", "--json", "install", "-yq", "--set=A=1", "--set", "B=2",
		"--timeout=7", "-v");
	CHECK_INT(p.status, 0);
	CHECK_STR(p.values.directory, "install");
	CHECK(p.values.yes && p.values.ui.json && p.values.ui.quiet && p.values.ui.verbose);
	CHECK_INT(p.values.set.count, 2);
	CHECK_STR(p.values.set.items[0], "A=1");
	CHECK_STR(p.values.set.items[1], "B=2");
	CHECK_INT(p.values.timeout, 7);
	arena_free(p.arena);
}

TEST(options_without_a_verb_are_the_standard_verbs)
{
	PARSE(p, "-y", "-d/tmp/x", "--lang", "zh");
	CHECK_INT(p.status, 0);
	CHECK_STR(p.values.directory, "/tmp/x");
	CHECK_INT(p.values.ui.language, 2);
	arena_free(p.arena);
}

TEST(after_two_dashes_all_are_arguments)
{
	PARSE(p, "extract", "--", "--dir");
	CHECK_INT(p.status, 0);
	CHECK_INT(p.result.argument_count, 1);
	CHECK_STR(p.result.arguments[0], "--dir");
	arena_free(p.arena);
}

static void check_mistake(struct parsed *p, const char *text, const char *hint)
{
	CHECK_INT(p->status, -1);
	CHECK_INT(p->err.code, CODE_USAGE);
	CHECK_CONTAINS(p->err.text, text);
	if (hint)
		CHECK_CONTAINS(p->err.hint, hint);
	arena_free(p->arena);
}

TEST(an_unknown_option_names_the_nearest)
{
	PARSE(p, "uninstall", "--purge-dat=1");
	check_mistake(&p, "unknown option: --purge-dat=1", "--purge-data");
}

TEST(an_unknown_option_before_any_verb_names_the_nearest)
{
	PARSE(p, "--yess");
	check_mistake(&p, "--yess", "--yes");
}

TEST(an_unknown_verb_names_the_nearest)
{
	PARSE(p, "instal");
	check_mistake(&p, "unknown command: instal", "install");
}

TEST(a_word_far_from_all_gets_the_list_instead)
{
	PARSE(p, "frobnicate");
	check_mistake(&p, "frobnicate", "--help");
}

TEST(another_verbs_option_is_refused_by_name)
{
	PARSE(p, "install", "--purge-data");
	check_mistake(&p, "--purge-data is an option of `uninstall`", NULL);
}

TEST(a_flag_takes_no_value)
{
	PARSE(p, "--yes=1");
	check_mistake(&p, "--yes takes no value", NULL);
}

TEST(a_missing_value_is_named)
{
	PARSE(p, "install", "--dir");
	check_mistake(&p, "--dir wants a value: DIR", NULL);
}

TEST(a_number_is_decimal)
{
	PARSE(p, "--timeout", "5m");
	check_mistake(&p, "5m", NULL);
}

TEST(a_choice_is_one_of_its_words)
{
	PARSE(p, "--lang=fr");
	check_mistake(&p, "en|zh", NULL);
}

TEST(too_few_and_too_many_arguments_are_refused)
{
	PARSE(p, "extract");
	check_mistake(&p, "wants: DIR", NULL);
	PARSE(q, "extract", "a", "b");
	check_mistake(&q, "one argument too many: b", NULL);
}

TEST(help_is_recognised_everywhere)
{
	PARSE(p, "--help");
	CHECK(p.status == 0 && p.result.help && !p.result.verb);
	PARSE(q, "help", "extract");
	CHECK(q.status == 0 && q.result.help && q.result.verb == &verbs[2]);
	PARSE(r, "uninstall", "-h");
	CHECK(r.status == 0 && r.result.help && r.result.verb == &verbs[1]);
	arena_free(p.arena);
	arena_free(q.arena);
	arena_free(r.arena);
}

TEST(help_lists_verbs_and_options_in_both_languages)
{
	AUTO_TEXT help = TEXT_INIT;
	option_help(&program, NULL, &help);
	CHECK_CONTAINS(help.bytes, "A title");
	CHECK_CONTAINS(help.bytes, "extract DIR");
	CHECK_CONTAINS(help.bytes, "-d, --dir DIR");
	CHECK_CONTAINS(help.bytes, "    --json");
	text_clear(&help);
	message_register(messages_bundle);
	message_set_language(MESSAGE_ZH);
	option_help(&program, &verbs[1], &help);
	message_set_language(MESSAGE_EN);
	CHECK_CONTAINS(help.bytes, "用法：prog uninstall [选项]");
	CHECK_CONTAINS(help.bytes, "--purge-data");
}
