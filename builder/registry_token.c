/* Asking a token server. */
#include "registry_token.h"

#include <string.h>

#include "base64.h"
#include "json.h"
#include "message.h"
#include "monotonic.h"
#include "registry_failure.h"
#include "registry_login.h"

enum {
	ANSWER_LIMIT = 1 << 20,
	LIFETIME_S = 60, /* when the server does not say (the specification's default) */
	LIFETIME_LIMIT_S = 24 * 3600,
	MARGIN_MS = 15000, /* renewed so long before the end, or at 3/4 of its life */
};

static void add_encoded(struct text *out, const char *value)
{
	for (const char *c = value; *c; c++) {
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			(*c >= '0' && *c <= '9') || strchr("-._~", *c))
			text_add_bytes(out, c, 1);
		else
			text_addf(out, "%%%02X", (unsigned char)*c);
	}
}

static void add_field(struct text *out, const char *name, const char *value)
{
	if (!*value)
		return;
	text_addf(out, "%s%s=", out->length > 0 ? "&" : "", name);
	add_encoded(out, value);
}

static const char *scope_of(struct registry_call *call, const struct auth_challenge *challenge)
{
	const char *repository = call->source->repository;
	if (challenge->scope[0] || !repository || !*repository)
		return challenge->scope;
	return arena_printf(call->arena, "repository:%s:pull", repository);
}

/* An identity token goes by POST, in the body; a password by GET, in the header. */
static struct http_request make_request(struct registry_call *call, const struct http_url *realm,
	const struct auth_challenge *challenge, const struct credential *credential)
{
	AUTO_TEXT fields = TEXT_INIT;
	struct http_request request = {.method = "GET", .limit_bytes = ANSWER_LIMIT};
	struct arena *arena = call->arena;
	bool by_form = credential && credential->identity_token;
	if (by_form) {
		add_field(&fields, "grant_type", "refresh_token");
		add_field(&fields, "refresh_token", credential->identity_token);
		add_field(&fields, "client_id", "hardtack");
	}
	add_field(&fields, "service", challenge->service);
	add_field(&fields, "scope", scope_of(call, challenge));
	if (by_form) {
		request.method = "POST";
		request.form = arena_strdup(arena, fields.bytes);
		request.url = realm->text;
		return request;
	}
	request.url = arena_printf(arena, "%s%s%s", realm->text,
		fields.length == 0         ? ""
		: strchr(realm->text, '?') ? "&"
					   : "?",
		fields.bytes);
	if (credential && credential->username && credential->password) {
		const char *pair =
			arena_printf(arena, "%s:%s", credential->username, credential->password);
		request.authorization =
			arena_printf(arena, "Basic %s", base64_encode(pair, strlen(pair), arena));
	}
	return request;
}

/* A header's value must not hold line ends or anything else that ends it. */
static bool is_token(const char *token)
{
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	return *token != '\0';
}

static int take_answer(struct registry_call *call, const char *realm, const struct text *answer,
	uint64_t asked_ms, struct registry_grant *grant, struct err *err)
{
	struct json root;
	struct err details = ERR_INIT;
	const char *token = "";
	uint64_t lifetime_s = LIFETIME_S;
	if (json_parse(answer->bytes, answer->length, "token", ANSWER_LIMIT, call->arena, &root,
		    &details) < 0 ||
		json_get_string_or(root, "token", "", &token, &details) < 0 ||
		(!*token && json_get_string_or(root, "access_token", "", &token, &details) < 0) ||
		!is_token(token))
		return registry_failure_wrong(
			call->failure, realm, call->what, N_T("what came is no token"), err);
	if (json_get_u64_or(root, "expires_in", LIFETIME_S, &lifetime_s, &details) < 0 ||
		lifetime_s == 0)
		lifetime_s = LIFETIME_S;
	if (lifetime_s > LIFETIME_LIMIT_S)
		lifetime_s = LIFETIME_LIMIT_S;
	uint64_t margin_ms = lifetime_s * 1000 / 4;
	grant->header = arena_printf(call->arena, "Bearer %s", token);
	grant->renew_ms =
		asked_ms + lifetime_s * 1000 - (margin_ms < MARGIN_MS ? margin_ms : MARGIN_MS);
	return 0;
}

struct answer {
	struct stream_sink sink;
	struct text text;
};

static int answer_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	(void)err;
	text_add_bytes(&((struct answer *)sink)->text, bytes, length);
	return 0;
}

static int ask(struct registry_call *call, const struct http_url *registry,
	const struct http_url *realm, const struct http_request *request,
	struct registry_grant *grant, struct err *err)
{
	struct answer answer = {{answer_write}, TEXT_INIT};
	struct http_response response;
	enum http_failure failure;
	const char *problem = "";
	uint64_t asked_ms = monotonic_ms();
	int result = http_fetch(call->connection, request, &answer.sink, call->arena, &response,
		&problem, &failure, err);
	if (result < 0) {
		registry_failure_of_transfer(failure, call->failure, err);
		err_wrap(err, "the token server of %s", registry->authority);
	} else if (response.status / 100 == 2) {
		result = take_answer(call, realm->authority, &answer.text, asked_ms, grant, err);
	} else {
		result = registry_failure_of_status(&response, problem, realm->authority,
			call->what, registry->authority, call->failure, err);
		if (response.status == 401)
			registry_login_explain(call, registry, err);
	}
	text_clear(&answer.text);
	return result;
}

int registry_token_get(struct registry_call *call, const struct http_url *registry,
	const struct http_url *realm, const struct auth_challenge *challenge,
	const struct credential *credential, struct registry_grant *grant, struct err *err)
{
	if (credential && credential->registry_token && is_token(credential->registry_token)) {
		grant->header = arena_printf(call->arena, "Bearer %s", credential->registry_token);
		return 0;
	}
	struct http_request request = make_request(call, realm, challenge, credential);
	return ask(call, registry, realm, &request, grant, err);
}
