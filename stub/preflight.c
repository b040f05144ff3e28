/* The checks before anything is changed. */
#include "preflight.h"

#include <string.h>

#include "docker_product.h"
#include "engine_start.h"
#include "image_load.h"
#include "interrupt.h"
#include "json.h"
#include "message.h"
#include "preflight_check.h"

enum { THRESHOLDS_LIMIT = 64 << 10 };

void preflight_error(struct preflight *preflight, const char *name, const struct err *problem)
{
	/* Older programs on newer data, or perhaps so: no word makes that safe. */
	bool ignored = problem->code != CODE_DOCKER && strcmp(name, "version") != 0 &&
		       strcmp(name, "permission") != 0 && session_ignores(preflight->session, name);
	ui_problem(preflight->session->ui, ignored ? UI_PROBLEM_IGNORED : UI_PROBLEM_ERROR, name,
		problem->text, problem->hint);
	if (preflight->found)
		preflight->found(preflight->found_context, name, ignored, problem);
	if (ignored) {
		preflight->warnings++;
		return;
	}
	preflight->errors++;
	if (preflight->code != CODE_DOCKER)
		preflight->code = problem->code;
}

void preflight_warning(struct preflight *preflight, const char *name, const struct err *problem)
{
	ui_problem(preflight->session->ui, UI_PROBLEM_WARNING, name, problem->text, problem->hint);
	if (preflight->found)
		preflight->found(preflight->found_context, name, true, problem);
	preflight->warnings++;
}

bool preflight_can_look(const struct preflight *preflight)
{
	return preflight->place && preflight->engine.state == DOCKER_READY;
}

bool preflight_may_ask(const struct preflight *preflight)
{
	return preflight->may_ask && preflight->errors == 0 && preflight_can_look(preflight) &&
	       ui_can_ask(preflight->session->ui) && !preflight->session->options->yes;
}

int preflight_look(struct preflight *preflight, struct err *err)
{
	const char *project = preflight->place->project;
	if (preflight->looked_at && strcmp(preflight->looked_at, project) == 0)
		return 0;
	if (docker_project_containers(&preflight->docker, project, &preflight->containers,
		    &preflight->container_count, err) < 0)
		return -1;
	preflight->looked_at = project;
	return 0;
}

/* ---- engine and compose ---- */

static int no_compose(const struct docker_cli *docker, struct err *err)
{
	if (docker->compose_path)
		err_set(err, CODE_DOCKER, "docker-compose %s is too old", docker->compose_version);
	else
		err_set(err, CODE_DOCKER,
			"Docker has no compose: neither the plugin nor "
			"docker-compose was found");
	return docker_product_hint_compose(docker->arena, err);
}

/* 1.27 was the first that reads compose files without `version:`. */
static bool compose_is_good(const struct docker_cli *docker)
{
	return docker->compose_major >= 2 ||
	       (docker->compose_major == 1 && docker->compose_minor >= 27);
}

/* The engine that docker would use; when that one is down, the person may start it, or hears of
 * another one that runs. */
static int find_engine(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, bool may_ask, struct err *err)
{
	if (docker_engine_probe(docker, engine, err) < 0)
		return -1;
	if (engine->state == DOCKER_READY || engine->state == DOCKER_NOT_INSTALLED ||
		engine->state == DOCKER_REMOTE)
		return 0;
	if (docker_product_find_other(docker, engine, err) < 0)
		return -1;
	return may_ask ? engine_start_offer(docker, engine, session, err) : 0;
}

int preflight_engine(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, bool compose, bool may_ask, struct err *err)
{
	bool found;
	docker_cli_find(docker, session->arena, session->ui);
	docker->asks_compose = compose;
	if (find_engine(docker, engine, session, may_ask, err) < 0 ||
		docker_engine_check(engine, session->arena, err) < 0)
		return -1;
	if (!compose)
		return 0;
	if (docker_compose_find(docker, &found, err) < 0)
		return -1;
	return found && compose_is_good(docker) ? 0 : no_compose(docker, err);
}

static void begin(const struct preflight *preflight)
{
	ui_step_begin(preflight->session->ui, "preflight", "%s", T("Checking this machine"));
}

