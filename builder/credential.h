/*
 * Logins that the person has already: Docker's config.json and its credential helpers.
 *
 * config.json lies in $DOCKER_CONFIG, else ~/.docker. For a host, in this order:
 *
 *     credHelpers[HOST], credsStore     docker-credential-NAME get, the host on its stdin
 *     auths[HOST]                       auth (base64 of user:password), username and password,
 *                                       identitytoken, registrytoken
 *
 * Docker Hub's name there is https://index.docker.io/v1/. Secrets never reach an argument list, a
 * log or an error text. A helper that is missing or fails is a notice, not an error: what is public
 * can be had without it.
 */
#pragma once

#include "arena.h"
#include "err.h"

struct credential {
	const char *username, *password;
	const char *identity_token; /* to be exchanged for tokens (OAuth 2 refresh) */
	const char *registry_token; /* a bearer token as it is */
	const char *from; /* for people: the path of config.json, "docker-credential-pass" */
};

/* Texts about helpers, for people. May be called from any thread, one at a time. */
typedef void credential_notice(void *context, const char *text);

struct credential_store;

/* directory NULL: the default. A missing file is an empty store; a malformed one CODE_INPUT. */
int credential_store_open(struct credential_store **out, const char *directory, struct err *err);
void credential_store_free(struct credential_store *store);
AUTO_DEFINE(credential_store);

void credential_store_on_notice(
	struct credential_store *store, credential_notice *notice, void *context);

/* The login for a host ("ghcr.io", "127.0.0.1:5000", "registry-1.docker.io"), or NULL: there is
 * none. A helper is asked once a host. Thread-safe; what is returned lives as long as the store. */
const struct credential *credential_find(struct credential_store *store, const char *host);

/* Where logins are looked for, for people: the path of config.json. */
const char *credential_store_path(const struct credential_store *store);

/* What `docker login` is given for this host. */
const char *credential_login_name(const char *host);
