/* The reject corpus: every project in tests/reject/compose is refused (3) with the text in its
 * file "expected", whichever of reading, closing the world or lint finds it. */
#include "check.h"
#include "corpus_folder.h"


#include "compose_closure.h"
#include "file_io.h"
#include "lint.h"
#include "text.h"

#define CORPUS TEST_DATA "/reject/compose"

static int examine(struct arena *arena, const char *path, struct err *err)
{
	struct finding_list findings;
	struct closure closure;
	const struct closure_options options = {0};
	finding_list_init(&findings, arena);
	struct compose_project *project = compose_project_load(arena, path, NULL, &findings, err);
	if (!project)
		return -1;
	lint_project(project, &findings);
	if (compose_closure(project, &options, &closure, &findings, err) < 0)
		return -1;
	finding_list_sort(&findings);
	return finding_list_fail(&findings, err);
}

static void check_reject(const char *name)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	char *expected;
	size_t length;
	CHECK_OK(file_read_all(arena_printf(arena, CORPUS "/%s/expected", name), 4096, arena,
		&expected, &length, &err));
	if (length == 0)
		return;
	expected[length - 1] = '\0';
	if (examine(arena, arena_printf(arena, CORPUS "/%s/compose.yaml", name), &err) >= 0)
		check_report(__FILE__, __LINE__, "%s was accepted", name);
	else if (err.code != CODE_INPUT || !strstr(err.text, expected))
		check_report(__FILE__, __LINE__, "%s: code %d: \"%s\", expected \"%s\"", name,
			err.code, err.text, expected);
}

TEST(every_project_of_the_reject_corpus_is_refused_with_its_place)
{
	CHECK(corpus_folder_each(CORPUS, check_reject) >= 30);
}
