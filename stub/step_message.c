/* The step `message`: a text for the person, at its place in the procedure. */
#include <string.h>

#include "manifest.h"
#include "step.h"

int step_message(struct step_run *run, struct json parameters, struct err *err)
{
	struct ui *ui = run->sop->session->ui;
	struct manifest_text local = {0};
	AUTO_TEXT text = TEXT_INIT;
	if (json_get_string_or(parameters, "en", NULL, &local.en, err) < 0 ||
		json_get_string_or(parameters, "zh", NULL, &local.zh, err) < 0)
		return -1;
	const char *expanded =
		step_values_expand(&run->values, manifest_text_pick(&local), STEP_TEXT_PLAIN, err);
	if (!expanded)
		return err_wrap(err, "step message");
	text_add(&text, expanded);
	step_values_mask(&run->values, &text);
	if (ui_is_json(ui)) {
		ui_note(ui, "%s", text.bytes);
		return 0;
	}
	for (const char *line = text.bytes; *line;) {
		size_t length = strcspn(line, "\n");
		ui_note(ui, "%.*s", (int)length, line);
		line += length + (line[length] == '\n');
	}
	return 0;
}
