/* `hardtack lint`: advice about a project, each with its place and what to write instead. */
#include "lint.h"
#include "message.h"
#include "options.h"
#include "project.h"

#include <unistd.h>

static void print_findings(const struct finding_list *findings, const struct ui *ui)
{
	AUTO_TEXT out = TEXT_INIT;
	for (size_t i = 0; i < findings->count; i++) {
		if (ui_is_json(ui))
			finding_add_json(&out, &findings->items[i]);
		else
			finding_add_text(&out, &findings->items[i]);
	}
	ui_write(STDOUT_FILENO, out.bytes, out.length);
}

int verb_lint(struct verb *verb, struct err *err)
{
	struct project project;
	struct closure *closures;
	struct finding_list findings;
	const char *path = verb->argument_count ? verb->arguments[0] : ".";
	finding_list_init(&findings, verb->arena);
	if (project_open(&project, path, verb->options, verb->arena, &findings, err) < 0)
		return -1;
	for (size_t i = 0; i < project.compose_count; i++)
		lint_project(project.composes[i], &findings);
	if (project_closures(&project, verb->options, &closures, &findings, err) < 0)
		return -1;
	finding_list_sort(&findings);
	print_findings(&findings, verb->ui);
	size_t errors = finding_count(&findings, FINDING_ERROR);
	size_t warnings = finding_count(&findings, FINDING_WARNING);
	if (errors || (verb->options->strict && warnings))
		return err_set(err, CODE_INPUT, "errors: %zu, warnings: %zu", errors, warnings);
	ui_note(verb->ui, T("errors: %zu, warnings: %zu"), errors, warnings);
	return 0;
}
