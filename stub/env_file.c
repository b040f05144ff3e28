/* Rendering env.template into .env, once. */
#include "env_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "env_fill.h"
#include "env_secret.h"
#include "file_io.h"
#include "message.h"

enum { GIVEN_FILE_LIMIT = 64 << 10 };

/* ---- --set ---- */

static int check_sets(const struct option_list *sets, struct err *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		const char *equals = strchr(sets->items[i], '=');
		size_t length = equals ? (size_t)(equals - sets->items[i]) : 0;
		size_t good = strspn(sets->items[i],
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		if (length == 0 || good != length)
			return err_set(err, CODE_USAGE,
				"--set wants NAME=VALUE or NAME=@FILE, not "
				"\"%.*s\"",
				(int)(equals ? length : 20), sets->items[i]);
	}
	return 0;
}

int env_files_given(const struct env_files *files, const struct session *session, const char *name,
	const char **value, struct err *err)
{
	const struct option_list *sets = &session->options->set;
	size_t name_length = strlen(name), length;
	const char *given = NULL, *answer = variable_set_get(&files->answers, name);
	char *bytes;
	for (size_t i = 0; i < sets->count; i++)
		if (strncmp(sets->items[i], name, name_length) == 0 &&
			sets->items[i][name_length] == '=')
			given = sets->items[i] + name_length + 1;
	if (answer)
		*value = answer;
	if (answer || !given)
		return 0;
	if (*given != '@') {
		*value = given;
		return 0;
	}
	if (file_read_all(given + 1, GIVEN_FILE_LIMIT, session->arena, &bytes, &length, err) < 0)
		return err_wrap(err, "--set %s", name);
	while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		bytes[--length] = '\0';
	if (strlen(bytes) != length)
		return err_set(err, CODE_USAGE, "--set %s: %s is not a text", name, given + 1);
	*value = bytes;
	return 0;
}

/* ---- the plan ---- */

static const struct dotenv_entry *find_old(const struct env_file *file, const char *name)
{
	for (size_t i = 0; file->exists && i < file->old.count; i++)
		if (strcmp(file->old.entries[i].name, name) == 0)
			return &file->old.entries[i];
	return NULL;
}

static int plan_value(struct env_files *files, const struct session *session, struct env_file *file,
	size_t at, struct err *err)
{
	const struct env_template_entry *entry = &file->template.entries[at];
	const char **value = &file->values[at];
	if (env_files_given(files, session, entry->source.name, value, err) < 0)
		return -1;
	if (*value)
		return 0;
	switch (entry->kind) {
	case ENV_TEMPLATE_LITERAL:
		return 0;
	case ENV_TEMPLATE_SECRET_HEX:
	case ENV_TEMPLATE_SECRET_BASE64:
		if (!files->new_secret)
			files->new_secret = entry->source.name;
		return env_secret_make(files->arena, entry, value, err);
	case ENV_TEMPLATE_ASK:
		*value = env_template_wrap(
			files->arena, entry, entry->fallback ? entry->fallback : "");
		return 0;
	case ENV_TEMPLATE_PORT:
		*value = arena_printf(files->arena, "%u", entry->port);
		return 0;
	}
	return 0;
}

/* An existing .env wins over everything; saying something else by --set is refused, not ignored. */
static int check_not_set_twice(struct env_files *files, const struct session *session,
	struct env_file *file, struct err *err)
{
	for (size_t i = 0; file->exists && i < file->old.count; i++) {
		const struct dotenv_entry *entry = &file->old.entries[i];
		const char *given = NULL, *old;
		if (env_files_given(files, session, entry->name, &given, err) < 0)
			return -1;
		if (!given)
			continue;
		old = dotenv_value(files->arena, file->path, entry, &files->variables, NULL, err);
		if (!old)
			return -1;
		if (strcmp(old, given) == 0)
			continue;
		err_set(err, CODE_USAGE, "--set %s: it has a value already in %s", entry->name,
			file->path);
		return err_hint(
			err, "change it there, then run this again without --set %s", entry->name);
	}
	return 0;
}

static int read_old(struct env_files *files, struct env_file *file, struct err *err)
{
	char *bytes;
	size_t length;
	file->exists = access(file->path, F_OK) == 0;
	if (!file->exists)
		return 0;
	if (file_read_all(file->path, DOTENV_LIMIT_BYTES, files->arena, &bytes, &length, err) < 0)
		return -1;
	file->old_bytes = bytes;
	return dotenv_parse(files->arena, file->path, bytes, length, &file->old, err);
}

