/*
 * The docker and compose command lines: every argument vector that hardtack gives them is in
 * docker_cli.c and docker_compose.c, and what they answer is parsed there. What the engines do was
 * measured: docs/facts, "Docker engines".
 *
 * Output that is not what a docker prints (a wrapper's banner, a cut answer) is CODE_DOCKER with
 * the command and the words that came.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "child_process.h"
#include "engine_clock.h"
#include "err.h"
#include "stream.h"
#include "text.h"
#include "ui.h"
#include "variable_set.h"

struct docker_ahead;

struct docker_cli {
	struct arena *arena;
	struct ui *ui;                  /* -v shows each command */
	const char *path;               /* of docker; NULL: not found */
	const char *const *environment; /* child_environment() */
	uint64_t patience_ms;           /* for a query; 0: as long as a busy engine may need */
	uint64_t asked_ms;              /* since when docker_engine_probe() waits; 0: it does not */
	bool wait_was_told;             /* that it waits, to the person */
	bool asks_compose;              /* docker_engine_probe() asks for the plugin along the way */
	const char *compose_answer;     /* its words then, "" for a no; NULL: nobody knows */
	struct engine_clock clock;      /* after docker_engine_probe() */
	struct docker_ahead *ahead;     /* docker_ahead.h */
	unsigned loads_at_once; /* of images without common layers; after docker_engine_probe(), else 0: one */
	/* Compose, when docker_compose_find() found one: */
	const char *compose_path; /* docker itself (plugin), or docker-compose; NULL: none */
	bool compose_is_plugin;
	unsigned compose_major, compose_minor;
	const char *compose_version; /* "2.26.1" */
	bool compose_unreadable; /* the last verb failed before it touched anything: see below */
};

/* Looks for docker in PATH and where Docker Desktop, OrbStack, Colima, Rancher Desktop and
 * Homebrew put it. False: not installed. */
bool docker_cli_find(struct docker_cli *docker, struct arena *arena, struct ui *ui);

enum docker_state {
	DOCKER_READY,
	DOCKER_NOT_INSTALLED,
	DOCKER_NOT_RUNNING,
	DOCKER_NO_PERMISSION,
	DOCKER_BROKEN_CONTEXT,
	DOCKER_REMOTE,  /* tcp:// or ssh://: refused, for published ports and files are there */
	DOCKER_SILENT,  /* no answer in time */
	DOCKER_UNKNOWN, /* answered with something else: see detail */
};

struct docker_engine {
	enum docker_state state;
	const char *detail;   /* docker's own words, printable; "" when ready */
	const char *endpoint; /* "unix:///var/run/docker.sock"; "" when not known */
	const char *context;  /* "desktop-linux"; "" when not known */
	/* What leads there, when it is elsewhere than docker itself would look: "DOCKER_HOST",
	 * "DOCKER_CONTEXT" or "context", else NULL. */
	const char *chosen_by;
	/* When this one does not answer and another does (docker_product.h), else NULL: */
	const char *other_name;     /* "OrbStack" */
	const char *other_endpoint; /* "unix://HOME/.orbstack/run/docker.sock" */
	const char *other_way;      /* what to type to switch: "docker context use orbstack" */
	bool was_started;           /* by us, as the person agreed */
	/* When ready: */
	const char *os, *architecture; /* GOOS and GOARCH: "linux", "amd64" */
	const char *version, *api_version;
	const char *product;  /* "Docker Desktop", "Debian GNU/Linux 12 (bookworm)" */
	const char *id;       /* "7TRN:IPZB:…" or a UUID; "" when it says none; Podman's differs each time */
	const char *root_dir; /* of the engine, perhaps inside a virtual machine */
	bool containerd_store;
	uint64_t memory_bytes;
	uint64_t cpus;
};

/* What kind of engine is there. Fails only on an interrupt. */
int docker_engine_probe(struct docker_cli *docker, struct docker_engine *engine, struct err *err);

/* "not-running": a state's name for programs. */
const char *docker_engine_state_name(enum docker_state state);

/* The error that a state means, with its remedy; nothing for DOCKER_READY. Returns -1 or 0. */
int docker_engine_check(const struct docker_engine *engine, struct arena *arena, struct err *err);

