/* Docker commands as children, and their failures as errors. */
#include "docker_run.h"

#include <string.h>

#include "child_together.h"
#include "docker_ahead.h"
#include "file_io.h"
#include "message.h"
#include "monotonic.h"

enum { WORDS_LIMIT = 1500, NAME_WORDS = 4, LATE_MS = 8000 };

void docker_command_add_words(
	struct docker_command *command, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		BUG_ON(command->count + 1 >= DOCKER_ARGUMENTS);
		command->argv[command->count++] = words[i];
		command->argv[command->count] = NULL;
	}
}

static void show(struct docker_cli *docker, const struct docker_command *command)
{
	AUTO_TEXT line = TEXT_INIT;
	if (!docker->ui || !ui_is_verbose(docker->ui))
		return;
	for (size_t i = 0; i < command->count; i++) {
		text_add(&line, i ? " " : "$ ");
		text_add_printable(&line, command->argv[i], strlen(command->argv[i]));
	}
	ui_detail(docker->ui, "%s", line.bytes);
}

/* An engine that accepts and says nothing looks as if it were we who hang, where no seconds are
 * seen to go by. */
static void tell_wait(struct docker_cli *docker)
{
	uint64_t patience_ms = docker->patience_ms ? docker->patience_ms : QUERY_TIMEOUT_MS;
	if (!docker->asked_ms || docker->wait_was_told ||
		monotonic_ms() - docker->asked_ms < LATE_MS)
		return;
	docker->wait_was_told = true;
	ui_note(docker->ui,
		T("Docker has not answered yet; it is waited for, %llu seconds at most"),
		(unsigned long long)patience_ms / 1000);
}

static void tick(void *context)
{
	struct docker_cli *docker = context;
	ui_tick(docker->ui);
	tell_wait(docker);
}

static void prepare(struct docker_cli *docker, const struct docker_command *command,
	struct child_request *request)
{
	request->argv = command->argv;
	request->environment = docker->environment;
	request->tick = docker->ui ? tick : NULL;
	request->tick_context = docker;
	show(docker, command);
}

int docker_command_check_time(struct docker_cli *docker, const struct docker_command *command,
	const struct child_result *result, struct err *err)
{
	if (!result->timed_out)
		return 0;
	err_set(err, CODE_DOCKER, "%s did not answer in time",
		docker_command_name(docker, command));
	return err_hint(err, "Docker hangs or has too much to do: wait, then run this "
			     "again; if that does not help, restart Docker");
}

static int run(struct docker_cli *docker, const struct docker_command *command,
	struct child_request *request, struct child_result *result, struct err *err)
{
	prepare(docker, command, request);
	if (child_run(request, result, err) < 0)
		return -1;
	return docker_command_check_time(docker, command, result, err);
}

int docker_commands_run(struct docker_cli *docker, const struct docker_command *commands,
	size_t count, uint64_t timeout_ms, struct child_result *results, struct err *err)
{
	struct docker_command ahead[DOCKER_AHEAD_MOST];
	size_t ahead_count = docker_ahead_pending(docker, ahead), all = count + ahead_count;
	struct child_request *requests =
		arena_alloc(docker->arena, (all + 1) * sizeof(*requests));
	struct child_result *answers = xmalloc((all + 1) * sizeof(*answers));
	for (size_t i = 0; i < all; i++) {
		bool later = i >= count;
		requests[i] = (struct child_request){
			.timeout_ms = later && timeout_ms > QUERY_TIMEOUT_MS ? QUERY_TIMEOUT_MS
									     : timeout_ms};
		prepare(docker, later ? &ahead[i - count] : &commands[i], &requests[i]);
	}
	int status = child_run_together(requests, answers, all, err);
	memcpy(results, answers, count * sizeof(*results));
	docker_ahead_keep(docker, answers + count);
	for (size_t i = count; i < all; i++)
		child_result_clear(&answers[i]);
	free(answers);
	return status;
}

int docker_command_run(struct docker_cli *docker, const struct docker_command *command,
	uint64_t timeout_ms, struct child_result *result, struct err *err)
{
	struct child_request request = {.timeout_ms = timeout_ms};
	if (docker_ahead_take(docker, command, result))
		return 0;
	return run(docker, command, &request, result, err);
}

int docker_command_feed(struct docker_cli *docker, const struct docker_command *command,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct child_result *result, struct err *err)
{
	struct child_request request = {
		.feed = feed, .feed_context = context, .stall_ms = LOAD_STALL_MS};
	docker_ahead_forget(docker);
	return run(docker, command, &request, result, err);
}

