/* The program on the target: options, the verb, the exit code. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file_io.h"
#include "finder_window.h"
#include "interrupt.h"
#include "message.h"
#include "messages_bundle.h"
#include "messages_stub.h"
#include "self_guard.h"
#include "verbs.h"

/* A descriptor 0, 1 or 2 that was closed would otherwise become the installer's or a pipe's. */
static void open_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(CODE_IO);
}

static int (*const runs[])(struct session *session, struct err *err) = {
	[VERB_INSTALL] = verb_install,
	[VERB_VERIFY] = verb_verify,
	[VERB_INFO] = verb_info,
	[VERB_PREFLIGHT] = verb_preflight,
	[VERB_LOAD] = verb_load,
	[VERB_EXTRACT] = verb_extract,
	[VERB_STATUS] = verb_status,
	[VERB_START] = verb_start,
	[VERB_SMOKE] = verb_smoke,
	[VERB_STOP] = verb_stop,
	[VERB_OPEN] = verb_open,
	[VERB_LOGS] = verb_logs,
	[VERB_CREDENTIALS] = verb_credentials,
	[VERB_DOCTOR] = verb_doctor,
	[VERB_BACKUP] = verb_backup,
	[VERB_RESTORE] = verb_restore,
	[VERB_UNINSTALL] = verb_uninstall,
	[VERB_ROLLBACK] = verb_rollback,
	[VERB_VERSION] = verb_version,
};

static struct ui *make_ui(const struct option_ui *options, bool json)
{
	struct ui_settings settings = {
		.mode = json ? UI_JSON : UI_AUTO,
		.quiet = options->quiet,
		.verbose = options->verbose,
		.no_progress = options->no_progress,
	};
	return ui_new(&settings);
}

static int show_help(const struct option_program *program, const struct option_verb *verb)
{
	AUTO_TEXT help = TEXT_INIT;
	option_help(program, verb, &help);
	ui_write(STDOUT_FILENO, help.bytes, help.length);
	return CODE_OK;
}

/* Without a verb an installer installs; its control program, which cannot, tells how things are. */
static int standard_verb(struct session *session, struct err *err)
{
	if (session_open(session, err) < 0)
		return -1;
	if (session_read_bundle(session, err) == 0 && session->manifest->installer)
		return verb_status(session, err);
	err_clear(err); /* install verifies first and says it better */
	return verb_install(session, err);
}

static int run(struct session *session, const struct option_result *chosen, struct err *err)
{
	BUG_ON(!chosen->verb); /* the parser gives help without one, and nothing else */
	int status = chosen->verb_given ? runs[chosen->verb->tag](session, err)
					: standard_verb(session, err);
	session_close(session);
	if (status < 0)
		interrupt_check(err); /* whatever failed then, the signal is the cause */
	BUG_ON(status < 0 && err->code == CODE_OK); /* a failure must never look like success */
	return status < 0 ? err->code : CODE_OK;
}

int main(int argc, char **argv)
{
	AUTO(arena) arena = arena_new();
	struct stub_options options = {0};
	struct option_program program;
	struct option_result result;
	struct err err = ERR_INIT;
	open_standard_descriptors();
	interrupt_install();
	message_register(messages_stub);
	message_register(messages_bundle);
	ui_language_detect(argc, argv);
	self_guard_install();
	stub_options_program(argc > 0 ? file_base_name(argv[0]) : "installer", &program);
	int parsed = option_parse(&program, argc, argv, &options, arena, &result, &err);
	if (parsed == 0 && result.help)
		return show_help(&program, result.verb);
	AUTO(ui) ui = make_ui(&options.ui, ui_wants_json(argc, argv));
	struct session session = {.arena = arena,
		.ui = ui,
		.options = &options,
		.fd = -1,
		.arguments = result.arguments,
		.argument_count = result.argument_count};
	int code = parsed < 0 ? err.code : run(&session, &result, &err);
	if (code != CODE_OK)
		ui_error(ui, &err);
	ui_result(ui, result.verb ? result.verb->name : "", code);
	finder_window_wait(ui, argc, argv);
	return code;
}
