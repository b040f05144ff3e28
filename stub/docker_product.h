/*
 * The products that bring a Docker engine to this system: where each listens, and how it is
 * started. A file a system: docker_product_linux.c, docker_product_macos.c.
 */
#pragma once

#include "docker_cli.h"

struct docker_product {
	const char *name;
	const char *socket;         /* absolute, "~/…" or "/run/user/%u/…" (the person's id) */
	const char *evidence;       /* a path or a program in PATH that tells that it is there */
	const char *const *command; /* starts it: a program in PATH and its arguments; or NULL */
	const char *shown;          /* the same as a person types it */
	bool needs_root;
};

/* Where docker looks when nobody says otherwise. */
#define DOCKER_USUAL_ENDPOINT "unix:///var/run/docker.sock"

/* By preference; the same product may come again with another socket. */
extern const struct docker_product docker_products[];
extern const size_t docker_product_count;

/* Which one the endpoint belongs to, if it is there; on a Mac else the first that is there, unless the
 * person chose the endpoint. NULL: not known how to start one. */
const struct docker_product *docker_product_of(
	const struct docker_engine *engine, struct arena *arena);

/* The endpoint that a product listens at, "unix:///…". */
const char *docker_product_endpoint(const struct docker_product *product, struct arena *arena);

/* Is there another engine than the one that does not answer? Fills engine->other_* in. Fails only
 * on an interrupt. */
int docker_product_find_other(
	struct docker_cli *docker, struct docker_engine *engine, struct err *err);

/* ---- what a system's own file says ---- */

/* Whether an endpoint that no product claims is started by starting the first product there. */
extern const bool docker_product_any;

/* Hints: where to get Docker, and compose; how to be allowed to use it. */
int docker_product_hint_install(struct arena *arena, struct err *err);
int docker_product_hint_compose(struct arena *arena, struct err *err);
int docker_product_hint_permission(
	const struct docker_engine *engine, struct arena *arena, struct err *err);
