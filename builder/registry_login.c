/* Logins of a registry's hosts: who has one, who gets one, who waits for it. */
#include "registry_login.h"

#include <string.h>

#include "base64.h"
#include "interrupt.h"
#include "monotonic.h"
#include "registry_token.h"

enum { WAIT_MS = 20 };

static bool is_same_challenge(const struct auth_challenge *a, const struct auth_challenge *b)
{
	return a->scheme == b->scheme && strcmp(a->realm, b->realm) == 0 &&
	       strcmp(a->service, b->service) == 0 && strcmp(a->scope, b->scope) == 0;
}

/* The entry of this call's host and repository, made when it is not there; under the lock. */
static struct registry_login *find(struct registry_call *call, const struct http_url *url)
{
	struct registry *registry = call->registry;
	const char *repository = call->source->repository ? call->source->repository : "";
	for (struct registry_login *login = registry->logins; login; login = login->next)
		if (strcmp(login->authority, url->authority) == 0 &&
			strcmp(login->repository, repository) == 0)
			return login;
	struct registry_login *login = ARENA_NEW(registry->arena, struct registry_login);
	login->next = registry->logins;
	login->authority = arena_strdup(registry->arena, url->authority);
	login->repository = arena_strdup(registry->arena, repository);
	login->challenge = (struct auth_challenge){AUTH_OTHER, "", "", "", ""};
	login->renew_ms = UINT64_MAX;
	registry->logins = login;
	return login;
}

static void keep_challenge(struct registry *registry, struct registry_login *login,
	const struct auth_challenge *challenge)
{
	if (is_same_challenge(&login->challenge, challenge))
		return;
	login->challenge = (struct auth_challenge){
		.scheme = challenge->scheme,
		.realm = arena_strdup(registry->arena, challenge->realm),
		.service = arena_strdup(registry->arena, challenge->service),
		.scope = arena_strdup(registry->arena, challenge->scope),
		.error = "",
	};
}

/* A login may go there: to the host itself, or to a server that it named where nobody could have
 * changed the name, by a way on which nobody can read it. */
static bool may_send_login(const struct http_url *registry, const struct http_url *realm)
{
	if (http_url_same_origin(registry, realm))
		return true;
	return (registry->tls || http_url_is_loopback(registry->host)) &&
	       (realm->tls || http_url_is_loopback(realm->host));
}

static int get_basic(struct registry_call *call, const struct credential *credential,
	struct registry_grant *grant)
{
	if (!credential || !credential->username || !credential->password)
		return 0;
	const char *pair =
		arena_printf(call->arena, "%s:%s", credential->username, credential->password);
	grant->header = arena_printf(
		call->arena, "Basic %s", base64_encode(pair, strlen(pair), call->arena));
	return 0;
}

/* Gets what answers the challenge; grant->header stays NULL when there is nothing. */
static int get(struct registry_call *call, const struct http_url *url,
	const struct auth_challenge *challenge, struct registry_grant *grant, struct err *err)
{
	struct http_url realm;
	const struct credential *credential =
		credential_find(call->registry->credentials, url->authority);
	*grant = (struct registry_grant){.renew_ms = UINT64_MAX};
	if (interrupt_check(err) < 0) {
		call->failure->kind = REGISTRY_LOCAL;
		return -1;
	}
	if (challenge->scheme == AUTH_BASIC)
		return get_basic(call, credential, grant);
	call->failure->kind = REGISTRY_WRONG;
	if (http_url_parse(challenge->realm, call->arena, &realm, err) < 0)
		return err_wrap(err, "the token server of %s", url->authority);
	if (credential && !may_send_login(url, &realm)) {
		call->failure->kind = REGISTRY_UNAUTHORIZED;
		return err_set(err, CODE_CREDENTIALS,
			"%s wants its login sent to %s without encryption: it stays here",
			url->authority, realm.authority);
	}
	return registry_token_get(call, url, &realm, challenge, credential, grant, err);
}

/* Waits while another thread gets it. What was refused once is refused in this run: a wrong
 * password tried by every thread could lock the account. The lock is held before and after. */
