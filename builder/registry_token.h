/* Docker's token servers (distribution-spec's "token authentication"; OAuth 2 for identity tokens).
 */
#pragma once

#include "registry_internal.h"

struct registry_grant {
	const char *header; /* "Bearer …": a secret; NULL: none */
	uint64_t renew_ms;  /* of the monotonic clock */
};

/* Asks the realm for a token to pull the call's repository; credential may be NULL (anonymous). */
int registry_token_get(struct registry_call *call, const struct http_url *registry,
	const struct http_url *realm, const struct auth_challenge *challenge,
	const struct credential *credential, struct registry_grant *grant, struct err *err);
