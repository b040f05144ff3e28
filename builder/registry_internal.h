/* One call to a registry, and what registries consist of. Only registry_*.c include this. */
#pragma once

#include <pthread.h>

#include "auth_challenge.h"
#include "credential.h"
#include "http_url.h"
#include "registry_client.h"

/* Whether a host on loopback speaks TLS: asked once, as Docker does it. */
struct registry_scheme {
	const char *host;
	bool tls;
};

/* What goes into Authorization for a host and repository. */
struct registry_login {
	struct registry_login *next;
	const char *authority, *repository;
	struct auth_challenge challenge; /* the last one */
	char *header;                    /* NULL: none yet; heap */
	uint64_t renew_ms;               /* of the monotonic clock; UINT64_MAX: never */
	unsigned generation;             /* how many headers there were */
	bool busy;                       /* a thread gets the next one */
	unsigned failures;
	struct err err; /* of the last failure */
	struct registry_failure failure;
};

struct registry {
	struct http_client *http;
	struct credential_store *credentials;
	struct arena *arena;
	pthread_mutex_t lock; /* of what follows, and of the arena */
	struct registry_scheme *schemes;
	size_t scheme_count, scheme_capacity;
	struct registry_login *logins;
};

struct registry_call {
	struct registry *registry;
	struct http_connection *connection;
	const struct image_source *source;
	const char *path;            /* "/v2/…", or: */
	const char *url;             /* a plain file */
	const char *what;            /* for people */
	struct http_request request; /* url and authorization are set by registry_call() */
	struct stream_sink *sink;    /* of a 2xx; may be NULL */
	bool ping;                   /* a 401 is an answer too */
	struct arena *arena;
	struct http_response response; /* filled in */
	struct registry_failure *failure;
};

/* Makes it, with logins. 0: a 2xx came whole. */
int registry_call(struct registry_call *call, struct err *err);
