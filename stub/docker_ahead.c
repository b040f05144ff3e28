/* Answers that came before they were wanted, in the arena. */
#include "docker_ahead.h"

#include <string.h>

struct question {
	const char **words;
	size_t count;
	bool answered;
	int exit_code;
	const char *out, *err; /* as they came, and how long */
	size_t out_length, err_length;
};

struct docker_ahead {
	struct question questions[DOCKER_AHEAD_MOST];
	size_t count;
};

static bool is_same(const struct question *question, const struct docker_command *command)
{
	if (question->count != command->count)
		return false;
	for (size_t i = 0; i < command->count; i++)
		if (strcmp(question->words[i], command->argv[i]) != 0)
			return false;
	return true;
}

static struct question *find(const struct docker_cli *docker, const struct docker_command *command)
{
	struct docker_ahead *ahead = docker->ahead;
	for (size_t i = 0; ahead && i < ahead->count; i++)
		if (is_same(&ahead->questions[i], command))
			return &ahead->questions[i];
	return NULL;
}

static void drop(struct docker_ahead *ahead, struct question *question)
{
	*question = ahead->questions[--ahead->count];
}

void docker_ahead_add(struct docker_cli *docker, const struct docker_command *command)
{
	struct question *question = find(docker, command);
	if (!docker->ahead) {
		docker->ahead = arena_alloc(docker->arena, sizeof(*docker->ahead));
		docker->ahead->count = 0;
	}
	if (question)
		drop(docker->ahead, question);
	if (docker->ahead->count == DOCKER_AHEAD_MOST)
		return;
	question = &docker->ahead->questions[docker->ahead->count++];
	*question = (struct question){.count = command->count,
		.words = arena_alloc(docker->arena, (command->count + 1) * sizeof(char *))};
	for (size_t i = 0; i < command->count; i++)
		question->words[i] = arena_strdup(docker->arena, command->argv[i]);
}

size_t docker_ahead_pending(const struct docker_cli *docker, struct docker_command *commands)
{
	size_t count = 0;
	for (size_t i = 0; docker->ahead && i < docker->ahead->count; i++) {
		const struct question *question = &docker->ahead->questions[i];
		if (question->answered)
			continue;
		commands[count].count = 0;
		docker_command_add_words(&commands[count++], question->words, question->count);
	}
	return count;
}

void docker_ahead_keep(struct docker_cli *docker, const struct child_result *results)
{
	struct docker_ahead *ahead = docker->ahead;
	struct docker_ahead kept = {.count = 0};
	for (size_t i = 0; ahead && i < ahead->count; i++) {
		struct question question = ahead->questions[i];
		if (!question.answered) {
			const struct child_result *result = results++;
			if (result->timed_out || result->exit_code < 0 ||
				!child_output_is_whole(&result->out) ||
				!child_output_is_whole(&result->err))
				continue;
			question.answered = true;
			question.exit_code = result->exit_code;
			question.out_length = result->out.head.length;
			question.err_length = result->err.head.length;
			question.out = arena_strndup(
				docker->arena, result->out.head.bytes, question.out_length);
			question.err = arena_strndup(
				docker->arena, result->err.head.bytes, question.err_length);
		}
		kept.questions[kept.count++] = question;
	}
	if (ahead)
		*ahead = kept;
}

bool docker_ahead_take(struct docker_cli *docker, const struct docker_command *command,
	struct child_result *result)
{
	struct question *question = find(docker, command);
	if (!question || !question->answered)
		return false;
	*result = (struct child_result)CHILD_RESULT_INIT;
	result->exit_code = question->exit_code;
	text_add_bytes(&result->out.head, question->out, question->out_length);
	text_add_bytes(&result->err.head, question->err, question->err_length);
	result->out.total = question->out_length;
	result->err.total = question->err_length;
	drop(docker->ahead, question);
	return true;
}

void docker_ahead_forget(struct docker_cli *docker)
{
	docker->ahead = NULL;
}
