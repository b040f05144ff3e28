/* Images: inspecting, loading, removing. */
#include <stdlib.h>
#include <string.h>

#include "docker_ahead.h"
#include "docker_run.h"
#include "json.h"

enum {
	ANSWER_LIMIT = 4 << 20,
	ASKED_AT_ONCE = 50, /* images of a hundred layers answer with some 20 KiB each */
};

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

/* ---- several in one question ---- */

/* "Error: No such image: x" (20.10), "Error response from daemon: No such image: x" (26, 28): a
 * line for each. */
#define NO_SUCH "o such image"
#define MISSING NO_SUCH ": "

/* "postgres:17" is what engines call docker.io/library/postgres:17 when they miss it. */
static bool is_named(const char *reference, const char *words, size_t length)
{
	size_t all = strlen(reference);
	return length > 0 && all >= length &&
	       memcmp(reference + all - length, words, length) == 0 &&
	       (all == length || reference[all - length - 1] == '/');
}

/* How many were named. */
static size_t find_missing(
	const char *words, const char *const *references, size_t count, bool *missing)
{
	size_t named = 0;
	memset(missing, 0, count * sizeof(*missing));
	for (const char *at = strstr(words, MISSING); at; at = strstr(at, MISSING)) {
		at += strlen(MISSING);
		size_t length = strcspn(at, " \r\n");
		for (size_t i = 0; i < count; i++) {
			named += !missing[i] && is_named(references[i], at, length);
			missing[i] = missing[i] || is_named(references[i], at, length);
		}
	}
	return named;
}

static void write_question(struct docker_cli *docker, const char *const *references, size_t count,
	struct docker_command *command)
{
	docker_command_add(command, docker->path, "image", "inspect");
	docker_command_add_words(command, references, count);
}

void docker_images_inspect_ahead(
	struct docker_cli *docker, const char *const *references, size_t count)
{
	struct docker_command command = {0};
	if (count == 0 || !docker->path)
		return;
	write_question(docker, references, count < ASKED_AT_ONCE ? count : ASKED_AT_ONCE, &command);
	docker_ahead_add(docker, &command);
}

/* The answer has those that are there, in the order in which they were asked for. *sure false:
 * which ones it has cannot be told. */
static int ask(struct docker_cli *docker, const char *const *references, size_t count,
	struct docker_image *out, bool *sure, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	struct json root = {0}, item; /* no answer that can be read is one without images */
	struct err parse_err = ERR_INIT;
	bool missing[ASKED_AT_ONCE];
	write_question(docker, references, count, &command);
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	const char *words = result.err.head.bytes;
	/* "…failed to find image x: x: No such image" (Podman 4.3): that one is asked again alone.
	 */
	bool misses = result.exit_code != 0 && strstr(words, NO_SUCH);
	if (result.exit_code != 0 && !misses)
		return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
	*sure = true;
	size_t named = find_missing(misses ? words : "", references, count, missing);
	if (misses && (count == 1 || named == count))
		return 0;
	const struct text *answer = &result.out.head;
	bool parsed = json_parse(answer->bytes, answer->length, "docker image inspect",
			      ANSWER_LIMIT, docker->arena, &root, &parse_err) == 0;
	*sure = !parsed || json_count(root) + named == count;
	struct json_iterator it = json_items(root);
	for (size_t i = 0; parsed && *sure && i < count; i++)
		if (!missing[i])
			parsed = json_next(&it, &item) &&
				 parse_image(docker, item, &out[i], &parse_err) == 0;
	return parsed ? 0
		      : err_set(err, CODE_DOCKER, "docker %s: unexpected answer: %s",
				"image inspect", parse_err.text);
}

int docker_images_inspect(struct docker_cli *docker, const char *const *references, size_t count,
	struct docker_image *out, struct err *err)
{
	memset(out, 0, count * sizeof(*out));
	for (size_t at = 0; at < count;) {
		size_t part = count - at < ASKED_AT_ONCE ? count - at : ASKED_AT_ONCE;
		bool sure;
		if (ask(docker, references + at, part, out + at, &sure, err) < 0)
			return -1;
		/* One by one, then: two names with one end, or words of an engine to come. */
		for (size_t i = at; !sure && part > 1 && i < at + part; i++)
			if (ask(docker, references + i, 1, out + i, &(bool){false}, err) < 0)
				return -1;
		at += part;
	}
	return 0;
}

int docker_image_inspect(struct docker_cli *docker, const char *reference, struct docker_image *out,
	bool *found, struct err *err)
{
	if (docker_images_inspect(docker, &reference, 1, out, err) < 0)
		return -1;
	*found = out->id != NULL;
	return 0;
}

static void judge_load(
	struct docker_cli *docker, struct docker_load *load, const struct child_result *result)
{
	/* 28 with the containerd store: exit 0, and the truth is on stdout (facts, h1-h4). */
	const char *unpacking = strstr(result->out.head.bytes, DOCKER_UNPACK_ERROR);
	load->ok = result->exit_code == 0 && !unpacking;
	if (unpacking) {
		AUTO_TEXT line = TEXT_INIT;
		text_add_printable(&line, unpacking, strcspn(unpacking, "\n"));
		load->words = arena_strdup(docker->arena, line.bytes);
	} else {
		load->words = docker_words(docker, result);
	}
}

int docker_images_load(
	struct docker_cli *docker, struct docker_load *loads, size_t count, struct err *err)
{
	struct docker_command command = {0};
	struct child_result *results = xmalloc((count + 1) * sizeof(*results));
	docker_command_add(&command, docker->path, "load");
	for (size_t i = 0; i < count; i++) {
		loads[i].ok = false;
		loads[i].words = "";
	}
	int status = docker_command_feed_loads(docker, &command, loads, count, results, err);
	for (size_t i = 0; i < count; i++) {
		if (status == 0)
			judge_load(docker, &loads[i], &results[i]);
		child_result_clear(&results[i]);
	}
	free(results);
	return status;
}

int docker_image_remove(
	struct docker_cli *docker, const char *reference, bool *stays, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "image", "rm", reference);
	if (docker_command_run(docker, &command, CHANGE_TIMEOUT_MS, &result, err) < 0)
		return -1;
	/* "No such image: x", Podman: "x: image not known" */
	*stays = result.exit_code != 0 && !strstr(result.err.head.bytes, "o such image") &&
		 !strstr(result.err.head.bytes, "image not known");
	return 0;
}
