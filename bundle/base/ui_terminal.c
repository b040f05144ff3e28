/* The renderer for a person at a terminal: one line a step, a bar while it works. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "monotonic.h"
#include "ui_renderer.h"
#include "ui_width.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define NORMAL "\033[0m"
#define CLEAR_LINE "\r\033[K"

enum {
	BAR_LARGEST = 24,
	BAR_SMALLEST = 6,
	PERCENT_COLUMNS = 8, /* " []  99%" without the bar itself */
	SIZES_COLUMNS = 24,  /* "  1023.9 MiB / 1023.9 MiB" */
	SHORT_STEP_MS = 2000,
};

static void add_coloured(struct ui *ui, struct text *out, const char *colour, const char *text)
{
	if (ui->colour)
		text_add(out, colour);
	text_add(out, text);
	if (ui->colour)
		text_add(out, NORMAL);
}

/* " [████░░░░]  45%  120.0 MiB / 266.0 MiB", as much of it as fits: a shorter bar, then none. */
static void add_bar(struct text *out, uint64_t done, uint64_t total, size_t columns)
{
	AUTO_TEXT numbers = TEXT_INIT;
	double part = (double)done / (double)total;
	bool sizes = columns > PERCENT_COLUMNS + BAR_SMALLEST + SIZES_COLUMNS;
	size_t taken = PERCENT_COLUMNS + (sizes ? SIZES_COLUMNS : 0);
	size_t bar = columns > taken ? columns - taken : 0;
	bar = bar < BAR_LARGEST ? bar : BAR_LARGEST;
	text_addf(&numbers, " %3u%%", (unsigned)(part * 100));
	if (sizes) {
		text_add(&numbers, "  ");
		text_add_size(&numbers, done);
		text_add(&numbers, " / ");
		text_add_size(&numbers, total);
	}
	if (bar >= BAR_SMALLEST) {
		text_add(out, " [");
		for (size_t i = 0; i < bar; i++)
			text_add(out, (double)i < part * (double)bar ? "█" : "░");
		text_add(out, "]");
	}
	if (columns >= numbers.length)
		text_add(out, numbers.bytes);
}

/* What it waits for, and for how long already: a person sees that it is not dead. */
static void add_status(struct ui *ui, struct text *out)
{
	uint64_t took_ms = monotonic_ms() - ui->step_began_ms;
	if (ui->status.length)
		text_addf(out, "  %s", ui->status.bytes);
	if (took_ms >= SHORT_STEP_MS)
		text_addf(out, "  %llu s", (unsigned long long)(took_ms / 1000));
}

/* The open step's line, drawn over itself; cut to the width, because a wrapped line could not be
 * drawn over. */
static void draw_live(struct ui *ui)
{
	AUTO_TEXT tail = TEXT_INIT;
	AUTO_TEXT line = TEXT_INIT;
	size_t columns = ui_columns(STDERR_FILENO) - 1;
	if (ui->settings.quiet || ui->settings.no_progress || !ui->step[0])
		return;
	size_t text_columns = 2 + ui_width(ui->live.bytes);
	if (text_columns > columns)
		text_columns = columns;
	if (ui->total > 0) {
		add_bar(&tail, ui->done, ui->total, columns - text_columns);
		/* What is left of the width; the cut below takes the end of it. */
		if (ui->status.length)
			text_addf(&tail, "  %s", ui->status.bytes);
	} else {
		add_status(ui, &tail);
	}
	text_add(&line, CLEAR_LINE "… ");
	text_add_bytes(&line, ui->live.bytes, ui_width_fit(ui->live.bytes, columns - 2));
	text_add(&line, ui->colour ? DIM : "");
	text_add_bytes(&line, tail.bytes, ui_width_fit(tail.bytes, columns - text_columns));
	text_add(&line, ui->colour ? NORMAL : "");
	ui_write(STDERR_FILENO, line.bytes, line.length);
	ui_set_live(true);
}

