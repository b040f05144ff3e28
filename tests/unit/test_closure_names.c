/* Names that are one name on a Mac. */
#include "check.h"

#include "closure_names.h"

static int check_names(const char *const *names, size_t count, struct err *err)
{
	struct closure_entry entries[8] = {{.kind = CLOSURE_FILE}};
	for (size_t i = 0; i < count; i++)
		entries[i] = (struct closure_entry){.kind = CLOSURE_FILE, .packed = names[i]};
	struct closure closure = {.entries = entries, .count = count};
	return closure_names_check(&closure, err);
}

TEST(different_names_are_fine)
{
	static const char *const names[] = {"a", "b/A", "b/a.txt", "b/ab", "é", "É"};
	struct err err = ERR_INIT;
	CHECK_OK(check_names(names, ARRAY_SIZE(names), &err));
	CHECK_OK(check_names(names, 0, &err));
}

TEST(names_that_differ_in_case_only_are_refused)
{
	static const char *const names[] = {
		"compose.yaml", "conf/App.txt", "conf/B", "conf/app.txt"};
	static const char *const folders[] = {"CONF/x", "conf/x"};
	struct err err = ERR_INIT;
	CHECK_FAILS(check_names(names, ARRAY_SIZE(names), &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "conf/App.txt and conf/app.txt");
	err_clear(&err);
	CHECK_FAILS(check_names(folders, ARRAY_SIZE(folders), &err), CODE_INPUT);
}
