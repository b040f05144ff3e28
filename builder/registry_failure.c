/* Registries' answers as failures. */
#include "registry_failure.h"

#include <string.h>

#include "credential.h"
#include "json.h"
#include "message.h"

enum {
	WORDS_LIMIT = 300, /* of the registry's own */
	PROBLEM_LIMIT = 64 << 10,
};

/* "denied: requested access to the resource is denied": of the error document of the
 * specification ({"errors":[{"code","message"}]}), else the text as it is, on one line. */
static void quote_words(const char *problem, struct text *out)
{
	AUTO(arena) arena = arena_new();
	struct err ignored = ERR_INIT;
	struct json root, errors, first;
	const char *words = problem, *message;
	if (json_parse(problem, strlen(problem), "error", PROBLEM_LIMIT, arena, &root, &ignored) ==
			0 &&
		json_get_array_or_none(root, "errors", &errors, &ignored) == 0) {
		struct json_iterator it = json_items(errors);
		if (json_next(&it, &first) &&
			json_get_string(first, "message", &message, &ignored) == 0)
			words = message;
	}
	char *line = arena_strndup(arena, words, strnlen(words, WORDS_LIMIT));
	for (char *c = line; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	if (!*line)
		text_add(out, T("it gives no reason"));
	text_add_printable(out, line, strlen(line));
}

static int limited(const struct http_response *response, const char *words, const char *name,
	struct registry_failure *out, struct err *err)
{
	*out = (struct registry_failure){REGISTRY_LIMITED, response->retry_after_s * 1000};
	if (response->retry_after_s)
		err_set(err, CODE_CREDENTIALS,
			"%s allows no more requests for the next %llu seconds (429): %s", name,
			(unsigned long long)response->retry_after_s, words);
	else if (response->rate_window_s >= 60)
		err_set(err, CODE_CREDENTIALS,
			"%s allows no more requests for now, it counts over %llu minutes (429): %s",
			name, (unsigned long long)response->rate_window_s / 60, words);
	else
		err_set(err, CODE_CREDENTIALS, "%s allows no more requests for now (429): %s", name,
			words);
	return err_hint(err, "wait, log in with `docker login` for a higher limit, or name "
			     "another mirror with --mirror");
}

int registry_failure_of_status(const struct http_response *response, const char *problem,
	const char *name, const char *what, const char *host, struct registry_failure *out,
	struct err *err)
{
	AUTO_TEXT words = TEXT_INIT;
	unsigned status = response->status;
	quote_words(problem ? problem : "", &words);
	*out = (struct registry_failure){REGISTRY_WRONG, 0};
	if (status == 429)
		return limited(response, words.bytes, name, out, err);
	if (status == 401) {
		out->kind = REGISTRY_UNAUTHORIZED;
		err_set(err, CODE_CREDENTIALS, "%s asks for a login for %s (401): %s", name, what,
			words.bytes);
		return err_hint(err,
			"is the name right? A registry says the same about what is "
			"private and what does not exist; else: docker login %s",
			credential_login_name(host));
	}
	if (status == 403) {
		out->kind = REGISTRY_FORBIDDEN;
		err_set(err, CODE_CREDENTIALS, "%s refuses %s (403): %s", name, what, words.bytes);
		return err_hint(err, "the login has no right to it, or the mirror serves only a "
				     "list of images: name another one with --mirror");
	}
	if (status == 404) {
		out->kind = REGISTRY_MISSING;
		return err_set(err, CODE_NOT_FOUND, "%s has no %s", name, what);
	}
	if (status >= 500 || status == 408) {
		*out = (struct registry_failure){
			REGISTRY_TRANSIENT, response->retry_after_s * 1000};
		return err_set(err, CODE_NETWORK, "%s has trouble of its own (%u): %s", name,
			status, words.bytes);
	}
	return err_set(err, CODE_NETWORK, "%s answers %u to the request for %s: %s", name, status,
		what, words.bytes);
}

int registry_failure_of_transfer(
	enum http_failure failure, struct registry_failure *out, struct err *err)
{
	*out = (struct registry_failure){REGISTRY_TRANSIENT, 0};
	switch (failure) {
	case HTTP_TLS:
	case HTTP_REFUSED:
	case HTTP_TOO_LONG:
		out->kind = REGISTRY_WRONG;
		break;
	case HTTP_SINK:
		out->kind = err->code == CODE_INTEGRITY ? REGISTRY_WRONG : REGISTRY_LOCAL;
		break;
	case HTTP_STOPPED:
		out->kind = REGISTRY_LOCAL;
		break;
	default:
		break;
	}
	return -1;
}

int registry_failure_wrong(struct registry_failure *out, const char *name, const char *what,
	const char *reason, struct err *err)
{
	*out = (struct registry_failure){REGISTRY_WRONG, 0};
	return err_set(err, CODE_INTEGRITY, "%s does not serve %s: %s", name, what,
		message_translate(reason));
}
