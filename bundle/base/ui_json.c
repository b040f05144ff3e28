/* The renderer for programs: a line an object, written in one piece. */
#include <unistd.h>

#include "ui_renderer.h"

static void add_name(struct text *out, const char *name)
{
	text_add(out, ",");
	text_add_json(out, name);
	text_add(out, ":");
}

static void add_text(struct text *out, const char *name, const char *value)
{
	add_name(out, name);
	if (value)
		text_add_json(out, value);
	else
		text_add(out, "null");
}

static void add_field(struct text *out, const struct ui_field *field)
{
	switch (field->kind) {
	case UI_FIELD_TEXT:
		add_text(out, field->name, field->text);
		break;
	case UI_FIELD_NUMBER:
		add_name(out, field->name);
		text_addf(out, "%lld", field->number);
		break;
	case UI_FIELD_BOOL:
		add_name(out, field->name);
		text_add(out, field->number ? "true" : "false");
		break;
	case UI_FIELD_JSON:
		add_name(out, field->name);
		text_add(out, field->text ? field->text : "null");
		break;
	}
}

static const char *const state_names[] = {
	[UI_BEGIN] = "begin",
	[UI_DONE] = "ok",
	[UI_WARNED] = "warning",
	[UI_FAILED] = "failed",
	[UI_SKIPPED] = "skipped",
};

static const char *const severity_names[] = {
	[UI_PROBLEM_ERROR] = "error",
	[UI_PROBLEM_WARNING] = "warning",
	[UI_PROBLEM_IGNORED] = "ignored",
};

static void begin(struct text *line, const char *event)
{
	text_add(line, "{\"schema\":1,\"event\":");
	text_add_json(line, event);
}

static void add_text_and_hint(struct text *line, const struct ui_event *event)
{
	add_text(line, "text", event->text);
	add_text(line, "hint", event->hint && *event->hint ? event->hint : NULL);
}

void ui_json_show(struct ui *ui, const struct ui_event *event)
{
	AUTO_TEXT line = TEXT_INIT;
	(void)ui;
	switch (event->kind) {
	case UI_EVENT_STEP:
		begin(&line, "step");
		add_text(&line, "name", event->name);
		add_text(&line, "state", state_names[event->state]);
		add_text(&line, "text", event->text);
		break;
	case UI_EVENT_PROGRESS:
		begin(&line, "progress");
		add_text(&line, "name", event->name);
		text_addf(&line, ",\"done\":%llu,\"total\":%llu", (unsigned long long)event->done,
			(unsigned long long)event->total);
		break;
	case UI_EVENT_STATUS:
	case UI_EVENT_TICK:
		return;
	case UI_EVENT_NOTE:
	case UI_EVENT_DETAIL:
		begin(&line, event->kind == UI_EVENT_NOTE ? "note" : "detail");
		add_text(&line, "text", event->text);
		break;
	case UI_EVENT_WARNING:
		begin(&line, "warning");
		add_text_and_hint(&line, event);
		break;
	case UI_EVENT_PROBLEM:
		begin(&line, "problem");
		add_text(&line, "name", event->name);
		add_text(&line, "severity", severity_names[event->severity]);
		add_text_and_hint(&line, event);
		break;
	case UI_EVENT_ERROR:
		begin(&line, "error");
		text_addf(&line, ",\"code\":%d", event->code);
		add_text(&line, "name", event->name);
		add_text_and_hint(&line, event);
		break;
	case UI_EVENT_RECORD:
		begin(&line, event->name);
		for (size_t i = 0; i < event->field_count; i++)
			add_field(&line, &event->fields[i]);
		break;
	case UI_EVENT_RESULT:
		begin(&line, "result");
		add_text(&line, "verb", event->name);
		text_addf(&line, ",\"exit\":%d", event->code);
		break;
	}
	text_add(&line, "}\n");
	ui_write(STDOUT_FILENO, line.bytes, line.length);
}
