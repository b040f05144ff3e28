/*
 * The network as a verb was told to use it: options, HARDTACK_* variables, project file and the
 * user's config, made into clients and rules. The only place that knows their order (DESIGN.md
 * 1.1): flag > environment > project file > user's config > default. Of mirrors all count, in that
 * order; of the other settings the first that is said.
 *
 *     --mirror      HARDTACK_MIRRORS      mirrors:      REGISTRY=PLACE, by spaces or commas
 *     --ca          HARDTACK_CA           ca:
 *     --plain-http  HARDTACK_PLAIN_HTTP   plain_http:   hosts, by spaces or commas
 *     --limit-rate  HARDTACK_LIMIT_RATE   limit_rate:
 *     -j            HARDTACK_JOBS         jobs:
 */
#pragma once

#include <pthread.h>

#include "http_client.h"
#include "mirror_policy.h"
#include "options.h"
#include "project_file.h"
#include "registry_client.h"
#include "ui.h"

struct network {
	struct http_settings settings;
	struct mirror_policy policy;
	unsigned jobs; /* at least 1 */
	struct http_client *http;
	struct http_client
		*probe; /* gives up after seconds: for asking whether somebody is there */
	struct registry *registry;
	struct ui *ui;
	struct arena *arena;
	pthread_t owner;
	struct option_list notices; /* of other threads, until network_close() */
};

/* The settings alone, without any client. file may be NULL. */
int network_settings(struct network *network, const struct options *options,
	const struct project_file *file, struct arena *arena, struct err *err);

/* Settings and clients. network_close() is legal after a failure and on {0}. In between signals are
 * a flag (interrupt.h). */
int network_open(struct network *network, const struct options *options,
	const struct project_file *file, struct arena *arena, struct err *err);
void network_close(struct network *network);

/* Where warnings about logins go: at once when they arise on this thread, else at network_close().
 * After network_open(). */
void network_warn_through(struct network *network, struct ui *ui);
#define AUTO_NETWORK __attribute__((cleanup(network_close))) struct network