static int put_file(struct env_files *files, struct env_file *file, struct err *err)
{
	for (size_t i = 0; file->exists && i < file->old.count; i++) {
		const char *value = dotenv_value(files->arena, file->path, &file->old.entries[i],
			&files->variables, NULL, err);
		if (!value)
			return -1;
		variable_set_put(&files->variables, file->old.entries[i].name, value);
	}
	for (size_t i = 0; i < file->template.count; i++) {
		const struct dotenv_entry *source = &file->template.entries[i].source;
		const char *value = file->values[i];
		if (!file->missing[i])
			continue;
		if (!value)
			value = dotenv_value(
				files->arena, file->target, source, &files->variables, NULL, err);
		if (!value)
			return -1;
		variable_set_put(&files->variables, source->name, value);
	}
	return 0;
}

/* In order, as compose will: a line may refer to an earlier one, whose value was perhaps just
 * answered. */
static int resolve(struct env_files *files, const struct session *session, struct err *err)
{
	struct env_file *file = files->items;
	variable_set_init(&files->variables, files->arena);
	if (put_file(files, file, err) < 0)
		return -1;
	for (size_t i = 0; i < file->extra.count; i++) {
		const char *value = "";
		if (env_files_given(files, session, file->extra.items[i], &value, err) < 0)
			return -1;
		variable_set_put(&files->variables, file->extra.items[i], value);
	}
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].fill && env_fill_resolve(files, &files->items[i], err) < 0)
			return -1;
	return 0;
}

static int plan_file(struct env_files *files, const struct session *session, const char *template,
	struct env_file *file, struct err *err)
{
	size_t length = 0;
	char *bytes = arena_strdup(files->arena, "");
	if (template && bundle_read(session->bundle,
				arena_printf(files->arena, MANIFEST_FILES_PREFIX "%s", template),
				DOTENV_LIMIT_BYTES, files->arena, &bytes, &length, err) < 0)
		return -1;
	if (env_template_parse(files->arena, template ? template : file->target, bytes, length,
		    &file->template, err) < 0 ||
		read_old(files, file, err) < 0)
		return -1;
	file->values = arena_alloc(files->arena, (file->template.count + 1) * sizeof(char *));
	file->missing = arena_alloc(files->arena, file->template.count + 1);
	for (size_t i = 0; i < file->template.count; i++) {
		if (find_old(file, file->template.entries[i].source.name))
			continue;
		file->missing[i] = true;
		file->missing_count++;
		if (plan_value(files, session, file, i, err) < 0)
			return -1;
	}
	return 0;
}

static bool template_has(const struct env_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		for (size_t j = 0; j < files->items[i].template.count; j++)
			if (strcmp(files->items[i].template.entries[j].source.name, name) == 0)
				return true;
	return false;
}

static bool is_extra(const struct env_file *file, const char *name)
{
	for (size_t i = 0; i < file->extra.count; i++)
		if (strcmp(file->extra.items[i], name) == 0)
			return true;
	return false;
}

static void add_extra(struct env_files *files, const char *name)
{
	struct env_file *file = files->items;
	*ARENA_PUSH(files->arena, file->extra.items, file->extra.count, file->extra.capacity) =
		arena_strdup(files->arena, name);
}

/* Names that no template has may still be in the compose file with a default: they go to .env. */
static void plan_extra(struct env_files *files, const struct session *session)
{
	const struct option_list *sets = &session->options->set;
	const struct env_file *file = files->items;
	for (size_t i = 0; i < sets->count; i++) {
		const char *equals = strchr(sets->items[i], '=');
		char *name = arena_strndup(
			files->arena, sets->items[i], (size_t)(equals - sets->items[i]));
		if (template_has(files, name) || find_old(file, name) || is_extra(file, name))
			continue;
		add_extra(files, name);
		ui_warning(session->ui, NULL,
			T("--set %s: this installer asks for no such value; it goes to "
			  ".env all the same"),
			name);
	}
}

