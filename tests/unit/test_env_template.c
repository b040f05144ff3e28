/* Env files and their generators. */
#include "check.h"

#include "env_template.h"

static int evaluate(
	struct arena *arena, const char *text, struct variable_set *set, struct err *err)
{
	struct env_template file;
	variable_set_init(set, arena);
	variable_set_put(set, "GIVEN", "outside");
	if (env_template_parse(arena, "e", text, strlen(text), &file, err) < 0)
		return -1;
	return env_template_evaluate(&file, "e", set, NULL, err);
}

TEST(an_env_file_reads_as_compose_reads_it)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct variable_set set;
	CHECK_OK(evaluate(arena,
		"\xef\xbb\xbf# c\r\n"
		"A=1\r\n"
		"export B = two words  # comment\n"
		"C: yaml\n"
		"D='raw $A \\n'\n"
		"E=\"x $A\\n\\\"q\\\" \\$A\"\n"
		"F=\"two\nlines\"\n"
		"G=${A}-${UNSET:-d}\n"
		"H=\n"
		"I=a#b\n"
		"J\n"
		"GIVEN=inside\n"
		"K=$GIVEN\n"
		"A=again\n"
		"L=\"q\" # comment\n",
		&set, &err));
	CHECK_STR(variable_set_get(&set, "A"), "again");
	CHECK_STR(variable_set_get(&set, "B"), "two words");
	CHECK_STR(variable_set_get(&set, "C"), "yaml");
	CHECK_STR(variable_set_get(&set, "D"), "raw $A \\n");
	CHECK_STR(variable_set_get(&set, "E"), "x 1\n\"q\" $A");
	CHECK_STR(variable_set_get(&set, "F"), "two\nlines");
	CHECK_STR(variable_set_get(&set, "G"), "1-d");
	CHECK_STR(variable_set_get(&set, "H"), "");
	CHECK_STR(variable_set_get(&set, "I"), "a#b");
	CHECK(!variable_set_get(&set, "J"));
	CHECK_STR(variable_set_get(&set, "K"), "outside");
	CHECK_STR(variable_set_get(&set, "L"), "q");
}

TEST(generators_are_recognised)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct env_template file;
	static const char text[] = "A={{secret hex 32}}\n"
				   "B=\"{{ secret base64 16 }}\" # c\n"
				   "C={{ask \"Web port\" default 3000}}\n"
				   "D={{ask \"Mail\"}}\n"
				   "E={{port 8080}}\n"
				   "F='{{port 1}}'\n"
				   "G=table {{.Names}} {{ portable }}\n";
	CHECK_OK(env_template_parse(arena, "e", text, strlen(text), &file, &err));
	CHECK_INT(file.count, 7);
	CHECK_INT(file.entries[0].kind, ENV_TEMPLATE_SECRET_HEX);
	CHECK_INT(file.entries[0].secret_bytes, 32);
	CHECK_INT(file.entries[1].kind, ENV_TEMPLATE_SECRET_BASE64);
	CHECK_INT(file.entries[1].secret_bytes, 16);
	CHECK_INT(file.entries[2].kind, ENV_TEMPLATE_ASK);
	CHECK_STR(file.entries[2].prompt, "Web port");
	CHECK_STR(file.entries[2].fallback, "3000");
	CHECK_STR(file.entries[3].prompt, "Mail");
	CHECK(!file.entries[3].fallback);
	CHECK_INT(file.entries[4].kind, ENV_TEMPLATE_PORT);
	CHECK_INT(file.entries[4].port, 8080);
	CHECK_INT(file.entries[5].kind, ENV_TEMPLATE_LITERAL);
	CHECK_INT(file.entries[6].kind, ENV_TEMPLATE_LITERAL);
}

