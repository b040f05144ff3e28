/* What an engine's state means for a person, and what to do about it. */
#include <string.h>
#include <unistd.h>

#include "docker_product.h"
#include "message.h"

const char *docker_engine_state_name(enum docker_state state)
{
	static const char *const names[] = {
		[DOCKER_READY] = "ready",
		[DOCKER_NOT_INSTALLED] = "not-installed",
		[DOCKER_NOT_RUNNING] = "not-running",
		[DOCKER_NO_PERMISSION] = "no-permission",
		[DOCKER_BROKEN_CONTEXT] = "broken-context",
		[DOCKER_REMOTE] = "remote",
		[DOCKER_SILENT] = "silent",
		[DOCKER_UNKNOWN] = "unknown",
	};
	return names[state];
}

static int hint_start(const struct docker_engine *engine, struct arena *arena, struct err *err)
{
	const struct docker_product *product = docker_product_of(engine, arena);
	if (!product)
		return err_hint(err, "start it, wait until it says that it runs, then run this "
				     "file again");
	return err_hint(err, "start it (`%s%s`), then run this file again",
		product->needs_root && geteuid() != 0 ? "sudo " : "", product->shown);
}

static bool by(const struct docker_engine *engine, const char *chooser)
{
	return engine->chosen_by && strcmp(engine->chosen_by, chooser) == 0;
}

/* Nobody can start Docker at a place where nothing of Docker's is. */
static void set_wrong_place(const struct docker_engine *engine, struct err *err)
{
	if (engine->state == DOCKER_BROKEN_CONTEXT)
		err_set(err, CODE_DOCKER,
			"DOCKER_HOST is set to %s, and that is no socket of this machine",
			engine->endpoint);
	else if (by(engine, "DOCKER_HOST"))
		err_set(err, CODE_DOCKER,
			"DOCKER_HOST is set to %s, and no Docker answers there: %s",
			engine->endpoint, engine->detail);
	else
		err_set(err, CODE_DOCKER,
			"Docker's context %s leads to %s, and no Docker answers there: %s",
			engine->context, engine->endpoint, engine->detail);
}

static int hint_place(const struct docker_engine *engine, struct err *err)
{
	if (engine->state == DOCKER_BROKEN_CONTEXT)
		return err_hint(err, "forget it (`unset DOCKER_HOST`), or name a socket "
				     "(unix:///PATH); then run this file again");
	return err_hint(err,
		"go back to this machine's usual Docker (`%s`), or start the one that belongs "
		"there; then run this file again",
		by(engine, "DOCKER_HOST")      ? "unset DOCKER_HOST"
		: by(engine, "DOCKER_CONTEXT") ? "unset DOCKER_CONTEXT"
					       : "docker context use default");
}

/* Chosen by the person, and no product that could be started listens there. */
static bool is_wrong_place(const struct docker_engine *engine, struct arena *arena)
{
	if (engine->state == DOCKER_BROKEN_CONTEXT)
		return by(engine, "DOCKER_HOST");
	return engine->state == DOCKER_NOT_RUNNING && engine->chosen_by &&
	       !docker_product_of(engine, arena);
}

static int hint(const struct docker_engine *engine, struct arena *arena, struct err *err)
{
	switch (engine->state) {
	case DOCKER_READY:
		return 0;
	case DOCKER_NOT_INSTALLED:
		return docker_product_hint_install(arena, err);
	case DOCKER_NOT_RUNNING:
		return hint_start(engine, arena, err);
	case DOCKER_NO_PERMISSION:
		return docker_product_hint_permission(engine, arena, err);
	case DOCKER_BROKEN_CONTEXT:
		return err_hint(err, "choose one that works: `docker context ls`, then `docker "
				     "context use NAME`; unset DOCKER_CONTEXT if it is set");
	case DOCKER_REMOTE:
		return err_hint(err,
			"run this file on that machine, or go back to the local engine "
			"(`docker context use default`, unset DOCKER_HOST)");
	case DOCKER_SILENT:
		return err_hint(err, "restart Docker, then run this file again");
	case DOCKER_UNKNOWN:
		return err_hint(
			err, "see whether `docker version` works, then run this file again");
	}
	return 0;
}

int docker_engine_check(const struct docker_engine *engine, struct arena *arena, struct err *err)
{
	static const char *const texts[] = {
		[DOCKER_NOT_INSTALLED] =
			N_T("Docker is not installed: no docker command was found"),
		[DOCKER_NOT_RUNNING] = N_T("Docker is installed but not running: %s"),
		[DOCKER_NO_PERMISSION] = N_T("you may not use Docker on this machine: %s"),
		[DOCKER_BROKEN_CONTEXT] = N_T("Docker's context is broken: %s"),
		[DOCKER_REMOTE] = N_T("Docker's engine is on another machine: %s"),
		[DOCKER_SILENT] = N_T("Docker does not answer: %s"),
		[DOCKER_UNKNOWN] = N_T("Docker answers strangely: %s"),
	};
	if (engine->state == DOCKER_READY)
		return 0;
	bool wrong = is_wrong_place(engine, arena);
	if (wrong)
		set_wrong_place(engine, err);
	else
		err_set(err, CODE_DOCKER, texts[engine->state], engine->detail);
	if (engine->other_name)
		return err_hint(err,
			"another engine answers: %s at %s. Use that one: `%s`, then run this file "
			"again",
			engine->other_name, engine->other_endpoint, engine->other_way);
	return wrong ? hint_place(engine, err) : hint(engine, arena, err);
}