/* The first item is always .env, whether there is a template for it or not: compose reads it. */
int env_files_plan(struct env_files *files, const struct session *session,
	const struct place *place, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	bool has_main =
		manifest->template_count > 0 && strcmp(manifest->templates[0].target, ".env") == 0;
	size_t extra = has_main ? 0 : 1;
	*files = (struct env_files){.arena = session->arena};
	variable_set_init(&files->answers, files->arena);
	files->count = manifest->template_count + extra;
	files->items = arena_alloc(files->arena, files->count * sizeof(*files->items));
	if (check_sets(&session->options->set, err) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		const struct manifest_template *template =
			i < extra ? NULL : &manifest->templates[i - extra];
		struct env_file *file = &files->items[i];
		file->target = template ? template->target : ".env";
		file->fill = template && template->fill;
		file->path = arena_printf(files->arena, "%s/%s", place->directory, file->target);
		if (plan_file(files, session, template ? template->path : NULL, file, err) < 0)
			return -1;
	}
	plan_extra(files, session);
	if (resolve(files, session, err) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++)
		if (check_not_set_twice(files, session, &files->items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- answers ---- */

bool env_files_has_old(const struct env_files *files, const char *name)
{
	return find_old(files->items, name) != NULL;
}

int env_files_answer(struct env_files *files, const struct session *session, const char *name,
	const char *value, struct err *err)
{
	variable_set_put(&files->answers, name, value);
	for (size_t i = 0; i < files->count; i++)
		for (size_t j = 0; j < files->items[i].template.count; j++)
			if (files->items[i].missing[j] &&
				strcmp(files->items[i].template.entries[j].source.name, name) == 0)
				files->items[i].values[j] = variable_set_get(&files->answers, name);
	if (!template_has(files, name) && !is_extra(files->items, name))
		add_extra(files, name);
	return resolve(files, session, err);
}

/* ---- writing ---- */

static const char *value_of(const struct env_file *file, size_t at)
{
	return file->fill && file->filled[at] ? file->filled[at] : file->values[at];
}

static void add_new_names(const struct env_file *file, struct text *out, struct ui *ui)
{
	for (size_t i = 0; i < file->template.count; i++) {
		const struct dotenv_entry *source = &file->template.entries[i].source;
		if (!file->missing[i])
			continue;
		ui_note(ui, T("%s: %s is new"), file->path, source->name);
		if (value_of(file, i)) {
			env_template_add_line(out, source->name, value_of(file, i));
		} else {
			text_add_bytes(out, file->template.bytes + source->begin,
				source->end - source->begin);
			text_add(out, "\n");
		}
	}
}

static int render(const struct env_files *files, const struct env_file *file, struct text *out,
	struct ui *ui, struct err *err)
{
	if (!file->exists) {
		const char **values =
			arena_alloc(files->arena, (file->template.count + 1) * sizeof(*values));
		for (size_t i = 0; i < file->template.count; i++)
			values[i] = value_of(file, i);
		text_add(out, env_template_render(files->arena, &file->template, values));
	} else {
		if (!file->fill)
			text_add(out, file->old_bytes);
		else if (env_fill_update(files, file, out, ui, err) < 0)
			return -1;
		if (out->length && out->bytes[out->length - 1] != '\n')
			text_add(out, "\n");
		add_new_names(file, out, ui);
	}
	for (size_t i = 0; i < file->extra.count; i++)
		env_template_add_line(out, file->extra.items[i],
			variable_set_get(&files->variables, file->extra.items[i]));
	return 0;
}

/* Whole or not at all; a file that says this already is left alone. */
static int put(const struct env_file *file, const struct text *text, struct err *err)
{
	if (file->exists && strcmp(text->bytes, file->old_bytes) == 0)
		return 0;
	AUTO_FREE char *directory =
		xprintf("%.*s", (int)(file_base_name(file->path) - file->path - 1), file->path);
	if (file_make_directories(directory, 0700, err) < 0)
		return -1;
	return file_write_all(file->path, text->bytes, text->length, 0600, err);
}

static int write_file(
	const struct env_files *files, const struct env_file *file, struct ui *ui, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	if (file->missing_count == 0 && file->extra.count == 0 && !file->fill)
		return 0;
	return render(files, file, &text, ui, err) < 0 ? -1 : put(file, &text, err);
}

int env_files_write(const struct env_files *files, struct ui *ui, struct err *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (write_file(files, &files->items[i], ui, err) < 0)
			return -1;
	return 0;
}

int env_files_follow(const struct env_files *files, struct ui *ui, struct err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct env_file *file = &files->items[i];
		AUTO_TEXT text = TEXT_INIT;
		if (file->exists && file->fill &&
			(env_fill_update(files, file, &text, ui, err) < 0 ||
				put(file, &text, err) < 0))
			return -1;
	}
	return 0;
}