TEST(text_may_stand_around_a_generator)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct env_template file;
	static const char text[] = "A=pk-lf-{{secret hex 4}}\n"
				   "B=\"<{{ask \\\"Say }}\\\" default me}}>\" # c\n"
				   "C={{secret base64 4}}=\n"
				   "D='pk-{{secret hex 4}}'\n";
	struct variable_set set;
	CHECK_OK(env_template_parse(arena, "e", text, strlen(text), &file, &err));
	CHECK_INT(file.count, 4);
	CHECK_INT(file.entries[0].kind, ENV_TEMPLATE_SECRET_HEX);
	CHECK_STR(file.entries[0].prefix, "pk-lf-");
	CHECK_STR(file.entries[0].suffix, "");
	CHECK_STR(file.entries[1].prompt, "Say }}");
	CHECK_STR(env_template_wrap(arena, &file.entries[1], "you"), "<you>");
	CHECK_STR(file.entries[2].suffix, "=");
	CHECK_INT(file.entries[3].kind, ENV_TEMPLATE_LITERAL);
	CHECK_OK(evaluate(arena, text, &set, &err));
	CHECK_STR(variable_set_get(&set, "A"), "pk-lf-secret");
	CHECK_STR(variable_set_get(&set, "B"), "<me>");
	const char *values[] = {"pk-lf-00112233", "<you>", NULL, NULL};
	CHECK_STR(env_template_render(arena, &file, values), "A=pk-lf-00112233\n"
							     "B='<you>' # c\n"
							     "C={{secret base64 4}}=\n"
							     "D='pk-{{secret hex 4}}'\n");
}

TEST(rendering_replaces_values_and_nothing_else)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct env_template file;
	static const char text[] =
		"# head\n\nexport A={{port 1}} # tail\nB=keep\nC=\"{{secret hex 1}}\"";
	const char *values[] = {"x y", NULL, "a'b\\c$d\"e"};
	CHECK_OK(env_template_parse(arena, "e", text, strlen(text), &file, &err));
	char *rendered = env_template_render(arena, &file, values);
	CHECK_STR(rendered, "# head\n\nexport A='x y' # tail\nB=keep\nC=\"a'b\\\\c\\$d\\\"e\"\n");
	struct variable_set set;
	CHECK_OK(evaluate(arena, rendered, &set, &err));
	CHECK_STR(variable_set_get(&set, "A"), "x y");
	CHECK_STR(variable_set_get(&set, "C"), "a'b\\c$d\"e");
}

TEST(any_value_survives_a_line)
{
	static const char *const values[] = {"", "plain", "a b", "#x", "it's", "\"q\"", "a\\", "$A",
		"a\nb", " lead", "{{port 1}}", "中文", "'\\'", "a #b", "tab\there"};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		AUTO_TEXT text = TEXT_INIT;
		struct variable_set set;
		env_template_add_line(&text, "V", values[i]);
		CHECK_OK(evaluate(arena, text.bytes, &set, &err));
		CHECK_STR(variable_set_get(&set, "V"), values[i]);
	}
}

static void refused(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct variable_set set;
	CHECK_FAILS(evaluate(arena, text, &set, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, message);
}

TEST(bad_lines_are_refused_with_their_number)
{
	refused("A=1\nB={{secret}}\n", "e:2: the value of B is not a template");
	refused("B={{secret hex 0}}\n", "e:1:");
	refused("B={{secret hex 9999}}\n", "e:1:");
	refused("B={{secret oct 32}}\n", "e:1:");
	refused("B={{port 65536}}\n", "e:1:");
	refused("B={{port 80 81}}\n", "e:1:");
	refused("B={{port 80\n", "e:1:");
	refused("B={{ask}}\n", "e:1:");
	refused("B={{ask \"x\" fallback 1}}\n", "e:1:");
	refused("B={{ask \"x\" default}}\n", "e:1:");
	refused("B={{ask \"x}}\n", "e:1:");
	refused("B={{generate me}}\n", "e:1:");
	refused("B=x{{port 80}}\n", "e:1:");
	refused("B={{port 80}}/\n", "e:1:");
	refused("B=pk-{{secret hex}}\n", "e:1:");
	refused("B=pk-{{secret hex 4\n", "e:1:");
	refused("B={{secret hex 4}}{{secret hex 4}}\n", "e:1:");
	refused("B=${A}-{{secret hex 4}}\n", "e:1:");
	refused("B={{secret hex 4}}\\n\n", "e:1:");
	refused("A=1\n\nhello world\n", "e:3: after the name hello");
	refused("=x\n", "e:1: a variable name is missing");
	refused("A=\"x\n", "e:1: the quote of A is not closed");
	refused("A=${B\n", "e:1: malformed variable reference");
	refused("A=\xff\n", "e is not a text file in UTF-8");
}