/* ---- images ---- */

struct docker_image {
	const char *id; /* "sha256:…": config, manifest or index digest, by store */
	const char *os, *architecture, *variant;
	const char **diff_ids;
	size_t diff_id_count; /* 0 also when the engine does not say (damaged images) */
};

/* All of them, in as few questions as it takes; out[i].id NULL: no image of that name. */
int docker_images_inspect(struct docker_cli *docker, const char *const *references, size_t count,
	struct docker_image *out, struct err *err);

/* docker_images_inspect() of these will be wanted next: the question is asked beside the next that are asked
 * together (docker_engine_probe(), docker_images_try_create()). */
void docker_images_inspect_ahead(
	struct docker_cli *docker, const char *const *references, size_t count);

/* *found false: no image of that name. */
int docker_image_inspect(struct docker_cli *docker, const char *reference, struct docker_image *out,
	bool *found, struct err *err);

/* How words begin when an image did not unpack (28, containerd store, exit 0). */
#define DOCKER_UNPACK_ERROR "Error unpacking image"

/* One `docker load`, fed by the callback. Whatever it answers is only a hint (ok, words): the caller
 * proves each image afterwards. */
struct docker_load {
	int (*feed)(void *context, struct stream_sink *sink, struct err *err);
	void *context;
	bool ok;
	const char *words;
};

/* All of them at the same time, docker->loads_at_once at most; feeds are called on several threads when there
 * are several. Fails when docker cannot be run or a feed fails, once all have ended. */
int docker_images_load(
	struct docker_cli *docker, struct docker_load *loads, size_t count, struct err *err);

/* Can the engine really make containers of these (creates one of each without starting it, some at
 * a time, and removes them all)? The only proof that all layers are there. words[i]: NULL when it
 * can, else what it said. */
int docker_images_try_create(struct docker_cli *docker, const char *const *references,
	size_t count, const char **words, struct err *err);

/* Removes what a killed run left of such attempts; the list of them may be asked for ahead. */
void docker_image_sweep_ahead(struct docker_cli *docker);
int docker_image_sweep_attempts(struct docker_cli *docker, struct err *err);

/* Removes a tag, and the image when it was the last one. *stays: it is there still, for something
 * else uses it; one that was not there does not stay. */
int docker_image_remove(
	struct docker_cli *docker, const char *reference, bool *stays, struct err *err);

/* ---- containers of a project ---- */

/* Where a container keeps what it writes. */
struct docker_mount {
	bool is_volume;          /* else a directory or file of this machine */
	const char *name;        /* of the volume; "" for a directory */
	const char *source;      /* host path of a directory; in the engine's own words */
	const char *destination; /* in the container */
	bool writable;
};

/* A port of the host that leads into a container. */
struct docker_published {
	unsigned port;
	bool udp;
};

struct docker_container {
	const char *id;
	const char *name;
	const char *service;
	const char *status; /* created, running, restarting, exited, paused, dead */
	const char *health; /* starting, healthy, unhealthy; "" without healthcheck */
	const char *error;  /* State.Error: why it could not start */
	const char *image;  /* image id */
	const char *started_at;
	const char *health_output; /* what the last healthcheck said; "" when nothing */
	const char **environment;  /* "NAME=value" as it runs */
	size_t environment_count;
	struct docker_mount *mounts; /* volumes and directories; not tmpfs */
	size_t mount_count;
	struct docker_published *published; /* while it runs or restarts */
	size_t published_count;
	const char *directory; /* compose's label: where its project lies; "" without */
	int64_t exit_code;
	uint64_t restart_count;
	bool running, restarting, oom_killed;
	bool one_off; /* `compose run`: not part of the stack */
	bool has_healthcheck;
	bool stays; /* restart policy always or unless-stopped: no one-shot */
};

/* All containers with the project's label, running or not, in the order of their names. */
int docker_project_containers(struct docker_cli *docker, const char *project,
	struct docker_container **out, size_t *count, struct err *err);

/* One container as it is now; *found false: gone. */
int docker_container_find(struct docker_cli *docker, const char *id, struct docker_container *out,
	bool *found, struct err *err);

