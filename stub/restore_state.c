/* restore.json. */
#include "restore_state.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "json.h"
#include "json_writer.h"
#include "message.h"

enum { STATE_LIMIT = 64 << 10, STATE_SCHEMA = 1 };

int restore_state_read(
	const char *directory, struct arena *arena, struct restore_state **out, struct err *err)
{
	const char *path = arena_printf(arena, "%s/restore.json", directory);
	struct restore_state *state = ARENA_NEW(arena, struct restore_state);
	struct json root;
	struct stat st;
	char *bytes;
	size_t length;
	*out = NULL;
	if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (file_read_all(path, STATE_LIMIT, arena, &bytes, &length, err) < 0 ||
		json_parse(bytes, length, path, STATE_LIMIT, arena, &root, err) < 0 ||
		json_get_string(root, "backup", &state->backup, err) < 0 ||
		json_get_string(root, "identity", &state->identity, err) < 0 ||
		json_get_string(root, "saved", &state->saved, err) < 0 ||
		json_get_string(root, "begun_at", &state->begun_at, err) < 0 ||
		json_get_bool_or(root, "whole", false, &state->whole, err) < 0)
		return -1;
	*out = state;
	return 0;
}

int restore_state_write(const char *directory, const struct restore_state *state, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *path = xprintf("%s/restore.json", directory);
	struct json_writer writer = json_writer_begin(&text, false), *w = &writer;
	json_object(w, NULL);
	json_number(w, "schema", STATE_SCHEMA);
	json_string(w, "backup", state->backup);
	json_string(w, "identity", state->identity);
	json_string(w, "saved", state->saved);
	json_string(w, "begun_at", state->begun_at);
	json_bool(w, "whole", state->whole);
	json_end(w);
	return file_write_all(path, text.bytes, text.length, 0600, err);
}

void restore_state_remove(const char *directory)
{
	AUTO_FREE char *path = xprintf("%s/restore.json", directory);
	unlink(path);
}

static void hint(const struct restore_state *state, struct arena *arena, struct err *err)
{
	const char *backup = arena_shell_word(arena, state->backup);
	if (*state->saved)
		err_hint(err,
			"run `restore %s` again, which finishes it; to go back to what was there "
			"before, `restore %s`",
			backup, arena_shell_word(arena, state->saved));
	else
		err_hint(err, "run `restore %s` again, which finishes it", backup);
}

int restore_state_require_none(const struct place *place, struct arena *arena, struct err *err)
{
	struct restore_state *state;
	if (restore_state_read(place->directory, arena, &state, err) < 0)
		return -1;
	if (!state)
		return 0;
	if (state->whole)
		err_set(err, CODE_PREFLIGHT,
			"the restore of %s, begun %s, is not through: the data is back, and the "
			"application has not proved itself",
			state->backup, state->begun_at);
	else
		err_set(err, CODE_PREFLIGHT,
			"the restore of %s, begun %s, is not through: the data is not whole",
			state->backup, state->begun_at);
	hint(state, arena, err);
	return -1;
}

void restore_state_tell(const struct place *place, struct arena *arena, struct ui *ui)
{
	struct err problem = ERR_INIT;
	if (restore_state_require_none(place, arena, &problem) < 0)
		ui_warning(ui, problem.hint, "%s", problem.text);
}
