/*
 * Authorization for registries: Basic, and Docker's tokens (anonymous, by password, by identity
 * token). A token is got by one thread, kept for all, and renewed before it ends.
 *
 * Laws: a login goes to the registry's own host, or to the token server that the registry itself
 * named over https (or from loopback); never to where a redirect led, never over plain http to
 * another host.
 */
#pragma once

#include "registry_internal.h"

/* What is known for this call's host and repository: *header, or NULL when nothing was asked for
 * yet. Renews a token that ends. *generation is for registry_login_answer(). */
int registry_login_header(struct registry_call *call, const struct http_url *url,
	const char **header, unsigned *generation, struct err *err);

/* After a 401: *header is what to try next, or NULL when there is nothing to try. */
int registry_login_answer(struct registry_call *call, const struct http_url *url,
	unsigned generation, const char **header, struct err *err);

/* Puts before the error of a 401 which login there was, or that there was none. Returns -1. */
int registry_login_explain(struct registry_call *call, const struct http_url *url, struct err *err);

void registry_login_free_all(struct registry *registry);