/* A whole line above the open step's. */
static void print_line(struct ui *ui, const struct text *line)
{
	ui_restore_terminal();
	ui_write(STDERR_FILENO, line->bytes, line->length);
	draw_live(ui);
}

static void add_hint(struct ui *ui, struct text *line, const char *hint)
{
	if (!hint || !*hint)
		return;
	text_add(line, "  ");
	add_coloured(ui, line, DIM, "→ ");
	text_addf(line, "%s\n", hint);
}

static void show_marked(
	struct ui *ui, const char *colour, const char *mark, const char *text, const char *hint)
{
	AUTO_TEXT line = TEXT_INIT;
	add_coloured(ui, &line, colour, mark);
	text_addf(&line, "%s\n", text);
	add_hint(ui, &line, hint);
	print_line(ui, &line);
}

static void show_step(struct ui *ui, const struct ui_event *event)
{
	if (event->state == UI_BEGIN) {
		text_clear(&ui->status);
		draw_live(ui);
		return;
	}
	AUTO_TEXT line = TEXT_INIT;
	uint64_t took_ms = monotonic_ms() - ui->step_began_ms;
	add_coloured(ui, &line,
		event->state == UI_DONE     ? GREEN
		: event->state == UI_FAILED ? RED
		: event->state == UI_WARNED ? YELLOW
					    : DIM,
		event->state == UI_DONE     ? "✓"
		: event->state == UI_FAILED ? "✗"
		: event->state == UI_WARNED ? "!"
					    : "-");
	text_addf(&line, " %s", event->text);
	if (took_ms >= SHORT_STEP_MS) {
		char seconds[32];
		snprintf(seconds, sizeof(seconds), "  %.1f s", (double)took_ms / 1000);
		add_coloured(ui, &line, DIM, seconds);
	}
	text_add(&line, "\n");
	ui_restore_terminal();
	ui_write(STDERR_FILENO, line.bytes, line.length);
	text_clear(&ui->status);
}

static void show_record(struct ui *ui, const struct ui_event *event)
{
	AUTO_TEXT line = TEXT_INIT;
	if (!event->text || !*event->text)
		return;
	text_addf(&line, "%s\n", event->text);
	ui_restore_terminal();
	ui_write(STDOUT_FILENO, line.bytes, line.length);
	draw_live(ui);
}

void ui_terminal_show(struct ui *ui, const struct ui_event *event)
{
	AUTO_TEXT line = TEXT_INIT;
	switch (event->kind) {
	case UI_EVENT_STEP:
		show_step(ui, event);
		break;
	case UI_EVENT_PROGRESS:
	case UI_EVENT_TICK:
		draw_live(ui);
		break;
	case UI_EVENT_STATUS:
		if (strcmp(ui->status.bytes, event->text) != 0) {
			text_clear(&ui->status);
			text_add(&ui->status, event->text);
			draw_live(ui);
		}
		break;
	case UI_EVENT_NOTE:
		text_addf(&line, "%s\n", event->text);
		print_line(ui, &line);
		break;
	case UI_EVENT_DETAIL:
		add_coloured(ui, &line, DIM, event->text);
		text_add(&line, "\n");
		print_line(ui, &line);
		break;
	case UI_EVENT_WARNING:
		show_marked(ui, YELLOW, "! ", event->text, event->hint);
		break;
	case UI_EVENT_PROBLEM:
		show_marked(ui, event->severity == UI_PROBLEM_ERROR ? RED : YELLOW,
			event->severity == UI_PROBLEM_ERROR ? "✗ " : "! ", event->text,
			event->hint);
		break;
	case UI_EVENT_ERROR:
		show_marked(ui, RED, T("Error: "), event->text, event->hint);
		break;
	case UI_EVENT_RECORD:
		show_record(ui, event);
		break;
	case UI_EVENT_RESULT:
		break;
	}
}
