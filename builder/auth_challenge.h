/*
 * WWW-Authenticate (RFC 9110, 11.6.1): what a registry wants to see. Several challenges in a line,
 * quoted strings with escapes, unknown schemes and parameters: all read; what is malformed ends
 * the reading of its line. Pure: bytes from a stranger.
 *
 *     Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="…:pull"
 */
#pragma once

#include <stddef.h>

#include "arena.h"

enum { AUTH_CHALLENGES = 16 /* at most are read */ };

struct auth_challenge {
	enum auth_scheme { AUTH_OTHER, AUTH_BASIC, AUTH_BEARER } scheme;
	const char *realm, *service, *scope, *error; /* "" when not said */
};

/* header: one line, or several joined by "\n". Returns how many there are. */
size_t auth_challenge_parse(
	const char *header, struct arena *arena, struct auth_challenge out[AUTH_CHALLENGES]);

/* The one to answer: a Bearer with a realm, else a Basic; NULL: none that we know. */
const struct auth_challenge *auth_challenge_choose(
	const struct auth_challenge *challenges, size_t count);
