/* YAML trees: positions in bytes, aliases, limits, refusals. */
#include "check.h"

#include "arena.h"
#include "text.h"
#include "yaml_document.h"

static struct yaml_document *parse(struct arena *arena, const char *text, struct err *err)
{
	return yaml_document_parse(arena, "f.yaml", text, strlen(text), err);
}

/* The bytes that a node stands on. */
static const char *span(
	struct arena *arena, const struct yaml_document *document, const struct yaml_node *node)
{
	return arena_strndup(arena, document->bytes + node->begin, node->end - node->begin);
}

TEST(scalars_know_their_bytes_behind_wide_characters_and_crlf)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct yaml_document *document = parse(arena,
		"\xef\xbb\xbf# 核心决策：使用 v2 镜像以保证 ARM64 "
		"稳定性，这一行要超过六十四个字符才能检验位置的换算是否正确，"
		"所以再写一些汉字在这里凑数，直到足够长为止\r\n"
		"服务: {a: \"b\"}\r\nc:   'd e'  # 注释\r\n",
		&err);
	CHECK_STR(err.text, "");
	if (!document)
		return;
	struct yaml_pair *pair = yaml_node_pair(document->root, "服务");
	CHECK_STR(span(arena, document, pair->key), "服务");
	CHECK_STR(span(arena, document, pair->value), "{a: \"b\"}");
	CHECK_STR(span(arena, document, pair->value->pairs[0].value), "\"b\"");
	CHECK(pair->value->flow);
	pair = yaml_node_pair(document->root, "c");
	CHECK_STR(span(arena, document, pair->value), "'d e'");
	CHECK_INT(pair->value->line, 3);
	CHECK_INT(pair->value->column, 6);
}

TEST(block_scalars_end_before_their_last_line_break)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct yaml_document *document = parse(arena, "a: >-\n  x\n  y\n\n# c\nb: 1\n", &err);
	struct yaml_pair *pair = yaml_node_pair(document->root, "a");
	CHECK_STR(span(arena, document, pair->value), ">-\n  x\n  y");
	CHECK_STR(pair->value->text, "x y");
}

TEST(anchors_and_tags_belong_to_the_bytes_of_a_node)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct yaml_document *document = parse(arena, "a: &x !reset 1\nb: *x\n", &err);
	struct yaml_node *a = yaml_node_pair(document->root, "a")->value;
	struct yaml_node *b = yaml_node_pair(document->root, "b")->value;
	CHECK_STR(span(arena, document, a), "&x !reset 1");
	CHECK_STR(a->anchor, "x");
	CHECK_STR(a->tag, "!reset");
	CHECK_INT(b->kind, YAML_ALIAS);
	CHECK(yaml_node_resolve(b) == a);
	CHECK_STR(span(arena, document, b), "*x");
}

TEST(an_empty_file_is_a_document_without_a_root)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct yaml_document *document = parse(arena, "# nothing\n", &err);
	CHECK(document && !document->root);
}

static void refused(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK(!parse(arena, text, &err));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, message);
}

TEST(bad_documents_are_refused_with_their_line)
{
	refused("a: 1\n---\nb: 2\n", "f.yaml:2: a second YAML document");
	refused("a: 1\nb: 2\na: 3\n", "f.yaml:3: the key \"a\" is already defined on line 1");
	refused("a: 1\n[x]: 2\n", "f.yaml:2: a key must be a simple name");
	refused("a: 1\nb: *c\n", "f.yaml:2: the anchor &c is not defined above");
	refused("a: &a\n  b: *a\n", "f.yaml:2: the alias *a is inside its own anchor");
	refused("a: 1\nb: \xff\n", "f.yaml:2: not valid UTF-8");
	refused("a: 1\nb: \"x\n", "f.yaml:");
	refused("a: 1\n\tb: 2\n", "f.yaml:2: not valid YAML");
	refused("a: \"x\\0y\"\n", "f.yaml:1: a NUL character");
}

TEST(nesting_is_limited)
{
	AUTO_TEXT text = TEXT_INIT;
	for (int i = 0; i < 65; i++)
		text_add(&text, "[");
	refused(text.bytes, "f.yaml:1: nested too deeply");
}

TEST(an_alias_bomb_is_refused)
{
	AUTO_TEXT text = TEXT_INIT;
	text_add(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++) {
		text_addf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			text_addf(&text, "*a%d,", i - 1);
		text_addf(&text, "*a%d]\n", i - 1);
	}
	refused(text.bytes, "the aliases expand to too many nodes");
}
