/* The checks before anything is changed. */
#include "preflight.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "docker_product.h"
#include "engine_start.h"
#include "image_load.h"
#include "interrupt.h"
#include "json.h"
#include "message.h"

enum { THRESHOLDS_LIMIT = 64 << 10 };

static bool is_ignored(const struct preflight *preflight, const char *name)
{
	const struct option_list *list = &preflight->session->options->ignore_preflight;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], name) == 0)
			return true;
	return false;
}

/* An error of the check `name`, or a warning when the person said to go on. */
static void find_error(struct preflight *preflight, const char *name, const struct err *problem)
{
	bool ignored = problem->code != CODE_DOCKER && is_ignored(preflight, name);
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

static void find_warning(struct preflight *preflight, const char *name, const struct err *problem)
{
	ui_problem(preflight->session->ui, UI_PROBLEM_WARNING, name, problem->text, problem->hint);
	if (preflight->found)
		preflight->found(preflight->found_context, name, true, problem);
	preflight->warnings++;
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
	const struct session *session, bool may_start, struct err *err)
{
	if (docker_engine_probe(docker, engine, err) < 0)
		return -1;
	if (engine->state == DOCKER_READY || engine->state == DOCKER_NOT_INSTALLED ||
		engine->state == DOCKER_REMOTE)
		return 0;
	if (docker_product_find_other(docker, engine, err) < 0)
		return -1;
	return may_start ? engine_start_offer(docker, engine, session, err) : 0;
}

int preflight_engine(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, bool compose, bool may_start, struct err *err)
{
	bool found;
	docker_cli_find(docker, session->arena, session->ui);
	if (find_engine(docker, engine, session, may_start, err) < 0 ||
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
	if (find_engine(&preflight->docker, &preflight->engine, preflight->session,
		    preflight->may_start, err) < 0)
		return -1;
	if (preflight->engine.was_started)
		begin(preflight);
	if (docker_engine_check(&preflight->engine, preflight->session->arena, &problem) < 0)
		find_error(preflight, "engine", &problem);
	return 0;
}

static int check_compose(struct preflight *preflight, struct err *err)
{
	struct docker_cli *docker = &preflight->docker;
	struct err problem = ERR_INIT;
	bool found;
	if (!docker->path || !preflight->place)
		return 0;
	if (docker_compose_find(docker, &found, err) < 0)
		return interrupt_pending() ? -1 : (find_error(preflight, "compose", err), 0);
	if (!found || !compose_is_good(docker)) {
		no_compose(docker, &problem);
		find_error(preflight, "compose", &problem);
	}
	return 0;
}

/* ---- platform ---- */

/* Can this machine run the other processor's programs? Docker Desktop, OrbStack and the like can
 * on a Mac; Linux can when binfmt_misc was set up for it. */
static bool can_emulate(const char *architecture)
{
#ifdef __APPLE__
	return strcmp(architecture, "amd64") == 0 || strcmp(architecture, "arm64") == 0;
#else
	static const struct {
		const char *go, *qemu;
	} names[] = {{"amd64", "qemu-x86_64"}, {"arm64", "qemu-aarch64"}, {"arm", "qemu-arm"},
		{"386", "qemu-i386"}};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];
		snprintf(path, sizeof(path), "/proc/sys/fs/binfmt_misc/%s", names[i].qemu);
		if (strcmp(names[i].go, architecture) == 0)
			return access(path, F_OK) == 0;
	}
	return false;
#endif
}

static int check_platform(struct preflight *preflight, struct err *err)
{
	const struct manifest *manifest = preflight->session->manifest;
	const struct docker_engine *engine = &preflight->engine;
	(void)err;
	if (engine->state != DOCKER_READY)
		return 0;
	for (size_t i = 0; i < manifest->image_count; i++) {
		const struct manifest_image *image = &manifest->images[i];
		struct err problem = ERR_INIT;
		bool same_os = strcmp(image->os, engine->os) == 0;
		if (same_os && strcmp(image->architecture, engine->architecture) == 0)
			continue;
		err_set(&problem, CODE_PREFLIGHT, "image %s is for %s, Docker runs on %s/%s",
			image->reference, manifest_platform(image, preflight->session->arena),
			engine->os, engine->architecture);
		if (same_os && can_emulate(image->architecture)) {
			err_hint(&problem, "it runs in emulation, several times slower");
			find_warning(preflight, "platform", &problem);
			continue;
		}
		err_hint(&problem, "get the installer that was built for this machine (%s-%s)",
			engine->os, engine->architecture);
		find_error(preflight, "platform", &problem);
	}
	return 0;
}

/* ---- data ---- */

