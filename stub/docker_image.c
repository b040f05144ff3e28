/* Images: inspecting, loading, and the proof that a container can be made. */
#include <string.h>

#include "docker_run.h"
#include "json.h"

enum { ANSWER_LIMIT = 4 << 20, MOST_ATTEMPTS = 64 };

#define ATTEMPT_LABEL "hardtack.proof"

static int parse_image(
	struct docker_cli *docker, struct json image, struct docker_image *out, struct err *err)
{
	struct json root_fs, layers = {0}, layer;
	if (json_get_string(image, "Id", &out->id, err) < 0 ||
		json_get_string_or(image, "Os", "", &out->os, err) < 0 ||
		json_get_string_or(image, "Architecture", "", &out->architecture, err) < 0 ||
		json_get_string_or(image, "Variant", "", &out->variant, err) < 0 ||
		json_get_object_or_none(image, "RootFS", &root_fs, err) < 0)
		return -1;
	if (!json_is_absent(root_fs) && json_get_array_or_none(root_fs, "Layers", &layers, err) < 0)
		return -1;
	out->diff_ids = arena_alloc(docker->arena, (json_count(layers) + 1) * sizeof(char *));
	for (struct json_iterator it = json_items(layers); json_next(&it, &layer);)
		if (json_as_string(layer, &out->diff_ids[out->diff_id_count++], err) < 0)
			return -1;
	return 0;
}

int docker_image_inspect(struct docker_cli *docker, const char *reference, struct docker_image *out,
	bool *found, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	struct json root, image = {0};
	*out = (struct docker_image){0};
	*found = false;
	docker_command_add(&command, docker->path, "image", "inspect", reference);
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code != 0) {
		/* "Error: No such image: x" (20.10), "Error response from daemon: No such
		 * image: x" (26, 28). */
		if (strstr(result.err.head.bytes, "No such image") ||
			strstr(result.err.head.bytes, "no such image"))
			return 0;
		return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
	}
	const struct text *answer = &result.out.head;
	struct err parse_err = ERR_INIT;
	bool parsed = json_parse(answer->bytes, answer->length, "docker image inspect",
			      ANSWER_LIMIT, docker->arena, &root, &parse_err) == 0;
	if (parsed) {
		struct json_iterator it = json_items(root);
		parsed = json_next(&it, &image) && parse_image(docker, image, out, &parse_err) == 0;
	}
	if (!parsed)
		return err_set(err, CODE_DOCKER, "docker %s: unexpected answer: %s",
			"image inspect", parse_err.text);
	*found = true;
	return 0;
}

int docker_image_load(struct docker_cli *docker,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	bool *ok, const char **words, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "load");
	*ok = false;
	*words = "";
	if (docker_command_feed(docker, &command, feed, context, &result, err) < 0)
		return -1;
	/* 28 with the containerd store: exit 0, and the truth is on stdout (facts, h1-h4). */
	const char *unpacking = strstr(result.out.head.bytes, DOCKER_UNPACK_ERROR);
	*ok = result.exit_code == 0 && !unpacking;
	if (unpacking) {
		AUTO_TEXT line = TEXT_INIT;
		text_add_printable(&line, unpacking, strcspn(unpacking, "\n"));
		*words = arena_strdup(docker->arena, line.bytes);
	} else {
		*words = docker_words(docker, &result);
	}
	return 0;
}

int docker_image_try_create(struct docker_cli *docker, const char *reference, bool *ok,
	const char **words, struct err *err)
{
	AUTO_CHILD created = CHILD_RESULT_INIT;
	AUTO_CHILD removed = CHILD_RESULT_INIT;
	struct docker_command create = {0}, remove = {0};
	*ok = false;
	*words = "";
	/* A command of our own, for an image without one cannot be created without. */
	docker_command_add(&create, docker->path, "create", "--pull", "never", "--network", "none",
		"--label", ATTEMPT_LABEL "=1", reference, "/hardtack-proof");
	if (docker_command_run(docker, &create, CHANGE_TIMEOUT_MS, &created, err) < 0)
		return -1;
	const char *out = created.out.head.bytes;
	const char *id = arena_strndup(docker->arena, out, strcspn(out, "\r\n"));
	if (created.exit_code != 0 || !docker_is_id(id)) {
		*words = docker_words(docker, &created);
		return 0;
	}
	*ok = true;
	docker_command_add(&remove, docker->path, "rm", "-v", id);
	if (docker_command_run(docker, &remove, QUERY_TIMEOUT_MS, &removed, err) < 0)
		return -1;
	/* Another run, that of another project, may have swept it away. */
	if (removed.exit_code != 0 && !strstr(removed.err.head.bytes, "No such container"))
		return docker_command_failed(docker, &remove, &removed, CODE_DOCKER, err);
	return 0;
}

int docker_image_sweep_attempts(struct docker_cli *docker, struct err *err)
{
	const char *ids[MOST_ATTEMPTS];
	size_t count = 0;
	struct docker_command list = {0}, remove = {0};
	AUTO_CHILD removed = CHILD_RESULT_INIT;
	docker_command_add(&list, docker->path, "ps", "-aq", "--no-trunc", "--filter",
		"label=" ATTEMPT_LABEL "=1", "--filter", "status=created");
	if (docker_command_lines(docker, &list, ids, MOST_ATTEMPTS, &count, err) < 0)
		return -1;
	docker_command_add(&remove, docker->path, "rm", "-v");
	docker_command_add_words(&remove, ids, count);
	return count ? docker_command_run(docker, &remove, QUERY_TIMEOUT_MS, &removed, err) : 0;
}

int docker_image_remove(
	struct docker_cli *docker, const char *reference, bool *removed, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "image", "rm", reference);
	if (docker_command_run(docker, &command, CHANGE_TIMEOUT_MS, &result, err) < 0)
		return -1;
	*removed = result.exit_code == 0;
	return 0;
}
