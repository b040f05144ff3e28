/* What the journal's last lines mean for the person. */
#include "last_run.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_owner.h"
#include "journal.h"
#include "message.h"
#include "rollback.h"
#include "rollback_point.h"

static enum last_run_state state_of(const struct place *place, const struct journal_past *past)
{
	if (place_is_locked(place))
		return LAST_RUN_AT_WORK;
	if (!past->verb)
		return LAST_RUN_WELL;
	if (!past->ended)
		return LAST_RUN_CUT;
	if (past->code == CODE_INTERRUPTED || past->code == CODE_TERMINATED)
		return LAST_RUN_STOPPED;
	return past->code ? LAST_RUN_FAILED : LAST_RUN_WELL;
}

static const char *text_of(
	enum last_run_state state, const struct journal_past *past, struct arena *arena)
{
	switch (state) {
	case LAST_RUN_AT_WORK:
		return past->verb && !past->ended
			       ? arena_printf(arena,
					 T("%s is at work at this moment, in step %s (since %s)"),
					 past->verb, past->step, past->at)
			       : T("another run is at work at this moment");
	case LAST_RUN_CUT:
		return arena_printf(arena, T("%s was cut off in step %s (%s)"), past->verb,
			past->step, past->at);
	case LAST_RUN_STOPPED:
		return arena_printf(arena, T("%s was interrupted in step %s (%s)"), past->verb,
			past->step, past->at);
	case LAST_RUN_FAILED:
		return arena_printf(arena,
			T("the last %s failed in step %s with exit code %d (%s)"), past->verb,
			past->step, past->code, past->at);
	case LAST_RUN_UNREADABLE: /* look_for_refusal() */
	case LAST_RUN_WELL:
		break;
	}
	return "";
}

static const char *remedy_of(
	enum last_run_state state, const struct journal_past *past, struct arena *arena)
{
	if (state == LAST_RUN_WELL || state == LAST_RUN_UNREADABLE)
		return "";
	if (state == LAST_RUN_AT_WORK)
		return T("wait until it is done, then run this again");
	if (strcmp(past->verb, "install") == 0)
		return T("run the installer's install again: it goes on where it stopped, and "
			 "repeats nothing that is proven");
	return arena_printf(arena, T("run `%s` again: it brings this to its end"), past->verb);
}

/* An upgrade that is neither through nor gone back from says more than the step it stopped in. */
static void look_for_rollback_point(
	const struct place *place, struct arena *arena, struct last_run *last)
{
	struct rollback_point *point;
	struct err problem = ERR_INIT;
	if (last->state == LAST_RUN_AT_WORK)
		return;
	int status = rollback_find_unfinished(place->directory, arena, &point, &problem);
	if (status < 0 ? file_owner_refused(&problem) && !last->unfinished : !point)
		return; /* refused: look_for_refusal() tells, where nothing else is unfinished */
	if (last->state != LAST_RUN_STOPPED && last->state != LAST_RUN_FAILED)
		last->state = LAST_RUN_CUT;
	last->unfinished = true;
	last->text =
		status < 0 ? arena_strdup(arena, problem.text) : rollback_describe(point, arena);
	last->remedy =
		status < 0 ? arena_strdup(arena, problem.hint) : rollback_ways_out(point, arena);
}

/* Lock, journal and rollback point: what another user (root, by sudo) keeps for himself may say that
 * something is unfinished or at work, and "all is well" would be a guess. */
static void look_for_refusal(const struct place *place, struct arena *arena, struct last_run *last)
{
	static const char *const names[] = {
		ROLLBACK_FOLDER "/state.json", "journal.jsonl", ".hardtack.lock"};
	struct err refused = ERR_INIT;
	size_t i = 0;
	while (i < ARRAY_SIZE(names) &&
		file_owner_check(arena_printf(arena, "%s/%s", place->directory, names[i]),
			i == 0 ? R_OK : R_OK | W_OK, &refused) == 0)
		i++;
	if (i == ARRAY_SIZE(names) || last->unfinished || last->state == LAST_RUN_AT_WORK)
		return;
	last->state = LAST_RUN_UNREADABLE;
	last->text = arena_printf(arena,
		T("%s: so nobody can tell whether an earlier run is at work or unfinished"),
		refused.text);
	last->remedy = arena_strdup(arena, refused.hint);
}

enum last_run_state last_run_look(
	const struct place *place, struct arena *arena, struct last_run *last)
{
	struct journal_past past;
	journal_look(place->directory, arena, &past);
	enum last_run_state state = state_of(place, &past);
	*last = (struct last_run){
		.state = state,
		.unfinished = state == LAST_RUN_CUT || state == LAST_RUN_STOPPED,
		.text = text_of(state, &past, arena),
		.remedy = remedy_of(state, &past, arena),
		.verb = past.verb,
		.step = past.step,
		.code = past.code,
	};
	look_for_rollback_point(place, arena, last);
	look_for_refusal(place, arena, last);
	return last->state;
}

bool last_run_was_stop(const struct place *place, struct arena *arena)
{
	struct journal_past past;
	journal_look(place->directory, arena, &past);
	return past.verb && strcmp(past.verb, "stop") == 0 && past.ended && past.code == 0;
}

void last_run_show(const struct last_run *last, struct ui *ui)
{
	static const char *const names[] = {"well", "at_work", "cut_off", "interrupted", "failed", "unreadable"};
	if (last->state == LAST_RUN_WELL)
		return;
	if (!ui_is_json(ui)) {
		ui_warning(ui, last->remedy, "%s", last->text);
		return;
	}
	struct ui_field fields[] = {UI_TEXT("state", names[last->state]),
		UI_TEXT("verb", last->verb), UI_TEXT("step", last->step),
		UI_NUMBER("code", (uint64_t)last->code)};
	UI_RECORD(ui, "last_run", fields, "%s", "");
}

bool last_run_env_is_newer(const struct place *place)
{
	struct stat env, journal;
	AUTO_FREE char *path = xprintf("%s/journal.jsonl", place->directory);
	return stat(path, &journal) == 0 && stat(place->env_file, &env) == 0 &&
	       env.st_mtime > journal.st_mtime;
}