static int wait_for(struct registry_call *call, struct registry_login *login, struct err *err)
{
	struct registry *registry = call->registry;
	unsigned failures = login->failures;
	while (login->busy) {
		pthread_mutex_unlock(&registry->lock);
		monotonic_sleep_ms(WAIT_MS);
		pthread_mutex_lock(&registry->lock);
		if (interrupt_check(err) < 0) {
			call->failure->kind = REGISTRY_LOCAL;
			return -1;
		}
	}
	if (login->failures == failures && login->failure.kind != REGISTRY_UNAUTHORIZED)
		return 0;
	*err = login->err;
	*call->failure = login->failure;
	return -1;
}

static void settle(struct registry_login *login, const struct registry_grant *grant, int result,
	const struct registry_call *call, const struct err *err)
{
	login->busy = false;
	if (result < 0) {
		login->failures++;
		login->err = *err;
		login->failure = *call->failure;
	} else if (grant->header) {
		free(login->header);
		login->header = xstrdup(grant->header);
		login->failure.kind = REGISTRY_OK;
		login->renew_ms = grant->renew_ms;
		login->generation++;
	}
}

/* The lock is held before and after. */
static int renew(struct registry_call *call, const struct http_url *url,
	struct registry_login *login, unsigned generation, const char **header, struct err *err)
{
	struct registry_grant grant = {0};
	*header = NULL;
	if (wait_for(call, login, err) < 0)
		return -1;
	if (login->generation != generation) {
		*header = arena_strdup(call->arena, login->header);
		return 0;
	}
	struct auth_challenge challenge = login->challenge;
	login->busy = true;
	pthread_mutex_unlock(&call->registry->lock);
	int result = get(call, url, &challenge, &grant, err);
	pthread_mutex_lock(&call->registry->lock);
	/* Basic: the same login again is no new try. */
	if (grant.header && login->header && strcmp(grant.header, login->header) == 0)
		grant.header = NULL;
	settle(login, &grant, result, call, err);
	if (result == 0 && grant.header)
		*header = grant.header;
	return result;
}

int registry_login_header(struct registry_call *call, const struct http_url *url,
	const char **header, unsigned *generation, struct err *err)
{
	struct registry *registry = call->registry;
	int result = 0;
	*header = NULL;
	pthread_mutex_lock(&registry->lock);
	struct registry_login *login = find(call, url);
	if (login->header && monotonic_ms() < login->renew_ms)
		*header = arena_strdup(call->arena, login->header);
	else if (login->header)
		result = renew(call, url, login, login->generation, header, err);
	*generation = login->generation;
	pthread_mutex_unlock(&registry->lock);
	return result;
}

int registry_login_answer(struct registry_call *call, const struct http_url *url,
	unsigned generation, const char **header, struct err *err)
{
	struct registry *registry = call->registry;
	struct auth_challenge challenges[AUTH_CHALLENGES];
	size_t count = auth_challenge_parse(call->response.authenticate, call->arena, challenges);
	const struct auth_challenge *challenge = auth_challenge_choose(challenges, count);
	*header = NULL;
	/* A plain file's server gets a login, but no dance with tokens. */
	if (!challenge || (call->url && challenge->scheme != AUTH_BASIC))
		return 0;
	pthread_mutex_lock(&registry->lock);
	struct registry_login *login = find(call, url);
	keep_challenge(registry, login, challenge);
	int result = renew(call, url, login, generation, header, err);
	pthread_mutex_unlock(&registry->lock);
	return result;
}

int registry_login_explain(struct registry_call *call, const struct http_url *url, struct err *err)
{
	const struct credential *credential =
		credential_find(call->registry->credentials, url->authority);
	if (credential)
		return err_wrap(err, "with the login from %s", credential->from);
	return err_wrap(err, "without a login (none for %s in %s)", url->authority,
		credential_store_path(call->registry->credentials));
}

void registry_login_free_all(struct registry *registry)
{
	for (struct registry_login *login = registry->logins; login; login = login->next)
		free(login->header);
}
