/* What a renderer is: for ui.c and the ui_*.c only. */
#pragma once

#include "text.h"
#include "ui.h"

enum ui_kind {
	UI_EVENT_STEP,
	UI_EVENT_PROGRESS,
	UI_EVENT_STATUS,
	UI_EVENT_TICK, /* terminal only */
	UI_EVENT_NOTE,
	UI_EVENT_DETAIL,
	UI_EVENT_WARNING,
	UI_EVENT_PROBLEM,
	UI_EVENT_RECORD,
	UI_EVENT_ERROR,
	UI_EVENT_RESULT,
};

/* One event; what a kind does not use is zero. All strings are borrowed for the call. */
struct ui_event {
	enum ui_kind kind;
	const char *name; /* of the step, problem, record or verb */
	const char *text;
	const char *hint; /* NULL or "" when there is none */
	enum ui_state state;
	enum ui_severity severity;
	uint64_t done, total;
	int code;
	const struct ui_field *fields;
	size_t field_count;
};

struct ui {
	struct ui_settings settings;
	bool colour;
	void (*show)(struct ui *ui, const struct ui_event *event);
	char step[64]; /* name of the step that is open, or "" */
	uint64_t step_began_ms;
	struct text live; /* its text, as it began */
	/* The renderers' own: */
	uint64_t drawn_ms;    /* when progress was last shown */
	uint64_t done, total; /* of the open step */
	struct text status;   /* terminal: what it waits for */
};

void ui_terminal_show(struct ui *ui, const struct ui_event *event);
void ui_plain_show(struct ui *ui, const struct ui_event *event);
void ui_json_show(struct ui *ui, const struct ui_event *event);

/* Set while the terminal shows a half-drawn line. */
void ui_set_live(bool live);
