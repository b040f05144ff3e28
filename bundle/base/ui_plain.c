/* The renderer for logs and pipes: whole lines, no control sequences. */
#include <unistd.h>

#include "message.h"
#include "ui_renderer.h"

static const char *step_mark(enum ui_state state)
{
	switch (state) {
	case UI_BEGIN:
		return "…";
	case UI_DONE:
		return "✓";
	case UI_WARNED:
		return "!";
	case UI_FAILED:
		return "✗";
	case UI_SKIPPED:
		return "-";
	}
	return "";
}

void ui_plain_show(struct ui *ui, const struct ui_event *event)
{
	AUTO_TEXT line = TEXT_INIT;
	int fd = STDERR_FILENO;
	(void)ui;
	switch (event->kind) {
	case UI_EVENT_STEP:
		text_addf(&line, "%s %s\n", step_mark(event->state), event->text);
		break;
	case UI_EVENT_NOTE:
	case UI_EVENT_DETAIL:
		text_addf(&line, "%s\n", event->text);
		break;
	case UI_EVENT_WARNING:
		text_addf(&line, "! %s\n", event->text);
		break;
	case UI_EVENT_PROBLEM:
		text_addf(&line, "%s %s\n", event->severity == UI_PROBLEM_ERROR ? "✗" : "!",
			event->text);
		break;
	case UI_EVENT_ERROR:
		text_addf(&line, "%s%s\n", T("Error: "), event->text);
		break;
	case UI_EVENT_RECORD:
		if (event->text && *event->text)
			text_addf(&line, "%s\n", event->text);
		fd = STDOUT_FILENO;
		break;
	case UI_EVENT_PROGRESS:
	case UI_EVENT_STATUS:
	case UI_EVENT_TICK:
	case UI_EVENT_RESULT:
		return;
	}
	if (event->hint && *event->hint)
		text_addf(&line, "  → %s\n", event->hint);
	ui_write(fd, line.bytes, line.length);
}
