/*
 * A docker compose project as hardtack sees it: bytes in, structs out.
 *
 * Follows the Compose Specification as compose-go v2 carries it out: per file YAML (anchors, merge
 * keys), interpolation, `include`, `extends`, then the typed view below. What hardtack has no use
 * for is kept in the file and not looked at. Everything lives in the caller's arena.
 *
 * The project directory is the directory of the compose file; packed names are relative to it.
 * The environment is the project's `.env` (or options.env_file), never the maker's shell.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "finding.h"

struct yaml_document;
struct yaml_node;
struct compose_value;
struct variable_set;

/* Where something is written. */
struct compose_place {
	const struct compose_file *file; /* never NULL in a loaded project */
	unsigned line;                   /* from 1 */
	size_t begin, end;               /* bytes of the scalar (with quotes); 0, 0: not a scalar */
};

/* A compose file of the project: the main one, included ones and files that are extended. */
struct compose_file {
	const char *path;   /* to open and to show: "mystack/compose.yaml" */
	const char *packed; /* relative to the project directory: "compose.yaml" */
	/* What its relative paths are relative to, itself relative to the project directory: ""
	 * for that one, "sub", "../up" (the closure refuses it). */
	const char *directory;
	const char *bytes;
	size_t length;
	const struct yaml_document *document;
};

/* Reads a file: *bytes NULL and 0 when there is none. NULL in the options: the file system. */
struct compose_reader {
	int (*read)(struct compose_reader *reader, const char *path, struct arena *arena,
		char **bytes, size_t *length, struct err *err);
};

struct compose_port {
	struct compose_place place;
	const char *raw;          /* the short form as written, "" for the long form */
	const char *host_ip;      /* "127.0.0.1", "::1"; "" = all interfaces */
	unsigned published_begin; /* 0: the engine chooses */
	unsigned published_end;   /* same as begin for one port */
	unsigned target_begin, target_end;
	const char *protocol; /* "tcp", "udp" */
	/* Not interpolated, for the target, where .env may say something else. */
	const char *host_ip_raw;   /* "127.0.0.1", "${BIND:-127.0.0.1}"; "" = none */
	const char *published_raw; /* "${WEB_PORT:-3000}", "3000"; "" = none */
	const char *target_raw;    /* "3000" */
};

enum compose_volume_kind {
	COMPOSE_VOLUME_NAMED,     /* a top-level volume */
	COMPOSE_VOLUME_ANONYMOUS, /* no source */
	COMPOSE_VOLUME_BIND,      /* a path of the host */
	COMPOSE_VOLUME_TMPFS,
	COMPOSE_VOLUME_OTHER /* npipe, cluster, image */
};

struct compose_mount {
	struct compose_place place;
	enum compose_volume_kind kind;
	const char *source; /* volume name or path as written (interpolated); "" when none */
	const char *target; /* path in the container */
	bool read_only;
	bool must_exist; /* long form bind without create_host_path: compose does not create it */
	bool one_letter; /* short form "x:/data": compose v2 reads it as a Windows path */
	/* Of a bind: relative to the directory of this file. */
	const struct compose_file *base;
};

struct compose_env_file {
	struct compose_place place;
	const char *path; /* as written, interpolated */
	bool required;    /* required: true is the default */
	bool raw;         /* format: raw (no interpolation) */
	const struct compose_file *base;
};

struct compose_variable {
	struct compose_place place;
	const char *name;
	const char *value; /* interpolated; NULL: taken from the environment ("- NAME") */
	const char *raw;   /* as written; NULL likewise */
};

enum compose_condition { COMPOSE_STARTED, COMPOSE_HEALTHY, COMPOSE_COMPLETED };

struct compose_dependency {
	struct compose_place place;
	const char *service;
	enum compose_condition condition;
	bool required; /* default true */
	bool bare;     /* list form: no condition was written */
};

/* A service's use of a top-level config or secret. */
struct compose_grant {
	struct compose_place place;
	const char *source; /* name of the top-level entry */
	const char *target; /* "" when default */
};

