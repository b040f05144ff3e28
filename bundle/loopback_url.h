/*
 * Addresses of http steps: plain http to this machine, nothing else.
 *
 *     http://127.0.0.1:3000/path?query     127.0.0.0/8, dotted
 *     http://[::1]:3000/                   or http://localhost:3000/ (127.0.0.1, then ::1; no DNS)
 *
 * The builder checks what it can see, the stub checks every address again before it connects.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"

struct loopback_url {
	const char *authority; /* as written: "127.0.0.1:3000", for the Host header */
	const char *target;    /* "/path?query", at least "/" */
	unsigned char v4[4];   /* when has_v4 */
	bool has_v4, has_v6;   /* localhost: both */
	unsigned port;         /* 80 when none is written */
};

/* CODE_INPUT for everything else: https, other hosts, user:password@, a fragment, characters that
 * an address must percent-encode. */
int loopback_url_parse(
	struct arena *arena, const char *text, struct loopback_url *out, struct err *err);
