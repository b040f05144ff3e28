/* Places in JSON documents, and matching by example. */
#include "check.h"

#include "json_path.h"

static const char document[] =
	"{\"errors\":[],\"data\":[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":2.5,\"deep\":{\"x\":"
	"null}}],\"odd name\":{\"a.b\":true},\"中\":\"文\",\"0\":\"zero\"}";

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static struct json parse(const char *text)
{
	struct err err = ERR_INIT;
	struct json json = {0};
	CHECK_OK(json_parse(text, strlen(text), "test", 1 << 20, arena, &json, &err));
	return json;
}

static void finds(const char *path, const char *expected)
{
	struct err err = ERR_INIT;
	AUTO_TEXT text = TEXT_INIT;
	CHECK_OK(json_path_check(path, &err));
	struct json found = json_path_find(parse(document), path);
	if (json_is_absent(found))
		text_add(&text, "absent");
	else
		json_write(&text, found);
	CHECK_STR(text.bytes, expected);
}

TEST(paths_lead_to_members_and_items)
{
	finds("errors", "[]");
	finds("$.errors", "[]");
	finds("data[1].id", "\"b\"");
	finds("$.data[0]", "{\"id\":\"a\",\"n\":1}");
	finds("[\"odd name\"][\"a.b\"]", "true");
	finds("data[1].deep.x", "null");
	finds("中", "\"文\"");
	finds("0", "\"zero\"");
	finds("data[2]", "absent");
	finds("data.id", "absent");
	finds("errors[0].x.y", "absent");
	finds("nothing", "absent");
	finds("[0]", "absent");
	finds("data[0].id.x", "absent");
}

TEST(the_root_has_a_name)
{
	struct json root = parse("[1,2]");
	CHECK_INT(json_count(json_path_find(root, "$")), 2);
	CHECK(json_is_number(json_path_find(root, "[1]")));
	CHECK(json_is_number(json_path_find(root, "$[1]")));
}

TEST(what_is_no_path_is_refused)
{
	static const char *const bad[] = {"", ".", "a.", "a..b", ".a", "a[", "a[]", "a[-1]", "a[x]",
		"a[1", "a[\"b]", "a[\"\"]", "a b", "a[1]b", "a[9999999]", "$a", "$$", "a[\"b\"",
		"a/b"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = ERR_INIT;
		if (json_path_check(bad[i], &err) == 0)
			check_report(__FILE__, __LINE__, "\"%s\" is taken", bad[i]);
		CHECK(json_is_absent(json_path_find(parse("{}"), "a")));
		json_path_find(parse(document), bad[i]);
	}
}

static void differs(const char *value, const char *expected, const char *where)
{
	AUTO_TEXT why = TEXT_INIT;
	CHECK(!json_path_matches(parse(value), parse(expected), &why));
	CHECK_STR(why.bytes, where);
}

static void fits(const char *value, const char *expected)
{
	AUTO_TEXT why = TEXT_INIT;
	CHECK(json_path_matches(parse(value), parse(expected), &why));
	CHECK_STR(why.bytes, "");
}

TEST(objects_may_have_more_and_arrays_are_exact)
{
	fits("{\"a\":1,\"b\":2}", "{\"a\":1}");
	fits("{\"a\":1.0}", "{\"a\":1}");
	fits("[{\"a\":1,\"more\":[1]},2]", "[{\"a\":1},2]");
	fits("{}", "{}");
	fits("[]", "[]");
	fits("{\"\":[]}", "{\"\":[]}");
	fits("null", "null");
	differs("{\"a\":1}", "{\"a\":1,\"b\":2}", "b");
	differs("[1,2,3]", "[1,2]", "");
	differs("[1]", "[1,2]", "");
	differs("[2,1]", "[1,2]", "[0]");
	differs("{\"a\":[{\"b\":1},{\"b\":2}]}", "{\"a\":[{\"b\":1},{\"b\":3}]}", "a[1].b");
	differs("\"1\"", "1", "");
	differs("[]", "{}", "");
	differs("{}", "[]", "");
	differs("{\"a\":null}", "{\"a\":false}", "a");
	differs("{}", "{\"a\":null}", "a");
}
