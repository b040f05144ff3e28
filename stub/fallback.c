/* Deciding about the next variant, and going over to it. */
#include "fallback.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "docker_services.h"
#include "exit_code.h"
#include "file_io.h"
#include "installed.h"
#include "interrupt.h"
#include "journal.h"
#include "message.h"
#include "receipt_lost.h"
#include "variant_choice.h"

static bool says(const struct session *session, const char *word)
{
	return session->options->fallback && strcmp(session->options->fallback, word) == 0;
}

int fallback_check_option(const struct session *session, struct err *err)
{
	const char *said = session->options->fallback;
	if (said && !says(session, "ask") && !says(session, "auto") && !says(session, "never"))
		return err_set(
			err, CODE_USAGE, "--fallback wants ask, auto or never, not \"%s\"", said);
	if (!says(session, "ask") || ui_can_ask(session->ui))
		return 0;
	err_set(err, CODE_USAGE, "nobody can be asked here: there is no terminal");
	return err_hint(err, "say --fallback auto or --fallback never");
}

const char *fallback_title(const struct manifest *manifest, struct arena *arena)
{
	const char *title = manifest_text_pick(&manifest->title);
	if (!*title)
		title = manifest->variant ? manifest->variant : manifest->name;
	return manifest->version ? arena_printf(arena, "%s %s", title, manifest->version) : title;
}

const char *fallback_story(const struct session *session, const struct place *place)
{
	struct variant_choice *choice;
	struct err ignored = ERR_INIT;
	struct arena *arena = session->arena;
	if (!session->manifest->variant ||
		variant_choice_read(place->first_directory, arena, &choice, &ignored) < 0 ||
		!choice)
		return NULL;
	if (choice->code == CODE_OK)
		return arena_printf(arena, T("%s is what runs here, by a restore (%s)."),
			fallback_title(session->manifest, arena), choice->at);
	return arena_printf(arena,
		T("%s is what runs here: what comes before it in this file did not work (%s, exit "
		  "code %d). To try that again: uninstall, then install; all data stays."),
		fallback_title(session->manifest, arena), choice->at, choice->code);
}

/* ---- the decision ---- */

static bool is_verdict(const struct err *err)
{
	return err->code == CODE_STEP || err->code == CODE_UNHEALTHY ||
	       err->code == CODE_CRASH_LOOP || err->code == CODE_SMOKE;
}

static const struct manifest *next_variant(const struct session *session)
{
	return session->variant + 1 < session->variant_count
		       ? manifest_variant(bundle_manifest(session->bundle), session->variant + 1,
				 session->arena)
		       : NULL;
}

/* The cause's own remedy comes first. */
static void add_hint(const char *words, struct err *err)
{
	size_t length = strlen(err->hint);
	snprintf(err->hint + length, sizeof(err->hint) - length, "%s%s", length ? "; " : "", words);
}

static void hint_at_next(
	const struct session *session, const struct manifest *next, struct err *err)
{
	struct arena *arena = session->arena;
	add_hint(arena_printf(arena,
			 T("or let this file's other variant take over, %s: install --fallback "
			   "auto"),
			 fallback_title(next, arena)),
		err);
}

/* *wanted: shall the next one be installed? An error replaces *err: the person has ended it. */
static int decide(
	struct session *session, const struct manifest *next, bool *wanted, struct err *err)
{
	struct arena *arena = session->arena;
	bool asks = says(session, "ask") || (!session->options->fallback && !session->options->yes);
	*wanted = says(session, "auto");
	if (*wanted || !asks || !ui_can_ask(session->ui)) {
		if (*wanted)
			ui_warning(session->ui, *err->hint ? err->hint : NULL, "%s", err->text);
		else if (!says(session, "never"))
			hint_at_next(session, next, err);
		return 0;
	}
	struct err asking = ERR_INIT;
	ui_warning(session->ui, *err->hint ? err->hint : NULL, "%s", err->text);
	if (ui_confirm(session->ui,
		    arena_printf(arena,
			    T("Install %s instead? It begins with data of its own; that of %s "
			      "stays where it is."),
			    fallback_title(next, arena), fallback_title(session->manifest, arena)),
		    true, wanted, &asking) == 0)
		return 0;
	*err = asking;
	return -1;
}

/* ---- going over ---- */

/* The containers that fail again and again would hold its ports and memory. */
static int take_down(struct session *session, struct installed *failed, struct err *err)
{
	const char *title = fallback_title(session->manifest, session->arena);
	ui_step_begin(session->ui, "fallback", T("Taking down %s; its data stays"), title);
	if (docker_services_remove(&failed->docker, &failed->project, session->ui, err) < 0)
		return -1;
	ui_step_end(session->ui, UI_DONE, T("%s is taken down; its data stays"), title);
	return 0;
}

static int choose(
	const struct installed *failed, const struct manifest *next, int code, struct err *err)
{
	const char *directory = failed->place.first_directory;
	AUTO_FREE char *place = xprintf("%s/%s", directory, next->variant);
	const struct variant_choice choice = {
		.project = failed->place.first_project, .variant = next->variant, .code = code};
	if (file_make_directories(place, 0700, err) < 0)
		return -1;
	return variant_choice_write(directory, &choice, err);
}

