/* Attempts at containers: the proof that images are whole. */
#include <stdlib.h>
#include <string.h>

#include "docker_ahead.h"
#include "docker_run.h"

enum { REMOVED_AT_ONCE = 100 }; /* words of an argument vector */

#define ATTEMPT_LABEL "hardtack.proof"

static void clear_results(struct child_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		child_result_clear(&results[i]);
}

/* Another run, that of another project, may have swept some of them away. */
static bool only_gone(const char *words)
{
	for (const char *line = words; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");
		const char *sign = strstr(line, "No such container");
		if (length > 0 && (!sign || sign > line + length))
			return false;
		if (!line[length])
			break;
	}
	return true;
}

static int remove_attempts(
	struct docker_cli *docker, const char *const *ids, size_t count, struct err *err)
{
	for (size_t at = 0; at < count; at += REMOVED_AT_ONCE) {
		AUTO_CHILD removed = CHILD_RESULT_INIT;
		struct docker_command remove = {0};
		size_t left = count - at;
		docker_command_add(&remove, docker->path, "rm", "-v");
		docker_command_add_words(
			&remove, ids + at, left < REMOVED_AT_ONCE ? left : REMOVED_AT_ONCE);
		if (docker_command_run(docker, &remove, QUERY_TIMEOUT_MS, &removed, err) < 0)
			return -1;
		if (removed.exit_code != 0 && !only_gone(removed.err.head.bytes))
			return docker_command_failed(docker, &remove, &removed, CODE_DOCKER, err);
	}
	return 0;
}

/* The ids of what was made, and what was said of what was not. */
static size_t judge(struct docker_cli *docker, const struct child_result *results, size_t count,
	const char **words, const char **ids)
{
	size_t made = 0;
	for (size_t i = 0; i < count; i++) {
		const char *out = results[i].out.head.bytes;
		const char *id = arena_strndup(docker->arena, out, strcspn(out, "\r\n"));
		bool ok = results[i].exit_code == 0 && docker_is_id(id);
		words[i] = ok ? NULL : docker_words(docker, &results[i]);
		if (ok)
			ids[made++] = id;
	}
	return made;
}

int docker_images_try_create(struct docker_cli *docker, const char *const *references, size_t count,
	const char **words, struct err *err)
{
	if (count == 0)
		return 0;
	struct docker_command *creates = xmalloc(count * sizeof(*creates));
	struct child_result *results = xmalloc(count * sizeof(*results));
	const char **ids = arena_alloc(docker->arena, count * sizeof(*ids));
	for (size_t i = 0; i < count; i++) {
		creates[i].count = 0;
		/* A command of our own, for an image without one cannot be created without. */
		docker_command_add(&creates[i], docker->path, "create", "--pull", "never",
			"--network", "none", "--label", ATTEMPT_LABEL "=1", references[i],
			"/hardtack-proof");
	}
	int status = docker_commands_run(docker, creates, count, CHANGE_TIMEOUT_MS, results, err);
	for (size_t i = 0; i < count && status == 0; i++)
		status = docker_command_check_time(docker, &creates[i], &results[i], err);
	if (status == 0)
		status = remove_attempts(
			docker, ids, judge(docker, results, count, words, ids), err);
	clear_results(results, count);
	free(results);
	free(creates);
	return status;
}

static void list_attempts(const struct docker_cli *docker, struct docker_command *list)
{
	docker_command_add(list, docker->path, "ps", "-aq", "--no-trunc", "--filter",
		"label=" ATTEMPT_LABEL "=1", "--filter", "status=created");
}

void docker_image_sweep_ahead(struct docker_cli *docker)
{
	struct docker_command list = {0};
	if (!docker->path)
		return;
	list_attempts(docker, &list);
	docker_ahead_add(docker, &list);
}

int docker_image_sweep_attempts(struct docker_cli *docker, struct err *err)
{
	const char **ids;
	size_t count;
	struct docker_command list = {0};
	struct err harmless = ERR_INIT;
	list_attempts(docker, &list);
	if (docker_command_ids(docker, &list, &ids, &count, err) < 0)
		return -1;
	if (remove_attempts(docker, ids, count, &harmless) == 0 ||
		harmless.code != CODE_INTERRUPTED)
		return 0; /* the next run takes what is left */
	*err = harmless;
	return -1;
}