/* Ends and removes one, running or not; volumes without a name stay. */
int docker_container_remove(struct docker_cli *docker, const char *id, struct err *err);

/* Names of the volumes with the project's label. */
int docker_project_volumes(struct docker_cli *docker, const char *project, const char ***names,
	size_t *count, struct err *err);

/* Is there any container that one of these filters ("name=web", "publish=80") finds? Of running
 * ones, or of all. One question for many that are mostly answered by no. */
int docker_containers_match(struct docker_cli *docker, const char *const *filters, size_t count,
	bool running, bool *any, struct err *err);

/* Who publishes this port: a container's name and its compose project ("" for none); *name NULL
 * when no container does. */
int docker_port_owner(struct docker_cli *docker, unsigned port, bool udp, const char **name,
	const char **project, struct err *err);

/* The last lines that a container wrote, each stream as raw bytes with time stamps, for
 * log_lines_read(); of a flood, beginning and end. Nothing when they cannot be read. */
int docker_container_log_streams(struct docker_cli *docker, const char *id, unsigned lines,
	struct text *out, struct text *errors, struct err *err);

/* All that it wrote since this time (State.StartedAt; "": ever), printable: stdout, then stderr; of
 * very much output the beginning and the end. */
int docker_container_logs_since(struct docker_cli *docker, const char *id, const char *since,
	struct text *out, struct err *err);

/* A command in a running container. */
struct docker_exec {
	const char *const *words; /* argument vector, no shell */
	size_t word_count;
	const struct variable_set *variables; /* for its environment; values stay out of argv */
	uint64_t timeout_ms;
};

/* `docker exec`; the result is the command's own, or docker's when it could not be started (then
 * 125 to 127, or 1 with "Error response from daemon"). A time-out is CODE_DOCKER; the command may
 * go on in the container. */
int docker_container_exec(struct docker_cli *docker, const char *id, const struct docker_exec *exec,
	struct child_result *result, struct err *err);

/* The same with the command's stdout into a sink, or its stdin from a feed.
 * timeout_ms is not used: half an hour without a byte is. */
int docker_container_exec_drain(struct docker_cli *docker, const char *id,
	const struct docker_exec *exec, struct stream_sink *sink, struct child_result *result,
	struct err *err);
int docker_container_exec_feed(struct docker_cli *docker, const char *id,
	const struct docker_exec *exec,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct child_result *result, struct err *err);

/* ---- compose ---- */

struct compose_project {
	const char *name;
	const char *directory;       /* absolute */
	const char *file;            /* absolute path of the compose file */
	const char *env_file;        /* absolute, or NULL */
	const char *const *profiles; /* NULL-terminated, or NULL */
	/* Hides the installation's secrets in what compose says: it quotes values and lines of env
	 * files. NULL: nothing is known of them. */
	void (*hide)(const struct compose_project *project, struct err *err);
	const void *owner; /* of hide */
};

/* The plugin, else docker-compose; v1 or v2 is told by the version number. False: none. */
int docker_compose_find(struct docker_cli *docker, bool *found, struct err *err);

/* Each is CODE_STEP with compose's words when compose says no. compose_unreadable: it cannot make
 * sense of the compose file or an env file, and no container was touched; the hint names them.
 * recreate false: containers that exist are started as they are. */
int docker_compose_up(struct docker_cli *docker, const struct compose_project *project,
	bool recreate, struct err *err);
/* One service, and what it depends on. */
int docker_compose_up_service(struct docker_cli *docker, const struct compose_project *project,
	const char *service, struct err *err);
int docker_compose_stop(
	struct docker_cli *docker, const struct compose_project *project, struct err *err);
/* Can it be read, with its env files and variables? Nothing is started. */
int docker_compose_check(
	struct docker_cli *docker, const struct compose_project *project, struct err *err);
/* Containers and network; volumes only when asked. */
int docker_compose_down(
	struct docker_cli *docker, const struct compose_project *project, struct err *err);
/* What containers wrote on stdout and stderr, as it comes. services NULL: all. */
int docker_compose_logs(struct docker_cli *docker, const struct compose_project *project,
	const char *const *services, bool follow, const char *tail, struct stream_sink *output,
	struct stream_sink *errors, struct err *err);
