/*
 * Whom TLS trusts: the system's certificates ($SSL_CERT_FILE, else the first bundle of the usual
 * places) and the person's own (--ca). Only SHA-2 signatures and RSA keys from 2048 bits on; why a
 * certificate was refused is kept as text. The one file of the builder that includes mbedtls.
 */
#pragma once

#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "text.h"

struct http_trust {
	const char *pem; /* all certificates; NUL-terminated */
	size_t length;
	const char *missing; /* why there are none: a text for people, or NULL */
};

/* An unreadable --ca is CODE_INPUT. No system bundle is no error yet: `missing` says so when https
 * is needed. */
int http_trust_read(
	struct http_trust *trust, const char *ca_file, struct arena *arena, struct err *err);

/* What was wrong with the peer's certificate: bits of Mbed TLS, collected during a handshake. */
struct http_trust_verdict {
	unsigned flags;
};

/* Sets a connection up: ssl_config is an mbedtls_ssl_config. */
void http_trust_configure(void *ssl_config, struct http_trust_verdict *verdict);

/* "it has expired, it is for another host"; "" when nothing was wrong. */
void http_trust_describe(const struct http_trust_verdict *verdict, struct text *out);
