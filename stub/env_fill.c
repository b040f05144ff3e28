/* Filling in and following. */
#include "env_fill.h"

#include <string.h>

#include "message.h"

static bool refers(const struct env_template_entry *entry)
{
	const struct dotenv_entry *source = &entry->source;
	return entry->kind == ENV_TEMPLATE_LITERAL && source->quote != '\'' &&
	       strchr(source->raw, '$');
}

int env_fill_resolve(struct env_files *files, struct env_file *file, struct err *err)
{
	struct variable_set known;
	variable_set_init(&known, files->arena);
	for (size_t i = 0; i < files->variables.count; i++)
		variable_set_put(
			&known, files->variables.items[i].name, files->variables.items[i].value);
	file->filled = arena_alloc(files->arena, (file->template.count + 1) * sizeof(char *));
	for (size_t i = 0; i < file->template.count; i++) {
		const struct env_template_entry *entry = &file->template.entries[i];
		const char *value = file->values[i];
		if (!value) {
			value = dotenv_value(
				files->arena, file->target, &entry->source, &known, NULL, err);
			if (!value)
				return -1;
			if (refers(entry))
				file->filled[i] = value;
		}
		if (!variable_set_get(&files->variables, entry->source.name))
			variable_set_put(&known, entry->source.name, value);
	}
	return 0;
}

static const char *filled_value(const struct env_file *file, const char *name)
{
	for (size_t i = 0; i < file->template.count; i++)
		if (strcmp(file->template.entries[i].source.name, name) == 0)
			return file->filled[i];
	return NULL;
}

int env_fill_update(const struct env_files *files, const struct env_file *file, struct text *out,
	struct ui *ui, struct err *err)
{
	size_t count = file->old.count;
	struct env_template old = {.bytes = file->old_bytes,
		.length = strlen(file->old_bytes),
		.entries = arena_alloc(files->arena, (count + 1) * sizeof(*old.entries)),
		.count = count};
	const char **values = arena_alloc(files->arena, (count + 1) * sizeof(*values));
	for (size_t i = 0; i < count; i++) {
		const struct dotenv_entry *entry = &file->old.entries[i];
		old.entries[i].source = *entry;
		values[i] = filled_value(file, entry->name);
		if (!values[i])
			continue;
		const char *value =
			dotenv_value(files->arena, file->path, entry, &files->variables, NULL, err);
		if (!value)
			return -1;
		if (strcmp(value, values[i]) == 0)
			values[i] = NULL;
		else
			ui_note(ui, T("%s: %s now follows .env"), file->path, entry->name);
	}
	text_add(out, env_template_render(files->arena, &old, values));
	return 0;
}
