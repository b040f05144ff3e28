/* `hardtack init DIR [--from FILE]`: a project directory that can say more than a compose file. */
#include "secret_check.h"
#include "stream.h"
#include "file_io.h"
#include "message.h"
#include "options.h"
#include "project.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ENV_FILE_LIMIT = 1 << 20 };

/* "export NAME=value" or "NAME=value": where the name is; NULL for any other line. */
static const char *variable_name(const char *line, size_t length, size_t *name_length)
{
	const char *at = line, *end = line + length;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (end - at > 7 && memcmp(at, "export ", 7) == 0)
		at += 7;
	const char *name = at;
	while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	*name_length = (size_t)(at - name);
	return *name_length && at < end && *at == '=' ? name : NULL;
}

/* The maker's .env as a template: what looks like a secret is generated on each target. */
static void add_template(struct text *out, const char *bytes, struct arena *arena)
{
	while (*bytes) {
		size_t length = strcspn(bytes, "\n"), name_length;
		const char *name = variable_name(bytes, length, &name_length);
		const char *copy = name ? arena_strndup(arena, name, name_length) : NULL;
		if (copy && secret_check_name(copy) && name + name_length + 1 < bytes + length)
			text_addf(out, "%s={{secret hex 32}}\n", copy);
		else
			text_addf(out, "%.*s\n", (int)length, bytes);
		bytes += length;
		bytes += *bytes == '\n';
	}
}

static int write_template(
	const struct closure_entry *entry, const char *path, struct arena *arena, struct err *err)
{
	char *bytes;
	AUTO_TEXT template = TEXT_INIT;
	if (file_read_all(entry->source, ENV_FILE_LIMIT, arena, &bytes, NULL, err) < 0)
		return -1;
	add_template(&template, bytes, arena);
	return file_write_all(path, template.bytes, template.length, 0644, err);
}

static int copy_file(const struct closure_entry *entry, const char *path, struct err *err)
{
	AUTO_FD from = open(entry->source, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", entry->source);
	off_t size = lseek(from, 0, SEEK_END);
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	if (size < 0)
		return err_set_errno(err, CODE_IO, "read %s", entry->source);
	if (file_output_open(&output, path, entry->mode, err) < 0)
		return -1;
	struct stream_file file;
	const void *bytes;
	size_t length;
	int status;
	stream_file_init(&file, from, entry->source, 0, (uint64_t)size);
	while ((status = stream_next(&file.source, &bytes, &length, err)) == 0 && length)
		if ((status = file_write(output.fd, path, bytes, length, err)) < 0)
			break;
	stream_file_clear(&file);
	return status < 0 ? -1 : file_output_commit(&output, err);
}

static const char *name_of(const struct closure_entry *entry)
{
	return entry->kind == CLOSURE_ENV ? "env.template" : entry->packed;
}

static int add_entry(const struct closure_entry *entry, const char *directory, struct arena *arena,
	struct err *err)
{
	char *path = arena_printf(arena, "%s/%s", directory, name_of(entry));
	if (entry->kind == CLOSURE_DIRECTORY)
		return file_make_directories(path, 0777, err);
	char *parent = arena_strdup(arena, path);
	*strrchr(parent, '/') = '\0';
	if (file_make_directories(parent, 0777, err) < 0)
		return -1;
	if (entry->kind == CLOSURE_ENV || entry->kind == CLOSURE_ENV_FILE)
		return write_template(entry, path, arena, err);
	return copy_file(entry, path, err);
}

static int write_project_file(
	const struct project *project, bool has_env, const char *directory, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *path = xprintf("%s/hardtack.yaml", directory);
	text_add(&text, "hardtack: 1\n");
	text_addf(&text, "name: %s\n", project->name);
	text_addf(&text, "version: %s\n", project->version ? project->version : "0.1.0");
	text_addf(&text, "# title: {en: %s, zh: %s}\n", project->name, project->name);
	text_addf(&text, "compose: %s\n", project->compose->files[0]->packed);
	text_add(&text, has_env ? "env: env.template\n" : "# env: env.template\n");
	text_add(&text, "# files: [client/]\n");
	text_add(&text, "# fallback: [{name: v2, version: 2.0.0, compose: compose.v2.yaml}]\n");
	return file_write_all(path, text.bytes, text.length, 0644, err);
}

static int fill(const char *directory, const struct project *project, const struct closure *closure,
	struct arena *arena, struct err *err)
{
	bool has_env = false;
	if (file_make_directories(directory, 0777, err) < 0)
		return -1;
	for (size_t i = 0; i < closure->count; i++) {
		has_env |= closure->entries[i].kind == CLOSURE_ENV;
		if (add_entry(&closure->entries[i], directory, arena, err) < 0)
			return -1;
	}
	return write_project_file(project, has_env, directory, err);
}

/* Half a project would be in the way of the next try: a directory that is not empty is refused. */
static void take_back(const char *directory, bool existed, const struct closure *closure)
{
	for (size_t i = 0; i < closure->count; i++)
		file_remove_below(directory, name_of(&closure->entries[i]));
	if (!existed)
		rmdir(directory);
}

int verb_init(struct verb *verb, struct err *err)
{
	struct project project;
	struct closure closure;
	struct finding_list findings;
	struct options options = *verb->options;
	const char *directory = verb->arguments[0];
	bool existed = access(directory, F_OK) == 0;
	options.pack_secrets = true; /* they become generators below, nothing travels */
	finding_list_init(&findings, verb->arena);
	if (file_check_empty(directory, err) < 0 ||
		project_open(&project, options.from ? options.from : ".", &options, verb->arena,
			&findings, err) < 0 ||
		project_closure(&project, &options, &closure, &findings, err) < 0 ||
		finding_list_fail(&findings, err) < 0)
		return -1;
	if (fill(directory, &project, &closure, verb->arena, err) < 0) {
		take_back(directory, existed, &closure);
		return -1;
	}
	ui_note(verb->ui, T("Next: hardtack lint %s, then hardtack build %s"), directory,
		directory);
	struct ui_field fields[] = {UI_TEXT("directory", directory)};
	UI_RECORD(verb->ui, "created", fields, "%s", directory);
	return 0;
}