struct compose_service {
	const char *name;
	struct compose_place place; /* of its key */
	const char *image;          /* what compose would run: interpolated, extended; NULL: none */
	const char *image_raw;      /* as written; NULL: none */
	struct compose_place image_place; /* the scalar that decides */
	const char *platform;             /* "linux/amd64"; NULL: none */
	struct compose_place platform_place;
	bool has_build;
	struct compose_place build_place;
	const char *pull_policy;    /* NULL: none */
	const char *container_name; /* NULL: none */
	struct compose_place container_name_place;
	const char *network_mode; /* NULL: none */
	struct compose_place network_mode_place;
	/* "no", "always", "unless-stopped", "on-failure[:N]"; from restart or
	 * deploy.restart_policy.condition (any -> always, none -> no); NULL: nothing said. */
	const char *restart;
	bool privileged;
	struct compose_place privileged_place;
	unsigned replicas; /* scale or deploy.replicas; 1 by default */

	const char **profiles;
	size_t profile_count;
	bool packed; /* its image travels: no profiles, or all wanted, or one of options.profiles */
	bool active; /* `up` starts it: no profiles, or one of options.profiles or COMPOSE_PROFILES,
		      * or an active service depends on it */

	bool has_healthcheck;      /* one is written here (the image may have its own) */
	bool healthcheck_disabled; /* disable: true or test: NONE */

	struct compose_port *ports;
	size_t port_count;
	struct compose_mount *mounts; /* volumes, then tmpfs */
	size_t mount_count;
	struct compose_env_file *env_files;
	size_t env_file_count;
	struct compose_variable *environment; /* the last one of a name wins and is the only one */
	size_t variable_count;
	struct compose_dependency
		*depends_on; /* with links, volumes_from, network_mode: service:x */
	size_t dependency_count;
	struct compose_grant *configs, *secrets;
	size_t config_count, secret_count;
	bool awaited_to_complete; /* some service waits for its service_completed_successfully */

	const struct compose_value *value; /* the merged mapping */
	/* The mapping in a file that is edited: the last one that defines this service. */
	const struct yaml_node *definition; /* as written: a mapping or an alias of one */
	const struct compose_file *definition_file;
};

/* A top-level volume or network. */
struct compose_resource {
	struct compose_place place;
	const char *name;  /* key in the file */
	const char *label; /* name: given to the engine; NULL: made from the project's name */
	bool external;
};

/* A top-level config or secret: exactly one of the sources is not NULL unless external. */
struct compose_source {
	struct compose_place place;
	const char *name;
	const char *path;        /* file: */
	const char *environment; /* environment: NAME */
	const char *content;     /* content: (interpolated) */
	bool external;
	const struct compose_file *base;
};

struct compose_options {
	/* --env-file or the project's env template; NULL: ".env" beside the compose file when
	 * there is one. Template values count as their defaults ({{port 3000}} is 3000). */
	const char *env_file;
	/* Beat the env file ("NAME=value" each); the maker's shell only if the caller says so. */
	const char *const *variables;
	size_t variable_count;
	/* --profile; 0: the images of all profiles travel. */
	const char *const *profiles;
	size_t profile_count;
	struct compose_reader *reader; /* borrowed for the project's life; NULL: the file system */
};

struct compose_project {
	struct arena *arena;
	const char *path;               /* of the main file, as it was given */
	struct compose_options options; /* as they were given; borrowed */
	const char *directory;          /* project directory: "mystack", "." */
	const char *env_path;           /* the env file that was read; NULL: none */
	const char *name;               /* top-level name:, interpolated; NULL: none */
	struct compose_place name_place;
	const char *version; /* obsolete version:; NULL: none */
	struct compose_place version_place;
	struct compose_file **files; /* [0] is the main one; each file once */
	size_t file_count;
	struct compose_env_file *include_env_files; /* env files named by include: */
	size_t include_env_file_count;
	struct compose_service *services; /* sorted by name */
	size_t service_count;
	struct compose_resource *volumes, *networks;
	size_t volume_count, network_count;
	struct compose_source *configs, *secrets;
	size_t config_count, secret_count;
	const struct variable_set *variables; /* the environment of the main file */
	struct compose_reader *reader;
};

/*
 * Loads the compose file at path with all that it includes and extends.
 * Syntax errors, unresolvable includes and extends, required variables without a value and values
 * of the wrong type fail at once (CODE_INPUT, "file:line: …"). warnings (may be NULL) gets what
 * compose itself would warn of (variables that are not set). Whether the project can travel is
 * compose_closure.h's question, whether it is wise is lint.h's.
 */
struct compose_project *compose_project_load(struct arena *arena, const char *path,
	const struct compose_options *options, struct finding_list *warnings, struct err *err);

/* The service of that name, NULL when there is none. */
const struct compose_service *compose_project_service(
	const struct compose_project *project, const char *name);
