/* Raising events, and asking the person. */
#include "ui.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "arena.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"
#include "ui_renderer.h"

/* Looked at by ui_restore_terminal(), which may run in a signal handler. */
static volatile int live_line;
static volatile int echo_off;
static struct termios echo_kept;
static bool stdout_failed;

void ui_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t put = write(fd, bytes, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			stdout_failed |= fd == STDOUT_FILENO;
			return;
		}
		bytes += put;
		length -= (size_t)put;
	}
}

bool ui_lost_results(void)
{
	return stdout_failed;
}

void ui_set_live(bool live)
{
	live_line = live;
}

void ui_restore_terminal(void)
{
	static const char clear_line[] = "\r\033[K";
	if (live_line) {
		live_line = 0;
		ui_write(STDERR_FILENO, clear_line, sizeof(clear_line) - 1);
	}
	if (echo_off) {
		echo_off = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &echo_kept);
	}
}

static bool terminal_can(void)
{
	const char *term = getenv("TERM");
	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

struct ui *ui_new(const struct ui_settings *settings)
{
	struct ui *ui = xmalloc(sizeof(*ui));
	*ui = (struct ui){.settings = *settings, .live = TEXT_INIT, .status = TEXT_INIT};
	const char *no_color = getenv("NO_COLOR");
	if (ui->settings.mode == UI_AUTO)
		ui->settings.mode = terminal_can() ? UI_TERMINAL : UI_PLAIN;
	ui->colour = ui->settings.mode == UI_TERMINAL && !(no_color && *no_color);
	ui->show = ui->settings.mode == UI_JSON       ? ui_json_show
		   : ui->settings.mode == UI_TERMINAL ? ui_terminal_show
						      : ui_plain_show;
	return ui;
}

void ui_free(struct ui *ui)
{
	if (!ui)
		return;
	ui_restore_terminal();
	text_clear(&ui->live);
	text_clear(&ui->status);
	free(ui);
}

bool ui_is_json(const struct ui *ui)
{
	return ui->settings.mode == UI_JSON;
}

bool ui_wants_json(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

bool ui_is_verbose(const struct ui *ui)
{
	return ui->settings.verbose;
}

/* What these kinds say is dropped here, so that no renderer has to know about -q and -v. */
static bool wanted(const struct ui *ui, const struct ui_event *event)
{
	if (ui->settings.mode == UI_JSON)
		return (event->kind != UI_EVENT_DETAIL || ui->settings.verbose) &&
		       (event->kind != UI_EVENT_NOTE || *event->text); /* blank lines are layout */
	switch (event->kind) {
	case UI_EVENT_DETAIL:
		return ui->settings.verbose && !ui->settings.quiet;
	case UI_EVENT_STEP:
		return !ui->settings.quiet || event->state == UI_WARNED ||
		       event->state == UI_FAILED;
	case UI_EVENT_NOTE:
	case UI_EVENT_STATUS:
		return !ui->settings.quiet;
	default:
		return true;
	}
}

enum { LONGEST_WORDS = 32000 }; /* bytes of a text: a name in it may be as long as its file */

/* Paths and words of others may be in any text: none of them drives the person's terminal. */
static void raise_printable(struct ui *ui, struct ui_event event)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_TEXT hint = TEXT_INIT;
	if (event.text) {
		size_t length = strlen(event.text);
		bool words = event.kind != UI_EVENT_NOTE;
		if (words && length > LONGEST_WORDS)
			for (length = LONGEST_WORDS; (event.text[length] & 0xc0) == 0x80;)
				length--;
		text_add_printable(&text, event.text, length);
		text_add(&text, event.text[length] ? "…" : "");
		event.text = text.bytes;
	}
	if (event.hint) {
		text_add_printable(&hint, event.hint, strlen(event.hint));
		event.hint = hint.bytes;
	}
	ui->show(ui, &event);
}

static void raise_event(struct ui *ui, const struct ui_event *event)
{
	if (!wanted(ui, event))
		return;
	if (ui->settings.mode == UI_JSON || event->kind == UI_EVENT_RESULT)
		ui->show(ui, event);
	else
		raise_printable(ui, *event);
}

__attribute__((format(printf, 3, 0))) static void raise_formatted(
	struct ui *ui, struct ui_event *event, const char *format, va_list ap)
{
	char *text = NULL;
	if (vasprintf(&text, format, ap) < 0)
		return;
	event->text = text;
	if (event->kind == UI_EVENT_STEP && event->state == UI_BEGIN) {
		text_clear(&ui->live);
		text_add(&ui->live, text);
	}
	raise_event(ui, event);
	free(text);
}

void ui_step_begin(struct ui *ui, const char *name, const char *format, ...)
{
	struct ui_event event = {.kind = UI_EVENT_STEP, .name = name, .state = UI_BEGIN};
	va_list ap;
	snprintf(ui->step, sizeof(ui->step), "%s", name);
	ui->step_began_ms = monotonic_ms();
	ui->done = ui->total = 0;
	ui->drawn_ms = 0;
	va_start(ap, format);
	raise_formatted(ui, &event, format, ap);
	va_end(ap);
}

void ui_step_end(struct ui *ui, enum ui_state state, const char *format, ...)
{
	struct ui_event event = {.kind = UI_EVENT_STEP, .name = ui->step, .state = state};
	va_list ap;
	va_start(ap, format);
	raise_formatted(ui, &event, format, ap);
	va_end(ap);
	ui->step[0] = '\0';
	text_clear(&ui->live);
}

void ui_progress(struct ui *ui, uint64_t done_bytes, uint64_t total_bytes)
{
	struct ui_event event = {.kind = UI_EVENT_PROGRESS,
		.name = ui->step,
		.done = done_bytes,
		.total = total_bytes};
	/* Terminal: at most six pictures a second; a program needs fewer. */
	uint64_t pause_ms = ui->settings.mode == UI_JSON ? 500 : 167;
	uint64_t now = monotonic_ms();
	ui->done = done_bytes;
	ui->total = total_bytes;
	if (ui->settings.no_progress || ui->settings.mode == UI_PLAIN || ui->settings.quiet ||
		now - ui->drawn_ms < pause_ms)
		return;
	ui->drawn_ms = now;
	raise_event(ui, &event);
}

void ui_tick(struct ui *ui)
{
	struct ui_event event = {.kind = UI_EVENT_TICK, .name = ui->step};
	uint64_t now = monotonic_ms();
	if (ui->settings.mode != UI_TERMINAL || !ui->step[0] || now - ui->drawn_ms < 1000)
		return;
	ui->drawn_ms = now;
	raise_event(ui, &event);
}

#define RAISE(event)                                        \
	do {                                                \
		va_list ap_;                                \
		va_start(ap_, format);                      \
		raise_formatted(ui, &(event), format, ap_); \
		va_end(ap_);                                \
	} while (0)

void ui_status(struct ui *ui, const char *format, ...)
{
	struct ui_event event = {.kind = UI_EVENT_STATUS, .name = ui->step};
	if (ui->settings.mode == UI_TERMINAL && !ui->settings.no_progress)
		RAISE(event);
}

void ui_note(struct ui *ui, const char *format, ...)
{
	struct ui_event event = {.kind = UI_EVENT_NOTE};
	RAISE(event);
}

void ui_detail(struct ui *ui, const char *format, ...)
{
	struct ui_event event = {.kind = UI_EVENT_DETAIL};
	RAISE(event);
}

void ui_warning(struct ui *ui, const char *hint, const char *format, ...)
{
	struct ui_event event = {.kind = UI_EVENT_WARNING, .hint = hint};
	RAISE(event);
}

void ui_problem(struct ui *ui, enum ui_severity severity, const char *name, const char *text,
	const char *hint)
{
	struct ui_event event = {.kind = UI_EVENT_PROBLEM,
		.severity = severity,
		.name = name,
		.text = text,
		.hint = hint};
	raise_event(ui, &event);
}

void ui_record(struct ui *ui, const char *name, const struct ui_field *fields, size_t count,
	const char *format, ...)
{
	struct ui_event event = {
		.kind = UI_EVENT_RECORD, .name = name, .fields = fields, .field_count = count};
	RAISE(event);
}

/* The next step after an error of the system that nobody had a better word for. */
static const char *usual_hint(const struct err *err)
{
	switch (err->sys_errno) {
	case EROFS:
		return T("that disk can only be read: choose another place");
	case EACCES:
	case EPERM:
		return T("choose another place, or allow this user to use that one");
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		return T("see whether that path is right");
	default:
		return NULL;
	}
}

void ui_error(struct ui *ui, const struct err *err)
{
	struct ui_event event = {.kind = UI_EVENT_ERROR,
		.name = exit_code_name(err->code),
		.code = err->code,
		.text = err->text,
		.hint = err->hint[0] ? err->hint : usual_hint(err)};
	if (ui->step[0])
		ui_step_end(ui, UI_FAILED, "%s", ui->live.bytes);
	raise_event(ui, &event);
	if (err->file)
		ui_detail(ui, T("(noticed at %s:%d)"), err->file, err->line);
}

void ui_result(struct ui *ui, const char *verb, int exit_code)
{
	struct ui_event event = {.kind = UI_EVENT_RESULT, .name = verb, .code = exit_code};
	raise_event(ui, &event);
}

/* ---- questions ---- */

bool ui_can_ask(const struct ui *ui)
{
	return ui->settings.mode != UI_JSON && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void set_echo(bool on)
{
	struct termios quiet;
	if (on) {
		ui_restore_terminal();
		return;
	}
	if (tcgetattr(STDIN_FILENO, &echo_kept) < 0)
		return;
	quiet = echo_kept;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	echo_off = 1;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
}

/* What stops a job: Ctrl-Z, or reading while the shell has the terminal; and what ends a program
 * that lets it (interrupt.h). SIGTTOU keeps its usual effect, which holds a change of the terminal
 * back until we have it again. */
static const int stops[] = {SIGTSTP, SIGTTIN, SIGINT, SIGQUIT, SIGTERM, SIGHUP};
static struct sigaction before_question[ARRAY_SIZE(stops)];
static volatile sig_atomic_t stop_asked;

static void on_stop(int number)
{
	stop_asked = number;
}

static void watch_stops(bool watch)
{
	struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: waits shall end */
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		if (!watch)
			sigaction(stops[i], &before_question[i], NULL);
		else if (sigaction(stops[i], NULL, &before_question[i]) == 0 &&
			 before_question[i].sa_handler == SIG_DFL)
			sigaction(stops[i], &action, NULL);
	}
}

/* The shell gets its terminal as it was. Returns when the person wants us again, if ever. */
static void stop(void)
{
	int number = stop_asked;
	stop_asked = 0;
	if (tcgetpgrp(STDIN_FILENO) == getpgrp())
		ui_restore_terminal();
	echo_off = 0;
	if (number != SIGTSTP && number != SIGTTIN)
		ui_write(STDERR_FILENO, "\n", 1); /* the end: the cursor is behind the question */
	watch_stops(false);
	raise(number);
	watch_stops(true);
}

/* A signal may come just before a read, which then would not end: looked for between short waits.
 * select, since macOS's poll knows no terminals. */
static bool wait_for_input(void)
{
	while (!interrupt_pending()) {
		struct timeval pause = {.tv_usec = 200000};
		fd_set input;
		FD_ZERO(&input);
		FD_SET(STDIN_FILENO, &input);
		int ready = select(STDIN_FILENO + 1, &input, NULL, NULL, &pause);
		if (ready > 0 || stop_asked)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
	return false;
}

static void put_question(const struct text *prompt, bool secret)
{
	if (secret)
		set_echo(false); /* before the prompt: who types at once is not seen, nor lost */
	ui_write(STDERR_FILENO, prompt->bytes, prompt->length);
}

/* A line from the terminal, byte by byte: nothing behind it is read away. -1 at its end, and when
 * the person pressed Ctrl-C. After a stop everything begins anew. */
static int read_line(const struct text *prompt, bool secret, char *line, size_t capacity)
{
	size_t length = 0;
	for (;;) {
		char byte;
		if (!wait_for_input())
			return -1;
		if (stop_asked) {
			stop();
			put_question(prompt, secret);
			length = 0;
			continue;
		}
		ssize_t got = read(STDIN_FILENO, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			return -1;
		if (byte == '\n')
			break;
		if (length + 1 < capacity)
			line[length++] = byte;
	}
	while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
		length--;
	line[length] = '\0';
	return 0;
}

int ui_ask(struct ui *ui, const char *question, const char *preset, bool secret, char *answer,
	size_t capacity, struct err *err)
{
	AUTO_TEXT prompt = TEXT_INIT;
	BUG_ON(!ui_can_ask(ui));
	text_add(&prompt, question);
	if (preset && *preset)
		text_addf(&prompt, " [%s]", preset);
	text_add(&prompt, ": ");
	ui_restore_terminal();
	watch_stops(true);
	put_question(&prompt, secret);
	int result = read_line(&prompt, secret, answer, capacity);
	if (secret)
		set_echo(true);
	watch_stops(false);
	if (stop_asked) { /* too late for the question: the terminal is as it was */
		int number = stop_asked;
		stop_asked = 0;
		raise(number);
	}
	if (secret || result < 0) /* the cursor is still behind the question */
		ui_write(STDERR_FILENO, "\n", 1);
	if (result < 0)
		return err_set(err, CODE_INTERRUPTED, "no answer");
	if (!*answer && preset)
		snprintf(answer, capacity, "%s", preset);
	return 0;
}

int ui_confirm(struct ui *ui, const char *question, bool preset, bool *yes, struct err *err)
{
	for (;;) {
		char answer[32];
		if (ui_ask(ui, question, preset ? T("Y/n") : T("y/N"), false, answer,
			    sizeof(answer), err) < 0)
			return -1;
		if (strcmp(answer, preset ? T("Y/n") : T("y/N")) == 0) {
			*yes = preset;
			return 0;
		}
		static const char *const yes_words[] = {"y", "yes", "是", "好", "确定"};
		static const char *const no_words[] = {"n", "no", "否", "不"};
		for (size_t i = 0; i < ARRAY_SIZE(yes_words); i++)
			if (text_equal_ignoring_case(answer, yes_words[i]))
				return *yes = true, 0;
		for (size_t i = 0; i < ARRAY_SIZE(no_words); i++)
			if (text_equal_ignoring_case(answer, no_words[i]))
				return *yes = false, 0;
	}
}
