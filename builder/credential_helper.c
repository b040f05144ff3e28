/* docker-credential-NAME get. */
#include "credential_helper.h"

#include <string.h>

#include "child_process.h"
#include "json.h"
#include "passphrase.h"
#include "stream.h"
#include "text.h"

extern char **environ;

enum {
	TIMEOUT_MS = 120 * 1000, /* it may ask the person to unlock a keychain */
	ANSWER_LIMIT = 256 * 1024,
};

/* What every helper of Docker's own library says, on stdout and with exit code 1. */
static const char no_login[] = "credentials not found";

static int feed_server(void *context, struct stream_sink *sink, struct err *err)
{
	const char *server = context;
	return stream_write(sink, server, strlen(server), err);
}

static int read_answer(const struct text *answer, const char *program, struct arena *arena,
	struct credential *out, bool *found, struct err *err)
{
	struct json root;
	struct err details = ERR_INIT; /* could quote the answer */
	const char *user, *secret;
	if (json_parse(answer->bytes, answer->length, program, ANSWER_LIMIT, arena, &root,
		    &details) < 0 ||
		json_get_string_or(root, "Username", "", &user, &details) < 0 ||
		json_get_string_or(root, "Secret", "", &secret, &details) < 0)
		return err_set(err, CODE_INPUT, "%s: its answer is not a login", program);
	*found = secret[0] != '\0';
	*out = (struct credential){.from = program};
	if (strcmp(user, "<token>") == 0) {
		out->identity_token = secret;
	} else {
		out->username = user;
		out->password = secret;
	}
	return 0;
}

/* Ours, without the passphrase of the signing key: a helper has no business with it, whether or not
 * this run signs. */
static const char *const *environment_of_helper(struct arena *arena)
{
	size_t count = 0, kept = 0;
	while (environ[count])
		count++;
	const char **environment = arena_alloc(arena, (count + 1) * sizeof(*environment));
	for (size_t i = 0; i < count; i++)
		if (!text_starts_with(environ[i], PASSPHRASE_VARIABLE "="))
			environment[kept++] = environ[i];
	environment[kept] = NULL;
	return environment;
}

static int run(const char *path, const char *program, const char *server, struct arena *arena,
	struct credential *out, bool *found, struct err *err)
{
	const char *argv[] = {path, "get", NULL};
	struct child_request request = {
		.argv = argv,
		.environment = environment_of_helper(arena),
		.feed = feed_server,
		.feed_context = (void *)server,
		.timeout_ms = TIMEOUT_MS,
	};
	AUTO_CHILD result = CHILD_RESULT_INIT;
	if (child_run(&request, &result, err) < 0)
		return err_wrap(err, "%s", program);
	if (result.timed_out)
		return err_set(err, CODE_IO, "%s gave no answer for %d seconds", program,
			TIMEOUT_MS / 1000);
	if (result.exit_code == 0 && child_output_is_whole(&result.out))
		return read_answer(&result.out.head, program, arena, out, found, err);
	if (strstr(result.out.head.bytes, no_login) || strstr(result.err.head.bytes, no_login))
		return 0;
	AUTO_TEXT words = TEXT_INIT;
	child_output_describe(&result.err, &words);
	return err_set(err, CODE_IO, "%s fails with exit code %d: %.300s", program,
		result.exit_code, words.bytes);
}

int credential_helper_get(const char *name, const char *server, struct arena *arena,
	struct credential *out, bool *found, struct err *err)
{
	const char *program = arena_printf(arena, "docker-credential-%s", name);
	const char *path =
		strchr(name, '/') ? NULL : child_find_program(program, getenv("PATH"), arena);
	*found = false;
	if (!path)
		return err_set(err, CODE_IO,
			"config.json names %s for logins, but there is no such program in PATH: "
			"going on without a login",
			program);
	return run(path, program, server, arena, out, found, err);
}
