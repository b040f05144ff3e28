/* Looking for engines beside the one that docker would use. */
#include "docker_product.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker_run.h"
#include "interrupt.h"

enum { OTHER_TIMEOUT_MS = 5000, CONTEXTS = 64 };

const char *docker_product_endpoint(const struct docker_product *product, struct arena *arena)
{
	const char *home = getenv("HOME"), *user = strstr(product->socket, "%u");
	if (product->socket[0] == '~')
		return home && *home == '/'
			       ? arena_printf(arena, "unix://%s%s", home, product->socket + 1)
			       : "";
	if (!user)
		return arena_printf(arena, "unix://%s", product->socket);
	return arena_printf(arena, "unix://%.*s%u%s", (int)(user - product->socket),
		product->socket, (unsigned)getuid(), user + 2);
}

static bool is_there(const struct docker_product *product, struct arena *arena)
{
	if (!product->evidence)
		return false;
	if (product->evidence[0] == '/')
		return access(product->evidence, F_OK) == 0;
	return child_find_program(product->evidence, getenv("PATH"), arena) ||
	       child_find_program(product->evidence,
		       "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin", arena);
}

const struct docker_product *docker_product_of(
	const struct docker_engine *engine, struct arena *arena)
{
	for (size_t i = 0; i < docker_product_count; i++) {
		const struct docker_product *product = &docker_products[i];
		if (product->command && is_there(product, arena) &&
			strcmp(docker_product_endpoint(product, arena), engine->endpoint) == 0)
			return product;
	}
	if (engine->chosen_by || !docker_product_any)
		return NULL;
	for (size_t i = 0; i < docker_product_count; i++)
		if (docker_products[i].command && is_there(&docker_products[i], arena))
			return &docker_products[i];
	return NULL;
}

/* The file behind a socket's name: /var/run/docker.sock is often a link to the same one. */
static bool is_same_socket(const char *endpoint, const struct stat *socket)
{
	struct stat st;
	return text_starts_with(endpoint, "unix://") &&
	       stat(endpoint + strlen("unix://"), &st) == 0 && st.st_dev == socket->st_dev &&
	       st.st_ino == socket->st_ino;
}

static int answers(struct docker_cli *docker, const char *endpoint, bool *yes, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	struct err late = ERR_INIT;
	docker_command_add(
		&command, docker->path, "-H", endpoint, "version", "--format", "{{.Server.Os}}");
	*yes = docker_command_run(docker, &command, OTHER_TIMEOUT_MS, &result, &late) == 0 &&
	       result.exit_code == 0 && text_starts_with(result.out.head.bytes, "linux");
	return interrupt_check(err);
}

/* The context of this endpoint; NULL when it has none. */
static int find_context(
	struct docker_cli *docker, const char *endpoint, const char **name, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	struct err late = ERR_INIT;
	docker_command_add(&command, docker->path, "context", "ls", "--format",
		"{{.Name}} {{.DockerEndpoint}}");
	*name = NULL;
	/* `context ls` would show what DOCKER_HOST says as the default's. */
	if (strcmp(endpoint, DOCKER_USUAL_ENDPOINT) == 0)
		return *name = "default", 0;
	if (docker_command_run(docker, &command, OTHER_TIMEOUT_MS, &result, &late) < 0)
		return interrupt_check(err);
	for (const char *line = result.out.head.bytes; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n"), first = strcspn(line, " \n");
		if (first < length && strlen(endpoint) == length - first - 1 &&
			strncmp(line + first + 1, endpoint, length - first - 1) == 0)
			*name = arena_strndup(docker->arena, line, first);
		line += length;
	}
	return 0;
}

/* What to type so that docker uses it. A variable of the shell beats every context. */
static const char *way_to(struct arena *arena, const char *context, const char *endpoint)
{
	const char *host = getenv("DOCKER_HOST"), *chosen = getenv("DOCKER_CONTEXT");
	if (!context)
		return arena_printf(
			arena, "export DOCKER_HOST=%s", arena_shell_word(arena, endpoint));
	return arena_printf(arena, "%s%sdocker context use %s",
		host && *host ? "unset DOCKER_HOST; " : "",
		chosen && *chosen ? "unset DOCKER_CONTEXT; " : "", context);
}

int docker_product_find_other(
	struct docker_cli *docker, struct docker_engine *engine, struct err *err)
{
	for (size_t i = 0; i < docker_product_count; i++) {
		const char *endpoint = docker_product_endpoint(&docker_products[i], docker->arena);
		const char *context;
		struct stat st;
		bool yes;
		if (!*endpoint || stat(endpoint + strlen("unix://"), &st) < 0 ||
			!S_ISSOCK(st.st_mode) || is_same_socket(engine->endpoint, &st))
			continue;
		if (answers(docker, endpoint, &yes, err) < 0)
			return -1;
		if (!yes)
			continue;
		if (find_context(docker, endpoint, &context, err) < 0)
			return -1;
		engine->other_name = docker_products[i].name;
		engine->other_endpoint = endpoint;
		engine->other_way = way_to(docker->arena, context, endpoint);
		return 0;
	}
	return 0;
}
