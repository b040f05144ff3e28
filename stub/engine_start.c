/* Starting the engine, and waiting for its answer. */
#include "engine_start.h"

#include <stdlib.h>

#include "child_process.h"
#include "docker_product.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"

extern char **environ;

/* Docker Desktop's virtual machine needs a minute on an old Mac, colima's first start several. */
enum { COMMAND_TIMEOUT_MS = 600 * 1000, WAIT_S = 180, ASK_AGAIN_MS = 1000, PATIENCE_MS = 5000 };

static void tick(void *context)
{
	ui_tick(context);
}

/* With the person's whole environment: a desktop's and systemd's tools need theirs. */
static int start(struct docker_engine *engine, const struct docker_product *product,
	const struct session *session, bool *started, struct err *err)
{
	static const char usual[] =
		"/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin";
	AUTO_CHILD result = CHILD_RESULT_INIT;
	AUTO_TEXT words = TEXT_INIT;
	const char *argv[8] = {NULL};
	*started = false;
	for (size_t i = 0; product->command[i] && i + 1 < ARRAY_SIZE(argv); i++)
		argv[i] = product->command[i];
	argv[0] = child_find_program(argv[0], getenv("PATH"), session->arena);
	if (!argv[0])
		argv[0] = child_find_program(product->command[0], usual, session->arena);
	if (!argv[0])
		return 0;
	struct child_request request = {.argv = argv,
		.environment = (const char *const *)environ,
		.timeout_ms = COMMAND_TIMEOUT_MS,
		.outlives_us = true,
		.tick = tick,
		.tick_context = session->ui};
	if (child_run(&request, &result, err) < 0)
		return -1;
	*started = result.exit_code == 0;
	child_output_describe(&result.err, &words);
	if (!*started && words.length > 0)
		engine->detail =
			arena_printf(session->arena, "%s: %s", product->command[0], words.bytes);
	return 0;
}

static int wait_for_answer(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, struct err *err)
{
	uint64_t limit_s = session->options->timeout_s ? session->options->timeout_s : WAIT_S;
	uint64_t deadline_ms = monotonic_ms() + limit_s * 1000;
	int status = 0;
	docker->patience_ms = PATIENCE_MS;
	do {
		ui_status(session->ui, "%s", T("waiting for its answer"));
		monotonic_sleep_ms(ASK_AGAIN_MS);
		status = interrupt_check(err);
		if (status == 0)
			status = docker_engine_probe(docker, engine, err);
	} while (status == 0 && engine->state != DOCKER_READY && monotonic_ms() < deadline_ms);
	docker->patience_ms = 0;
	if (status == 0 && engine->state != DOCKER_READY)
		ui_warning(session->ui, NULL,
			T("Docker was started, but does not answer after %llu seconds"),
			(unsigned long long)limit_s);
	return status;
}

int engine_start_offer(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, struct err *err)
{
	struct ui *ui = session->ui;
	const struct docker_product *product = docker_product_of(engine, session->arena);
	bool yes, started;
	if (engine->state != DOCKER_NOT_RUNNING || engine->other_name || !product ||
		!ui_can_ask(ui) || session->options->yes)
		return 0;
	AUTO_FREE char *question = xprintf(T("%s is installed but not running. Start it now (%s)?"),
		product->name, product->shown);
	if (ui_confirm(ui, question, true, &yes, err) < 0)
		return -1;
	if (!yes)
		return 0;
	ui_step_begin(ui, "start-engine", T("Starting %s"), product->name);
	if (start(engine, product, session, &started, err) < 0 ||
		(started && wait_for_answer(docker, engine, session, err) < 0))
		return -1;
	engine->was_started = true;
	if (engine->state == DOCKER_READY)
		ui_step_end(ui, UI_DONE, T("%s runs"), product->name);
	else
		ui_step_end(ui, UI_FAILED, T("%s could not be started"), product->name);
	return 0;
}
