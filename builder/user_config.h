/*
 * The user's own settings: $XDG_CONFIG_HOME/hardtack/config.yaml, else
 * ~/.config/hardtack/config.yaml (on macOS too). The last word before the defaults (DESIGN.md 1.1),
 * so that a team's project files stay free of one person's network.
 *
 *     mirrors:
 *       docker.io: [mirror.example]
 *     ca: /etc/ssl/company.pem       # relative: to this file's folder
 *     plain_http: [10.0.0.5:5000]
 *     limit_rate: 2M
 *     jobs: 4
 *
 * Strict: an unknown key or a wrong type is CODE_INPUT with file:line.
 */
#pragma once

#include "mirror_policy.h"

struct user_config {
	const char *path;
	struct mirror_policy mirrors;
	const char *ca_file; /* NULL: not said */
	struct option_list plain_http;
	uint64_t limit_rate_bytes_per_s; /* 0: not said */
	uint64_t jobs;                   /* 0: not said */
};

int user_config_parse(struct arena *arena, const char *path, const char *bytes, size_t length,
	struct user_config *out, struct err *err);

/* No file, or no place for one, is an empty config. */
int user_config_read(struct arena *arena, struct user_config *out, struct err *err);
