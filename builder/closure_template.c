/* Which handed-over files are templates, and whether the target can fill them in. */
#include "closure_template.h"

#include <string.h>

#include "env_template.h"
#include "file_io.h"

const char *closure_template_target(struct arena *arena, const char *packed)
{
	static const char suffix[] = ".template", main_name[] = "/env.template";
	size_t length = strlen(packed);
	if (text_ends_with(packed, main_name))
		return arena_printf(arena, "%.*s/.env", (int)(length - strlen(main_name)), packed);
	/* At the top, env.template is the project's own. */
	if (!text_ends_with(packed, suffix) || strcmp(packed, main_name + 1) == 0 ||
		length == strlen(suffix) || packed[length - sizeof(suffix)] == '/')
		return NULL;
	return arena_strndup(arena, packed, length - strlen(suffix));
}

struct unset_reporter {
	struct interpolation_listener listener;
	struct finding_list *findings;
	const char *path;
};

static void report_unset(struct interpolation_listener *listener, const char *name)
{
	struct unset_reporter *reporter = (struct unset_reporter *)listener;
	struct finding *finding = finding_add(reporter->findings, FINDING_ERROR, "unset-variable",
		reporter->path, 0, "${%s} has no value: .env will have no such name", name);
	finding_remedy(reporter->findings, finding,
		"add %s to env.template, or write ${%s:-default} here", name, name);
}

static int check_template(const struct compose_project *project, const struct closure_entry *entry,
	struct finding_list *findings, struct err *err)
{
	struct arena *arena = project->arena;
	struct env_template file;
	struct variable_set variables;
	char *bytes;
	size_t length;
	struct unset_reporter reporter = {{report_unset}, findings, entry->source};
	variable_set_init(&variables, arena);
	for (size_t i = 0; i < project->variables->count; i++)
		variable_set_put(&variables, project->variables->items[i].name,
			project->variables->items[i].value);
	if (file_read_all(entry->source, DOTENV_LIMIT_BYTES, arena, &bytes, &length, err) < 0)
		return -1;
	if (env_template_parse(arena, entry->source, bytes, length, &file, err) < 0)
		return err_hint(err, "a file that ends in .template under files: is an env file "
				     "that is filled in on the target; give other files another "
				     "name");
	return env_template_evaluate(&file, entry->source, &variables, &reporter.listener, err);
}

/* Other entries of this name, of those before `limit`. */
static bool is_packed(const struct closure *closure, size_t limit, const char *packed)
{
	for (size_t i = 0; i < limit; i++)
		if (strcmp(closure->entries[i].packed, packed) == 0)
			return true;
	return false;
}

int closure_template_mark(const struct compose_project *project, struct closure *closure,
	size_t first, struct finding_list *findings, struct err *err)
{
	for (size_t i = first; i < closure->count; i++) {
		struct closure_entry *entry = &closure->entries[i];
		const char *target = closure_template_target(project->arena, entry->packed);
		if (entry->kind != CLOSURE_FILE || !target ||
			is_packed(closure, first, entry->packed))
			continue;
		entry->kind = CLOSURE_TEMPLATE;
		if (is_packed(closure, closure->count, target))
			finding_add(findings, FINDING_ERROR, "same-target", entry->source, 0,
				"%s is made from it on the target, but it is packed too", target);
		if (check_template(project, entry, findings, err) < 0)
			return -1;
	}
	return 0;
}
