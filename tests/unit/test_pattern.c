/* Regular expressions of the procedure: what matches, and what no two C libraries agree about. */
#include "check.h"

#include "pattern.h"

static bool matches(const char *expression, const char *text)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	struct err err = ERR_INIT;
	CHECK_OK(pattern_compile(&pattern, expression, &err));
	return pattern.compiled && pattern_matches(&pattern, text);
}

static void refused(const char *expression)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	struct err err = ERR_INIT;
	if (pattern_compile(&pattern, expression, &err) == 0)
		check_report(__FILE__, __LINE__, "\"%s\" is taken", expression);
	else
		CHECK_INT(err.code, CODE_INPUT);
}

TEST(extended_expressions_match_within_lines)
{
	CHECK(matches("Ready in [0-9]+", "x\n Ready in 12 ms\n"));
	CHECK(matches("^ok$", "first\nok\nlast"));
	CHECK(!matches("^ok$", "first\nnot ok\nlast"));
	CHECK(!matches("a.b", "a\nb"));
	CHECK(matches("a{2,3}|b+", "xaay"));
	CHECK(matches("\\{\"status\":\"OK\"", "{\"status\":\"OK\",\"version\":\"2\"}"));
	CHECK(matches("[{]x[]]", "{x]"));
	CHECK(matches("[[:space:]][^[:alpha:]-]$", "a 1"));
	CHECK(matches("(a|b)?c*", ""));
	CHECK(matches("你好", "说：你好！"));
	CHECK(matches("1\\.0", "1.0") && !matches("1\\.0", "1x0"));
}

TEST(what_c_libraries_disagree_about_is_refused)
{
	static const char *const bad[] = {"", "\\d+", "[\\w]", "\\bword", "a\\", "(?:x)", "(?i)x",
		"x*?", "x++", "*x", "+x", "a|*b", "(|a)", "a||b", "|a", "a|", "()", "{\"a\":1}",
		"x{", "x{1", "x{1000}", "x{a}", "[abc", "(a", "\\<w", "[[:bad", "(", "|"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(bad[i]);
}

TEST(an_endless_expression_is_refused)
{
	char text[PATTERN_LIMIT + 2];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	refused(text);
	text[PATTERN_LIMIT] = '\0';
	CHECK(matches(text, text));
}

TEST(repetitions_of_repetitions_are_bounded)
{
	static const char *const bad[] = {"((((a{255}){255}){255}){255})", "(a{200}){200}",
		"((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+", "(((a{99,}b){99,}c){99,})"};
	static const char *const good[] = {
		"[0-9a-f]{64}", "([0-9]{1,3}[.]){3}[0-9]{1,3}", "(a+b+)+c", "x{255}y{255}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		AUTO_PATTERN pattern = PATTERN_INIT;
		CHECK_FAILS(pattern_compile(&pattern, bad[i], &err), CODE_INPUT);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct err err = ERR_INIT;
		AUTO_PATTERN pattern = PATTERN_INIT;
		CHECK_OK(pattern_compile(&pattern, good[i], &err));
	}
}

TEST(any_bytes_can_be_searched)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	struct err err = ERR_INIT;
	CHECK_OK(pattern_compile(&pattern, "^end$", &err));
	CHECK(pattern_matches_bytes(&pattern, "a\0b\r\nend\r\nx", 12));
	CHECK(!pattern_matches_bytes(&pattern, "a\0end", 5));
	CHECK(pattern_matches_bytes(&pattern, "end", 3));
	CHECK(!pattern_matches_bytes(&pattern, "end", 2));
	CHECK(!pattern_matches_bytes(&pattern, "", 0));
}

TEST(a_quoted_text_matches_itself_alone)
{
	static const char text[] = "a.b*[c]$^(d|e){2}+?\\x";
	AUTO(arena) arena = arena_new();
	CHECK(matches(pattern_quote(arena, text), text));
	CHECK(!matches(pattern_quote(arena, "a.b"), "axb"));
}