int docker_command_feed_loads(struct docker_cli *docker, const struct docker_command *command,
	const struct docker_load *loads, size_t count, struct child_result *results,
	struct err *err)
{
	struct child_request *requests =
		arena_alloc(docker->arena, (count + 1) * sizeof(*requests));
	for (size_t i = 0; i < count; i++) {
		requests[i] = (struct child_request){.feed = loads[i].feed,
			.feed_context = loads[i].context,
			.stall_ms = LOAD_STALL_MS};
		prepare(docker, command, &requests[i]);
	}
	docker_ahead_forget(docker);
	int status = child_run_together(requests, results, count, err);
	for (size_t i = 0; i < count && status == 0; i++)
		status = docker_command_check_time(docker, command, &results[i], err);
	return status;
}

int docker_command_drain(struct docker_cli *docker, const struct docker_command *command,
	struct stream_sink *sink, struct child_result *result, struct err *err)
{
	struct child_request request = {.output = sink, .stall_ms = LOAD_STALL_MS};
	return run(docker, command, &request, result, err);
}

const char *docker_command_name(struct docker_cli *docker, const struct docker_command *command)
{
	AUTO_TEXT name = TEXT_INIT;
	text_add(&name, file_base_name(command->argv[0]));
	for (size_t i = 1, words = 1; i < command->count && words < NAME_WORDS; i++, words++) {
		if (command->argv[i][0] == '-')
			break;
		text_addf(&name, " %s", command->argv[i]);
	}
	return arena_strdup(docker->arena, name.bytes);
}

const char *docker_words(struct docker_cli *docker, const struct child_result *result)
{
	AUTO_TEXT words = TEXT_INIT;
	child_output_describe(&result->err, &words);
	if (words.length == 0)
		child_output_describe(&result->out, &words);
	if (words.length == 0 && result->signal)
		text_addf(&words, "signal %d", result->signal);
	else if (words.length == 0)
		text_addf(&words, "exit %d", result->exit_code);
	if (words.length <= WORDS_LIMIT)
		return arena_strdup(docker->arena, words.bytes);
	/* The cause is at the end, as a rule; never begin inside a character. */
	const char *tail = words.bytes + words.length - WORDS_LIMIT;
	while (((unsigned char)*tail & 0xc0) == 0x80)
		tail++;
	return arena_printf(docker->arena, "… %s", tail);
}

/* The client's words for an engine that does not listen, or that ended while it was asked. */
static bool is_gone(const char *words)
{
	static const char *const signs[] = {"Cannot connect to the Docker daemon",
		"error during connect", "connection reset by peer", "unexpected EOF"};
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(words, signs[i]))
			return true;
	return false;
}

int(docker_command_failed)(struct docker_cli *docker, const struct docker_command *command,
	const struct child_result *result, int code, struct err *err)
{
	const char *words = docker_words(docker, result);
	err_set(err, code, "%s: %s", docker_command_name(docker, command), words);
	return is_gone(words)
		       ? err_hint(err, "Docker went away in the middle: start it again, then "
				       "run this again; it goes on where it stopped")
		       : -1;
}

int docker_command_lines(struct docker_cli *docker, const struct docker_command *command,
	const char ***lines, size_t *count, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	size_t capacity = 0;
	*lines = NULL;
	*count = 0;
	if (docker_command_run(docker, command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code != 0)
		return docker_command_failed(docker, command, &result, CODE_DOCKER, err);
	if (result.out.tail)
		return err_set(err, CODE_DOCKER, "%s: the answer is too long",
			docker_command_name(docker, command));
	for (const char *at = result.out.head.bytes; *at;) {
		size_t length = strcspn(at, "\r\n");
		if (length)
			*ARENA_PUSH(docker->arena, *lines, *count, capacity) =
				arena_strndup(docker->arena, at, length);
		at += length + strspn(at + length, "\r\n");
	}
	return 0;
}

bool docker_is_id(const char *word)
{
	size_t length = strlen(word);
	return length >= 12 && length <= 64 && strspn(word, "0123456789abcdef") == length;
}

int docker_command_ids(struct docker_cli *docker, const struct docker_command *command,
	const char ***ids, size_t *count, struct err *err)
{
	if (docker_command_lines(docker, command, ids, count, err) < 0)
		return -1;
	for (size_t i = 0; i < *count; i++)
		if (!docker_is_id((*ids)[i]))
			return err_set(err, CODE_DOCKER, "docker %s: unexpected answer: %s",
				command->argv[1],
				arena_printf(docker->arena, "%.80s", (*ids)[i]));
	return 0;
}

int docker_command_each(struct docker_cli *docker, const struct docker_command *command,
	const char *const *names, size_t count, struct err *err)
{
	for (size_t at = 0; at < count; at += DOCKER_AT_ONCE) {
		AUTO_CHILD result = CHILD_RESULT_INIT;
		struct docker_command part = *command;
		docker_command_add_words(&part, names + at,
			count - at < DOCKER_AT_ONCE ? count - at : DOCKER_AT_ONCE);
		if (docker_command_run(docker, &part, CHANGE_TIMEOUT_MS, &result, err) < 0)
			return -1;
		if (result.exit_code != 0)
			return docker_command_failed(docker, &part, &result, CODE_DOCKER, err);
	}
	return 0;
}
