/* Interpolation: compose's operators, one by one. */
#include "check.h"

#include "interpolation.h"
#include "text.h"

static const char *expand(struct arena *arena, const char *text, struct err *err)
{
	struct variable_set set;
	variable_set_init(&set, arena);
	variable_set_put(&set, "SET", "value");
	variable_set_put(&set, "EMPTY", "");
	variable_set_put(&set, "DOLLAR", "$SET");
	return interpolation_expand(arena, text, &set, NULL, err);
}

static void expands(const char *text, const char *expected)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK_STR(expand(arena, text, &err), expected);
	CHECK_STR(err.text, "");
}

static void fails(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK(!expand(arena, text, &err));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, message);
}

TEST(every_operator_does_what_compose_does)
{
	expands("$SET", "value");
	expands("${SET}", "value");
	expands("a${SET}b$EMPTY-c$UNSET.", "avalueb-c.");
	expands("${SET:-d} ${EMPTY:-d} ${UNSET:-d}", "value d d");
	expands("${SET-d} ${EMPTY-d} ${UNSET-d}", "value  d");
	expands("${SET:+r} ${EMPTY:+r} ${UNSET:+r}", "r  ");
	expands("${SET+r} ${EMPTY+r} ${UNSET+r}", "r r ");
	expands("${SET:?e}${SET?e}${EMPTY?e}", "valuevalue");
	expands("$$SET $${SET} $$$$", "$SET ${SET} $$");
}

TEST(defaults_may_have_references_and_braces)
{
	expands("${UNSET:-${EMPTY:-${SET}}}", "value");
	expands("${UNSET:-a}b}", "ab}");
	expands("${UNSET:-{}}", "{}");
	expands("${UNSET:-a$$b}", "a$b");
	expands("${UNSET:-http://x:80/?a=b}", "http://x:80/?a=b");
	expands("${UNSET:-}", "");
}

TEST(a_dollar_sign_that_begins_nothing_stays)
{
	expands("a $", "a $");
	expands("$1 $(x) $-", "$1 $(x) $-");
	expands("${SET:-{}}", "value}");
	expands("${UNSET:-{a}", "{a");
}

TEST(values_are_not_expanded_again)
{
	expands("$DOLLAR ${DOLLAR}", "$SET $SET");
}

TEST(a_required_variable_says_why)
{
	fails("${UNSET:?set it}", "the required variable UNSET has no value: set it");
	fails("${EMPTY:?}", "the required variable EMPTY has no value");
	fails("${UNSET?see $SET}", "has no value: see value");
}

TEST(malformed_references_are_refused)
{
	fails("${", "malformed variable reference");
	fails("${}", "malformed variable reference");
	fails("${1}", "malformed variable reference");
	fails("${A", "malformed variable reference");
	fails("${A.b}", "malformed variable reference");
	fails("${A:b}", "malformed variable reference");
	fails("${UNSET:-${}", "malformed variable reference");
	fails("${A:-x\n}", "malformed variable reference");
}

TEST(deep_nesting_is_an_error_not_a_crash)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT text = TEXT_INIT;
	for (int i = 0; i < 1000; i++)
		text_add(&text, "${U:-");
	for (int i = 0; i < 1000; i++)
		text_add(&text, "}");
	CHECK(!expand(arena, text.bytes, &err));
	CHECK_CONTAINS(err.text, "nested too deeply");
}

TEST(the_length_of_a_reference_is_known)
{
	CHECK_INT(interpolation_reference_length("${A:-${B}}:80"), 10);
	CHECK_INT(interpolation_reference_length("$AB:80"), 3);
	CHECK_INT(interpolation_reference_length("$$A"), 2);
	CHECK_INT(interpolation_reference_length("80"), 0);
	CHECK_INT(interpolation_reference_length("$"), 0);
}
