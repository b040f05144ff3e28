/* Telling what was installed. */
#include "handoff.h"

#include <string.h>
#include <unistd.h>

#include "message.h"
#include "port.h"
#include "secret_mask.h"

enum { HANDOFF_LIMIT = 1 << 20 };

static const char name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/* The program that will do for what comes: the control program beside the data, else this file. */
static const char *program(const struct session *session, const struct place *place)
{
	struct arena *arena = session->arena;
	const char *control = arena_printf(arena, "%s/%s", place->directory, MANIFEST_CONTROL_NAME);
	const char *path = access(control, X_OK) == 0 ? control : session->path;
	return arena_shell_word(arena, path);
}

/* Without the control program, which knows them: the options that lead to this place. */
static const char *options(const struct session *session, const struct place *place)
{
	const char *control =
		arena_printf(session->arena, "%s/%s", place->directory, MANIFEST_CONTROL_NAME);
	bool named = strcmp(place->first_project, session->manifest->name) != 0;
	if (access(control, X_OK) == 0 || (!named && !session->options->directory))
		return "";
	const char *directory = session->options->directory;
	return arena_printf(session->arena, "%s%s%s%s", named ? " --project-name " : "",
		named ? place->first_project : "", directory ? " --dir " : "",
		directory ? arena_shell_word(session->arena, directory) : "");
}

int handoff_show_urls(const struct session *session, const struct env_files *env, struct err *err)
{
	struct port *ports;
	size_t count;
	if (port_list(session->manifest, &env->variables, session->arena, &ports, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *url = port_url(&ports[i], session->arena);
		struct ui_field fields[] = {UI_TEXT("service", ports[i].service),
			UI_TEXT("url", url), UI_NUMBER("port", ports[i].first)};
		if (ports[i].first)
			UI_RECORD(session->ui, "url", fields, "%s: %s", ports[i].service, url);
	}
	return 0;
}

/* ---- the bundle's own text ---- */

struct filling {
	const struct session *session;
	const struct place *place;
	const struct env_files *env;
};

static bool is_made(const struct env_files *env, const char *name)
{
	for (size_t i = 0; i < env->items[0].template.count; i++) {
		const struct env_template_entry *entry = &env->items[0].template.entries[i];
		if (strcmp(entry->source.name, name) == 0)
			return entry->kind == ENV_TEMPLATE_SECRET_HEX ||
			       entry->kind == ENV_TEMPLATE_SECRET_BASE64;
	}
	return false;
}

/* NULL: not a name of ours, it stays as written. */
static const char *value_of(const struct filling *filling, const char *name)
{
	const char *value = variable_set_get(&filling->env->variables, name);
	if (strcmp(name, "HARDTACK_FILE") == 0)
		return program(filling->session, filling->place);
	if (strcmp(name, "HARDTACK_DIR") == 0)
		return filling->place->directory;
	if (strcmp(name, "HARDTACK_PROJECT") == 0)
		return filling->place->project;
	return value && (is_made(filling->env, name) || secret_mask_name(name)) ? "****" : value;
}

static void fill(const struct filling *filling, const char *text, struct text *out)
{
	for (const char *at = text; *at;) {
		size_t length = text_starts_with(at, "${") ? strspn(at + 2, name_bytes) : 0;
		const char *value = NULL;
		if (length > 0 && at[2 + length] == '}')
			value = value_of(
				filling, arena_strndup(filling->session->arena, at + 2, length));
		text_add_bytes(out, value ? value : at, value ? strlen(value) : 1);
		at += value ? length + 3 : 1;
	}
}

static int show_text(const struct filling *filling, const char *path, struct err *err)
{
	const struct session *session = filling->session;
	AUTO_TEXT filled = TEXT_INIT;
	AUTO_TEXT shown = TEXT_INIT;
	char *bytes;
	size_t length;
	if (bundle_read(session->bundle,
		    arena_printf(session->arena, MANIFEST_FILES_PREFIX "%s", path), HANDOFF_LIMIT,
		    session->arena, &bytes, &length, err) < 0)
		return -1;
	char *rest = strstr(bytes, "\n## ");
	if (rest)
		rest[1] = '\0';
	fill(filling, bytes, &filled);
	text_add_printable(&shown, filled.bytes, filled.length);
	while (shown.length > 0 && shown.bytes[shown.length - 1] == '\n')
		text_cut(&shown, shown.length - 1);
	struct ui_field fields[] = {UI_TEXT("text", shown.bytes),
		UI_TEXT("path",
			arena_printf(session->arena, "%s/%s", filling->place->directory, path))};
	if (ui_is_json(session->ui))
		UI_RECORD(session->ui, "handoff", fields, "%s", "");
	else
		ui_note(session->ui, "%s\n", shown.bytes);
	return 0;
}

/* ---- files and commands ---- */

static void show_files(const struct session *session, const struct place *place)
{
	const struct manifest *manifest = session->manifest;
	const char *handoff = manifest_text_pick(&manifest->handoff);
	ui_note(session->ui, T("It lives in %s."), place->directory);
	for (size_t i = 0; i < manifest->template_count; i++)
		if (manifest->templates[i].fill)
			ui_note(session->ui,
				T("For your programs: %s/%s has the addresses and keys."),
				place->directory, manifest->templates[i].target);
	if (*handoff)
		ui_note(session->ui, T("Read next: %s/%s"), place->directory, handoff);
}

static void show_commands(
	const struct session *session, const struct place *place, const struct env_files *env)
{
	static const struct {
		const char *verb, *says;
	} commands[] = {
		{"status", N_T("how the services are")},
		{"open", N_T("open its page in the browser")},
		{"credentials", N_T("logins and keys")},
		{"logs", N_T("what the services wrote")},
		{"stop", N_T("stop the services; data stays")},
		{"start", N_T("start what was stopped")},
		{"doctor", N_T("what is wrong, and what to do")},
		{"backup FILE", N_T("all data, settings and passwords into one file")},
		{"uninstall", N_T("remove containers and images; data stays, unless --purge-data")},
	};
	size_t credentials = 0;
	for (size_t i = 0; i < env->items[0].template.count; i++)
		credentials += env->items[0].template.entries[i].kind != ENV_TEMPLATE_LITERAL;
	ui_note(session->ui, "%s", "");
	ui_note(session->ui, T("%s%s and one of:"), program(session, place),
		options(session, place));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (credentials > 0 || strcmp(commands[i].verb, "credentials") != 0)
			ui_note(session->ui, "  %-12s %s", commands[i].verb, T(commands[i].says));
	ui_note(session->ui, "%s", T("To upgrade: run the installer of a newer version."));
	ui_note(session->ui, "%s",
		T("To move: backup FILE here, restore FILE with the installer there."));
}

int handoff_show(const struct session *session, const struct place *place,
	const struct env_files *env, struct err *err)
{
	const char *title = manifest_text_pick(&session->manifest->title);
	const char *path = manifest_text_pick(&session->manifest->handoff);
	struct filling filling = {session, place, env};
	ui_note(session->ui, "%s", "");
	if (*path && show_text(&filling, path, err) < 0)
		return -1;
	ui_note(session->ui, T("%s is running."), *title ? title : session->manifest->name);
	if (handoff_show_urls(session, env, err) < 0)
		return -1;
	ui_note(session->ui, "%s", "");
	show_files(session, place);
	show_commands(session, place, env);
	return 0;
}