/* Taken down first: a run that is killed between the two tries the failed one once more. */
static int go_over(struct session *session, struct installed *failed, const struct manifest *next,
	int code, struct err *err)
{
	struct journal journal = JOURNAL_INIT;
	struct err ignored = ERR_INIT;
	if (journal_open(&journal, &failed->place, "install", session->arena, &ignored) == 0)
		journal_begin(&journal, "fallback", &ignored);
	int status = take_down(session, failed, err);
	if (status == 0)
		status = choose(failed, next, code, err);
	journal_close(&journal, status, err);
	return status;
}

static void tell(struct session *session, const struct manifest *next, int code)
{
	struct ui_field fields[] = {UI_TEXT("from", session->manifest->variant),
		UI_TEXT("to", next->variant), UI_NUMBER("code", code)};
	if (ui_is_json(session->ui))
		UI_RECORD(session->ui, "fallback", fields, "%s", "");
	else
		ui_note(session->ui, T("Going on with %s"), fallback_title(next, session->arena));
}

bool fallback_next(struct session *session, struct err *err)
{
	AUTO_INSTALLED failed = INSTALLED_INIT;
	struct err problem = ERR_INIT;
	struct receipt *receipt;
	bool wanted;
	const struct manifest *next = session->bundle && is_verdict(err) && !interrupt_pending()
					      ? next_variant(session)
					      : NULL;
	if (!next || installed_open(&failed, session, true, &problem) < 0 ||
		receipt_find(&failed.place, session, &receipt, &problem) < 0)
		return false;
	if (!receipt && receipt_read_retired(
				failed.place.directory, session->arena, &receipt, &problem) < 0)
		return false;
	if (receipt) {
		if (says(session, "auto"))
			ui_note(session->ui,
				T("%s has worked here before; there is no fallback from it, as its "
				  "data would be left behind."),
				fallback_title(session->manifest, session->arena));
		return false;
	}
	if (decide(session, next, &wanted, err) < 0 || !wanted)
		return false;
	int code = err->code;
	if (go_over(session, &failed, next, code, &problem) < 0) {
		*err = problem;
		return false;
	}
	tell(session, next, code);
	err_clear(err);
	session_use_variant(session, session->variant + 1);
	return true;
}

/* ---- restore ---- */

static bool same_variant(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int fallback_turn_to(
	struct session *session, struct place *place, const char *variant, struct err *err)
{
	struct receipt *receipt;
	const struct place here = *place;
	size_t number = variant ? session_find_variant(session, variant) : 0;
	if (same_variant(variant, session->manifest->variant))
		return 0;
	if (number == session->variant_count) {
		err_set(err, CODE_PREFLIGHT,
			"the backup is of the variant %s, which this file does not have", variant);
		return err_hint(err, "restore it with the installer that it was made with");
	}
	if (receipt_read(here.directory, session->arena, &receipt, err) < 0)
		return err_hint(err, "uninstall that first (its data stays), or restore beside it "
				     "with --project-name");
	if (receipt) {
		err_set(err, CODE_PREFLIGHT,
			"the backup is of another variant of this file than %s, which is installed "
			"in "
			"%s",
			fallback_title(session->manifest, session->arena), here.directory);
		return err_hint(err, "uninstall that first (its data stays), or restore beside it "
				     "with --project-name");
	}
	session_use_variant(session, number);
	return place_of_variant(place, &here, session, err);
}

int fallback_remember(const struct session *session, const struct place *place, struct err *err)
{
	struct variant_choice *old;
	const char *variant = session->manifest->variant;
	const struct variant_choice choice = {.project = place->first_project, .variant = variant};
	if (variant_choice_read(place->first_directory, session->arena, &old, err) < 0)
		return -1;
	if (same_variant(old ? old->variant : NULL, variant))
		return 0;
	if (variant)
		return variant_choice_write(place->first_directory, &choice, err);
	variant_choice_remove(place->first_directory);
	return 0;
}

/* ---- values ---- */

static int take_value(struct env_files *env, const struct session *session, const char *name,
	const char *value, struct err *err)
{
	const char *given = NULL;
	if (env_files_given(env, session, name, &given, err) < 0)
		return -1;
	return given ? 0 : env_files_answer(env, session, name, value, err);
}

static bool is_chosen(const struct env_files *env, const char *name)
{
	const struct env_file *file = env->items;
	for (size_t i = 0; i < file->template.count; i++) {
		const struct env_template_entry *entry = &file->template.entries[i];
		if (file->missing[i] && strcmp(entry->source.name, name) == 0)
			return entry->kind == ENV_TEMPLATE_ASK || entry->kind == ENV_TEMPLATE_PORT;
	}
	return false;
}

int fallback_take_values(struct env_files *env, const struct session *session,
	const struct place *place, struct err *err)
{
	struct arena *arena = session->arena;
	const char *path = arena_printf(arena, "%s/.env", place->first_directory);
	struct variable_set variables;
	struct dotenv first = {0};
	char *bytes;
	size_t length;
	if (!session->manifest->variant || access(path, F_OK) < 0)
		return 0;
	variable_set_init(&variables, arena);
	if (file_read_all(path, DOTENV_LIMIT_BYTES, arena, &bytes, &length, err) < 0 ||
		dotenv_parse(arena, path, bytes, length, &first, err) < 0)
		return -1;
	for (size_t i = 0; i < first.count; i++) {
		const char *name = first.entries[i].name;
		const char *value =
			dotenv_value(arena, path, &first.entries[i], &variables, NULL, err);
		if (!value)
			return -1;
		variable_set_put(&variables, name, value);
		if (is_chosen(env, name) && take_value(env, session, name, value, err) < 0)
			return -1;
	}
	return 0;
}