static int check_engine(struct preflight *preflight, struct err *err)
{
	struct err problem = ERR_INIT;
	docker_cli_find(&preflight->docker, preflight->session->arena, preflight->session->ui);
	preflight->docker.asks_compose = preflight->place != NULL;
	image_load_ahead(
		&preflight->docker, preflight->session->manifest, preflight->place == NULL);
	if (find_engine(&preflight->docker, &preflight->engine, preflight->session,
		    preflight->may_ask, err) < 0)
		return -1;
	if (preflight->engine.was_started)
		begin(preflight);
	if (docker_engine_check(&preflight->engine, preflight->session->arena, &problem) < 0)
		preflight_error(preflight, "engine", &problem);
	return 0;
}

static int check_compose(struct preflight *preflight, struct err *err)
{
	struct docker_cli *docker = &preflight->docker;
	struct err problem = ERR_INIT;
	bool found;
	/* A docker command that waits for a silent engine says nothing about compose. */
	if (!docker->path || !preflight->place || preflight->engine.state == DOCKER_SILENT)
		return 0;
	if (docker_compose_find(docker, &found, err) < 0)
		return interrupt_pending() ? -1 : (preflight_error(preflight, "compose", err), 0);
	if (!found || !compose_is_good(docker)) {
		no_compose(docker, &problem);
		preflight_error(preflight, "compose", &problem);
	}
	return 0;
}

/* ---- thresholds of the bundle ---- */

/* {"memory": bytes or "auto", "disk": likewise, "ports": true, false or "auto"} */
static int read_thresholds(struct preflight *preflight, struct err *err)
{
	const char *text = preflight->session->manifest->preflight_json;
	struct json root, value;
	if (!text)
		return 0;
	if (json_parse(text, strlen(text), "preflight", THRESHOLDS_LIMIT, preflight->session->arena,
		    &root, err) < 0)
		return -1;
	value = json_member(root, "memory");
	if (json_is_number(value) && json_as_u64(value, &preflight->memory_needed, err) < 0)
		return -1;
	value = json_member(root, "disk");
	if (json_is_number(value) && json_as_u64(value, &preflight->disk_needed, err) < 0)
		return -1;
	bool on = true;
	value = json_member(root, "ports");
	if (json_is_bool(value) && json_as_bool(value, &on, err) < 0)
		return -1;
	preflight->skip_ports = !on;
	return 0;
}

/* ---- all of them ---- */

/* What is not known is null. */
static void say_engine(const struct preflight *preflight)
{
	const struct docker_engine *engine = &preflight->engine;
	bool ready = engine->state == DOCKER_READY;
	struct ui_field fields[] = {
		UI_TEXT("state", docker_engine_state_name(engine->state)),
		UI_TEXT("version", ready ? engine->version : NULL),
		UI_TEXT("platform", ready ? arena_printf(preflight->session->arena, "%s/%s",
						    engine->os, engine->architecture)
					  : NULL),
		UI_TEXT("product", ready ? engine->product : NULL),
		UI_TEXT("store", !ready                     ? NULL
				 : engine->containerd_store ? "containerd"
							    : "classic"),
		UI_TEXT("context", *engine->context ? engine->context : NULL),
		UI_TEXT("endpoint", *engine->endpoint ? engine->endpoint : NULL),
		UI_NUMBER("memory", engine->memory_bytes),
		UI_TEXT("compose", preflight->docker.compose_version),
	};
	if (ui_is_json(preflight->session->ui))
		UI_RECORD(preflight->session->ui, "engine", fields, "%s", "");
}

int preflight_run(struct preflight *preflight, struct err *err)
{
	static int (*const checks[])(struct preflight *, struct err *) = {check_engine,
		check_compose, preflight_check_directory, preflight_check_receipt,
		preflight_check_version, preflight_check_platform,
		preflight_check_project, preflight_check_home,
		preflight_check_containers, preflight_check_data,
		preflight_check_database, preflight_check_ports, preflight_check_memory,
		preflight_check_disk};
	struct ui *ui = preflight->session->ui;
	begin(preflight);
	if (read_thresholds(preflight, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (interrupt_check(err) < 0 || checks[i](preflight, err) < 0)
			return -1;
	say_engine(preflight);
	if (preflight->errors) {
		ui_step_end(ui, UI_FAILED, T("This machine is not ready; problems: %zu"),
			preflight->errors);
		return err_set(err, preflight->code, "checks that failed: %zu; nothing was changed",
			preflight->errors);
	}
	ui_step_end(ui, preflight->warnings ? UI_WARNED : UI_DONE,
		T("This machine is ready (Docker %s, %s/%s)"), preflight->engine.version,
		preflight->engine.os, preflight->engine.architecture);
	return 0;
}
