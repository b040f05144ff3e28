/* Variables in the texts of steps. */
#include "check.h"

#include "step_text.h"

static struct arena *arena;
static struct variable_set variables;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
	variable_set_init(&variables, arena);
	variable_set_put(&variables, "PORT", "3000");
	variable_set_put(&variables, "ID", "a/b c?&=%中");
	variable_set_put(&variables, "BASE", "http://127.0.0.1:3000");
	variable_set_put(&variables, "RE", "a.b(c)");
	variable_set_put(&variables, "EMPTY", "");
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static void expands(const char *text, enum step_text_kind kind, const char *expected)
{
	struct err err = ERR_INIT;
	const char *out = step_text_expand(arena, text, kind, &variables, &err);
	CHECK_STR(out ? out : err.text, expected);
}

TEST(values_stand_in_plain_texts_as_they_are)
{
	expands("x ${ID} $PORT ${NONE:-d} $$PORT 5$", STEP_TEXT_PLAIN,
		"x a/b c?&=%中 3000 d $PORT 5$");
	expands("${EMPTY}", STEP_TEXT_PLAIN, "");
}

TEST(values_are_encoded_in_paths_and_queries_only)
{
	expands("http://127.0.0.1:${PORT}/t/${ID}?q=${ID}", STEP_TEXT_URL,
		"http://127.0.0.1:3000/t/"
		"a%2Fb%20c%3F%26%3D%25%E4%B8%AD?q=a%2Fb%20c%3F%26%3D%25%E4%B8%"
		"AD");
	expands("${BASE}/x/${PORT}", STEP_TEXT_URL, "http://127.0.0.1:3000/x/3000");
	expands("${NONE:-http://localhost:1}/x", STEP_TEXT_URL, "http://localhost:1/x");
	expands("${BASE}?a=${ID}", STEP_TEXT_URL,
		"http://127.0.0.1:3000?a=a%2Fb%20c%3F%26%3D%25%E4%B8%AD");
	expands("${BASE}", STEP_TEXT_URL, "http://127.0.0.1:3000");
}

TEST(values_are_quoted_in_regular_expressions)
{
	expands("^${RE}.*$", STEP_TEXT_PATTERN, "^a\\.b\\(c\\).*$");
}

TEST(a_variable_without_value_is_an_error_that_names_it)
{
	expands("a ${MISSING} b", STEP_TEXT_PLAIN, "the variable MISSING has no value");
	expands("$MISSING/x", STEP_TEXT_URL, "the variable MISSING has no value");
	expands("http://127.0.0.1/${MISSING}", STEP_TEXT_URL, "the variable MISSING has no value");
	expands("${MISSING:?say it}", STEP_TEXT_PLAIN,
		"the required variable MISSING has no value: say it");
}
