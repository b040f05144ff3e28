/* `hardtack`, the host tool: reads the command line, runs the verb, prints what failed. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "messages_builder.h"
#include "messages_bundle.h"
#include "options.h"

static int run(int argc, char **argv, struct options *options, struct option_result *result,
	struct ui **ui, struct arena *arena, struct err *err)
{
	if (option_parse(&options_program, argc, argv, options, arena, result, err) < 0)
		return -1;
	if (result->help || !result->verb) {
		AUTO_TEXT help = TEXT_INIT;
		option_help(&options_program, result->verb, &help);
		ui_write(STDOUT_FILENO, help.bytes, help.length);
		return result->help ? 0 : err_set(err, CODE_USAGE, "no verb given");
	}
	struct ui_settings settings = {
		.mode = options->ui.json ? UI_JSON : UI_AUTO,
		.quiet = options->ui.quiet,
		.verbose = options->ui.verbose,
		.no_progress = options->ui.no_progress,
	};
	ui_free(*ui);
	*ui = ui_new(&settings);
	struct verb verb = {options, result->arguments, result->argument_count, *ui, arena};
	int status = options_run(result->verb, &verb, err);
	/* Whatever failed then, or went well in the last moment: the signal decides. */
	return interrupt_check(err) < 0 ? -1 : status;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	struct option_result result = {0};
	AUTO(arena) arena = arena_new();
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), with a text */
	message_register(messages_bundle);
	message_register(messages_builder);
	ui_language_detect(argc, argv);
	AUTO(ui)
	ui = ui_new(&(struct ui_settings){.mode = ui_wants_json(argc, argv) ? UI_JSON : UI_AUTO});
	int code = run(argc, argv, &options, &result, &ui, arena, &err) < 0 ? err.code : CODE_OK;
	if (code != CODE_OK)
		ui_error(ui, &err);
	if (ui_lost_results() && code == CODE_OK) {
		err_set(&err, CODE_IO, "standard output took not all of the results");
		ui_error(ui, &err);
		code = CODE_IO;
	}
	/* `inspect --json` is one object (DESIGN.md 1.2): its result line would be a second one. */
	if (code != CODE_OK || !result.verb || strcmp(result.verb->name, "inspect") != 0)
		ui_result(ui, result.verb ? result.verb->name : "", code);
	return code;
}
