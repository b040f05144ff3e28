/*
 * What an HTTP answer of a registry means: kind, exit code, text, next step. Pure.
 */
#pragma once

#include "registry_client.h"

/* A status other than 2xx. name: the source for people; what: "library/postgres:17"; host: where a
 * login would be for. */
int registry_failure_of_status(const struct http_response *response, const char *problem,
	const char *name, const char *what, const char *host, struct registry_failure *out,
	struct err *err);

/* The same for a call that had no answer: err is http_fetch()'s own and stays. */
int registry_failure_of_transfer(
	enum http_failure failure, struct registry_failure *out, struct err *err);

/* It answered with something that is not the thing: CODE_INTEGRITY. Translates the reason. */
int registry_failure_wrong(struct registry_failure *out, const char *name, const char *what,
	const char *reason, struct err *err);
