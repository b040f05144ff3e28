/* The JSON wrapper: what it refuses, and how errors name the place. */
#include "check.h"

#include "json.h"

static int parse(const char *text, struct arena *arena, struct json *root, struct err *err)
{
	return json_parse(text, strlen(text), "doc", 1 << 20, arena, root, err);
}

TEST(values_are_read_by_name_and_in_order)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json root, array, item;
	CHECK_OK(parse("{\"s\":\"\\u4f60\",\"n\":18446744073709551615,\"i\":-5,\"b\":true,"
		       "\"a\":[1,[2],{\"x\":3}],\"z\":null}",
		arena, &root, &err));
	const char *s;
	uint64_t n;
	int64_t i;
	bool b;
	CHECK_OK(json_get_string(root, "s", &s, &err));
	CHECK_STR(s, "你");
	CHECK_OK(json_get_u64(root, "n", &n, &err));
	CHECK(n == UINT64_MAX);
	CHECK_OK(json_get_i64(root, "i", &i, &err));
	CHECK_INT(i, -5);
	CHECK_OK(json_get_bool(root, "b", &b, &err));
	CHECK(b);
	CHECK_OK(json_get_string_or(root, "z", "fallback", &s, &err));
	CHECK_STR(s, "fallback");
	CHECK_OK(json_get_array(root, "a", &array, &err));
	CHECK_INT(json_count(array), 3);
	struct json_iterator it = json_items(array);
	CHECK(json_next(&it, &item) && json_is_number(item));
	CHECK(json_next(&it, &item) && json_is_array(item));
	CHECK(json_next(&it, &item) && json_is_object(item));
	CHECK(!json_next(&it, &item));
	size_t members = 0;
	const char *key;
	for (it = json_items(root); json_next_member(&it, &key, &item); members++)
		CHECK_STR(key, ((const char *[]){"s", "n", "i", "b", "a", "z"})[members]);
	CHECK_INT(members, 6);
	AUTO_TEXT text = TEXT_INIT;
	json_write(&text, array);
	CHECK_STR(text.bytes, "[1,[2],{\"x\":3}]");
}

TEST(errors_name_the_document_and_the_path)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json root, deep;
	CHECK_OK(parse("{\"a\":[{\"b\":[0,1,{\"c\":\"x\"}]}]}", arena, &root, &err));
	struct json_iterator it = json_items(json_member(root, "a"));
	CHECK(json_next(&it, &deep));
	it = json_items(json_member(deep, "b"));
	while (json_next(&it, &deep))
		;
	uint64_t n;
	const char *s;
	CHECK_FAILS(json_get_u64(deep, "c", &n, &err), CODE_INPUT);
	CHECK_STR(err.text, "doc: a[0].b[2].c: must be a whole number, not negative");
	CHECK_FAILS(json_get_string(deep, "d", &s, &err), CODE_INPUT);
	CHECK_STR(err.text, "doc: a[0].b[2].d: is missing");
	CHECK_FAILS(json_fail(deep, &err, "names the member \"%s\" twice", "q"), CODE_INPUT);
	CHECK_STR(err.text, "doc: a[0].b[2]: names the member \"q\" twice");
	CHECK_FAILS(json_get_string(json_member(root, "a"), "d", &s, &err), CODE_INPUT);
	CHECK_STR(err.text, "doc: a: must be an object");
}

TEST(absent_values_answer_every_question)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json root, none = {0};
	CHECK(json_is_absent(none) && !json_is_null(none) && !json_is_object(none));
	CHECK_INT(json_count(none), 0);
	struct json_iterator it = json_items(none);
	CHECK(!json_next(&it, &root));
	CHECK(json_is_absent(json_member(json_member(none, "a"), "b")));
	const char *s;
	CHECK_FAILS(json_as_string(none, &s, &err), CODE_INPUT);
}

TEST(what_is_not_strict_json_is_refused)
{
	static const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\":1,}", "// c\n1", "'a'",
		"nan", "1 2", "01", "+1", "\"\xff\"", "\"\xed\xa0\x80\"", "\"a\nb\"",
		"\xef\xbb\xbf{}", "{\"a\":1,\"a\":2}", "[{\"x\":{\"b\":1,\"c\":1,\"b\":1}}]",
		"Infinity", "1e999", "\"\\ud800\"", "{\"a\":1,\"\\u0061\":2}",
		"[{\"a\\u0000b\":1}]"};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json root;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err_clear(&err);
		int result = parse(bad[i], arena, &root, &err);
		if (result == 0 || err.code != CODE_INPUT)
			check_report(__FILE__, __LINE__, "accepted: %s", bad[i]);
	}
	CHECK_FAILS(json_parse("[]", 3, "doc", 100, arena, &root, &err), CODE_INPUT);
	CHECK_FAILS(json_parse("[    ]", 6, "doc", 5, arena, &root, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "limit of 5 bytes");
}

TEST(depth_is_limited_but_brackets_in_strings_do_not_count)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT text = TEXT_INIT;
	struct json root;
	for (int depth = JSON_DEPTH_LIMIT; depth <= JSON_DEPTH_LIMIT + 1; depth++) {
		text_clear(&text);
		for (int i = 0; i < depth; i++)
			text_add(&text, "[");
		for (int i = 0; i < depth; i++)
			text_add(&text, "]");
		int result =
			json_parse(text.bytes, text.length, "doc", 1 << 20, arena, &root, &err);
		CHECK_INT(result, depth <= JSON_DEPTH_LIMIT ? 0 : -1);
	}
	text_clear(&text);
	text_add(&text, "\"");
	for (int i = 0; i < 500; i++)
		text_add(&text, "[\\\"{");
	text_add(&text, "\"");
	err_clear(&err);
	CHECK_OK(json_parse(text.bytes, text.length, "doc", 1 << 20, arena, &root, &err));
}

TEST(numbers_and_strings_that_c_cannot_hold_are_refused)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json root;
	CHECK_OK(parse("{\"f\":1.5,\"e\":1e3,\"m\":-1,\"big\":18446744073709551616,"
		       "\"i\":9223372036854775808,\"nul\":\"a\\u0000b\"}",
		arena, &root, &err));
	uint64_t n;
	int64_t i;
	const char *s;
	CHECK_FAILS(json_get_u64(root, "f", &n, &err), CODE_INPUT);
	CHECK_FAILS(json_get_u64(root, "e", &n, &err), CODE_INPUT);
	CHECK_FAILS(json_get_u64(root, "m", &n, &err), CODE_INPUT);
	CHECK_FAILS(json_get_u64(root, "big", &n, &err), CODE_INPUT);
	CHECK_FAILS(json_get_i64(root, "i", &i, &err), CODE_INPUT);
	CHECK_FAILS(json_get_string(root, "nul", &s, &err), CODE_INPUT);
}

TEST(equality_ignores_the_order_of_members_only)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json a, b;
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{"{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2],\"a\":1}", true},
		{"{\"a\":1,\"b\":[1,2]}", "{\"b\":[2,1],\"a\":1}", false},
		{"1", "1.0", true},
		{"[]", "{}", false},
		{"{\"a\":1}", "{\"b\":1}", false},
		{"-1", "18446744073709551615", false},
		{"[1]", "[1,2]", false},
		{"\"a\"", "\"a\"", true},
		{"null", "false", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_OK(parse(cases[i].a, arena, &a, &err));
		CHECK_OK(parse(cases[i].b, arena, &b, &err));
		if (json_equal(a, b) != cases[i].equal || json_equal(b, a) != cases[i].equal)
			check_report(__FILE__, __LINE__, "case %zu", i);
	}
}
