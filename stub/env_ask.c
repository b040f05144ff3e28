/* The questions of env templates. */
#include <string.h>

#include "env_file.h"
#include "message.h"
#include "secret_mask.h"

enum { ANSWER_LIMIT = 1024 };

/* What no env file can hold, or nobody meant to type (an arrow key). */
static void check_text(const char *answer, struct err *problem)
{
	if (!*answer) {
		err_set(problem, CODE_USAGE, "this needs an answer");
		return;
	}
	bool control = false;
	for (const char *at = answer; *at; at++)
		control = control || (unsigned char)*at < ' ' || *at == 0x7f;
	if (control || !text_is_utf8(answer, strlen(answer)))
		err_set(problem, CODE_USAGE, "the answer has characters that are no text");
}

static int ask_until_good(const struct env_template_entry *entry, const struct session *session,
	const struct env_check *check, char answer[ANSWER_LIMIT], struct err *err)
{
	bool secret = secret_mask_name(entry->source.name);
	for (;;) {
		struct err problem = ERR_INIT;
		if (ui_ask(session->ui, entry->prompt, entry->fallback, secret, answer,
			    ANSWER_LIMIT, err) < 0)
			return -1;
		check_text(answer, &problem);
		if (problem.code == CODE_OK && check &&
			check->look(check->context, entry->source.name, answer, &problem, err) < 0)
			return -1;
		if (problem.code == CODE_OK)
			return 0;
		ui_warning(session->ui, NULL, "%s", problem.text);
	}
}

static int ask(struct env_files *files, const struct session *session, const struct env_file *file,
	size_t at, const struct env_check *check, struct err *err)
{
	const struct env_template_entry *entry = &file->template.entries[at];
	const char *name = entry->source.name, *given = NULL;
	char answer[ANSWER_LIMIT];
	if (!file->missing[at] || entry->kind != ENV_TEMPLATE_ASK)
		return 0;
	if (env_files_given(files, session, name, &given, err) < 0)
		return -1;
	if (given)
		return 0;
	if (ui_can_ask(session->ui) && !session->options->yes) {
		if (ask_until_good(entry, session, check, answer, err) < 0)
			return -1;
		return env_files_answer(
			files, session, name, env_template_wrap(files->arena, entry, answer), err);
	}
	if (entry->fallback)
		return 0;
	err_set(err, CODE_USAGE, "%s needs a value: %s", name, entry->prompt);
	return err_hint(err, "say it with --set %s=VALUE", name);
}

int env_files_ask(struct env_files *files, const struct session *session,
	const struct env_check *check, struct err *err)
{
	for (size_t i = 0; i < files->count; i++)
		for (size_t j = 0; j < files->items[i].template.count; j++)
			if (ask(files, session, &files->items[i], j, check, err) < 0)
				return -1;
	return 0;
}