/* A new password for an old database locks the person out of it. */
static int check_data(struct preflight *preflight, struct err *err)
{
	const struct env_files *env = preflight->env;
	struct err problem = ERR_INIT;
	const char **names;
	size_t count;
	if (!preflight->place || preflight->engine.state != DOCKER_READY || !env->has_new_secret ||
		env->items[0].exists)
		return 0;
	if (docker_project_volumes(
		    &preflight->docker, preflight->place->project, &names, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	err_set(&problem, CODE_PREFLIGHT,
		"Docker has data of an earlier installation (volume %s), but its %s is gone: new "
		"passwords would not fit the old data",
		names[0], preflight->place->env_file);
	err_hint(&problem, "put that .env back, or install beside it with --project-name NAME");
	find_error(preflight, "data", &problem);
	return 0;
}

/* ---- ports ---- */

static int check_port(
	struct preflight *preflight, const struct port *port, unsigned number, struct err *err)
{
	struct err problem = ERR_INIT;
	const char *name = NULL, *project = "";
	bool ready = preflight->engine.state == DOCKER_READY;
	bool free_here = port_is_free(port->host_ip, number, port->udp);
	if (free_here && !ready)
		return 0;
	/* Without a proxy process, Docker's ports are only known to Docker. */
	if (ready &&
		docker_port_owner(&preflight->docker, number, port->udp, &name, &project, err) < 0)
		return -1;
	if ((free_here && !name) || (name && strcmp(project, preflight->place->project) == 0))
		return 0;
	if (name)
		err_set(&problem, CODE_PREFLIGHT,
			"port %u of service %s is taken by the container %s", number, port->service,
			name);
	else
		err_set(&problem, CODE_PREFLIGHT,
			"port %u of service %s is taken by another program", number, port->service);
	if (port->variable)
		err_hint(&problem, "stop that one, or choose another port: --set %s=%u",
			port->variable, number < 65000 ? number + 1 : number - 1);
	else
		err_hint(&problem, "stop that one, then run this file again");
	find_error(preflight, "port", &problem);
	return 0;
}

static int check_ports(struct preflight *preflight, struct err *err)
{
	struct err problem = ERR_INIT;
	if (!preflight->place)
		return 0;
	if (port_list(preflight->session->manifest, &preflight->env->variables,
		    preflight->session->arena, &preflight->ports, &preflight->port_count,
		    &problem) < 0) {
		find_error(preflight, "port", &problem);
		return 0;
	}
	for (size_t i = 0; i < preflight->port_count && !preflight->skip_ports; i++) {
		const struct port *port = &preflight->ports[i];
		for (unsigned n = port->first; n != 0 && n <= port->last; n++)
			if (check_port(preflight, port, n, err) < 0)
				return -1;
	}
	return 0;
}

/* ---- thresholds of the bundle, memory ---- */

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

static int check_memory(struct preflight *preflight, struct err *err)
{
	uint64_t need = preflight->memory_needed, have = preflight->engine.memory_bytes;
	struct err problem = ERR_INIT;
	AUTO_TEXT need_text = TEXT_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	(void)err;
	/* A machine of 2 GiB has a little less, for the kernel keeps some to itself. */
	if (!preflight->place || preflight->engine.state != DOCKER_READY || have == 0 ||
		have >= need - need / 8)
		return 0;
	text_add_size(&need_text, need);
	text_add_size(&have_text, have);
	err_set(&problem, CODE_PREFLIGHT, "Docker has %s of memory, %s are needed", have_text.bytes,
		need_text.bytes);
#ifdef __APPLE__
	err_hint(&problem, "give it more in the settings of Docker Desktop (Resources), then run "
			   "this file again");
#else
	err_hint(&problem,
		"use a machine with more memory, or go on with --ignore-preflight memory");
#endif
	find_error(preflight, "memory", &problem);
	return 0;
}

/* ---- disk ---- */

/* Free bytes of the engine's disk; false when they cannot be known from here: the engine is in a
 * virtual machine, or its directory is not ours to see. */
static bool engine_free_bytes(const struct docker_engine *engine, uint64_t *bytes)
{
#ifdef __APPLE__
	(void)engine, (void)bytes;
	return false;
#else
	struct statvfs fs;
	if (!text_starts_with(engine->endpoint, "unix://") || engine->root_dir[0] != '/' ||
		strstr(engine->product, "Docker Desktop") || statvfs(engine->root_dir, &fs) < 0)
		return false;
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return true;
#endif
}

static int check_disk(struct preflight *preflight, struct err *err)
{
	const struct bundle *bundle = preflight->session->bundle;
	const struct manifest *manifest = preflight->session->manifest;
	struct err problem = ERR_INIT;
	AUTO_TEXT need_text = TEXT_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	uint64_t need = 0, have = 0;
	if (preflight->engine.state != DOCKER_READY)
		return 0;
	preflight->wanted =
		arena_alloc(preflight->session->arena, manifest->image_count * sizeof(bool) + 1);
	if (image_load_survey(&preflight->docker, bundle, !preflight->place, IMAGE_PROOF_INSPECT,
		    preflight->wanted, &preflight->wanted_count, err) < 0)
		return -1;
	if (preflight->wanted_count == 0)
		return 0;
	need = preflight->disk_needed ? preflight->disk_needed
				      : image_load_disk(bundle, preflight->wanted);
	text_add_size(&need_text, need);
	if (!engine_free_bytes(&preflight->engine, &have)) {
		ui_detail(preflight->session->ui,
			T("how much room Docker's disk has cannot be seen from here; %s are "
			  "needed"),
			need_text.bytes);
		return 0;
	}
	if (have >= need)
		return 0;
	text_add_size(&have_text, have);
	err_set(&problem, CODE_PREFLIGHT, "Docker's disk (%s) has %s left, %s are needed",
		preflight->engine.root_dir, have_text.bytes, need_text.bytes);
	err_hint(&problem, "make room there: `docker system df` shows what takes it; never prune "
			   "volumes");
	find_error(preflight, "disk", &problem);
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
		check_compose, check_platform, check_data, check_ports, check_memory, check_disk};
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
