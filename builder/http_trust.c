/* Certificate bundles and the rules for certificates. */
#include "http_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"

#include "file_io.h"
#include "message.h"

enum { BUNDLE_LIMIT = 8 << 20 }; /* the public ones have 200 to 600 KiB */

/* Debian and Alpine; Fedora and RHEL; openSUSE; macOS and OpenBSD. */
static const char *const system_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static const struct {
	unsigned flag;
	const char *text;
} reasons[] = {
	{MBEDTLS_X509_BADCERT_CN_MISMATCH, N_T("it is for another host")},
	{MBEDTLS_X509_BADCERT_EXPIRED, N_T("it has expired (or this machine's clock is wrong)")},
	{MBEDTLS_X509_BADCERT_FUTURE,
		N_T("it is not valid yet (or this machine's clock is wrong)")},
	{MBEDTLS_X509_BADCERT_NOT_TRUSTED, N_T("nobody whom this machine trusts has signed it")},
	{MBEDTLS_X509_BADCERT_BAD_MD, N_T("its signature's hash is too weak")},
	{MBEDTLS_X509_BADCERT_BAD_KEY, N_T("its key is too short")},
};

static int add_file(struct text *pem, const char *path, struct arena *arena, struct err *err)
{
	char *bytes;
	size_t length;
	if (file_read_all(path, BUNDLE_LIMIT, arena, &bytes, &length, err) < 0)
		return -1;
	if (!strstr(bytes, "-----BEGIN CERTIFICATE-----"))
		return err_set(err, CODE_INPUT, "no certificate in %s", path);
	text_add_bytes(pem, bytes, length);
	text_add(pem, "\n");
	return 0;
}

/* Which file has the system's certificates; NULL: none. */
static const char *system_bundle(void)
{
	const char *own = getenv("SSL_CERT_FILE");
	if (own && *own)
		return own;
	for (size_t i = 0; i < ARRAY_SIZE(system_bundles); i++)
		if (access(system_bundles[i], R_OK) == 0)
			return system_bundles[i];
	return NULL;
}

int http_trust_read(
	struct http_trust *trust, const char *ca_file, struct arena *arena, struct err *err)
{
	AUTO_TEXT pem = TEXT_INIT;
	struct err missing = ERR_INIT;
	const char *bundle = system_bundle();
	if (ca_file && add_file(&pem, ca_file, arena, err) < 0) {
		err_hint(err, "--ca takes a file of certificates in PEM form");
		return err_wrap(err, "--ca %s", ca_file);
	}
	if (!bundle)
		trust->missing = T("no file of certificates was found on this machine");
	else if (add_file(&pem, bundle, arena, &missing) < 0)
		trust->missing = arena_strdup(arena, missing.text);
	/* With one of the two, those whom it names are trusted. */
	if (pem.length > 0)
		trust->missing = NULL;
	trust->length = pem.length;
	trust->pem = arena_strndup(arena, pem.bytes, pem.length);
	return 0;
}

static int collect(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	struct http_trust_verdict *verdict = context;
	(void)certificate;
	(void)depth;
	verdict->flags |= *flags;
	return 0;
}

void http_trust_configure(void *ssl_config, struct http_trust_verdict *verdict)
{
	verdict->flags = 0;
	mbedtls_ssl_conf_cert_profile(ssl_config, &mbedtls_x509_crt_profile_default);
	mbedtls_ssl_conf_verify(ssl_config, collect, verdict);
}

void http_trust_describe(const struct http_trust_verdict *verdict, struct text *out)
{
	const char *separator = "";
	unsigned left = verdict->flags;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!(left & reasons[i].flag))
			continue;
		left &= ~reasons[i].flag;
		text_addf(out, "%s%s", separator, message_translate(reasons[i].text));
		separator = T(", ");
	}
	if (left)
		text_addf(out, T("%sMbed TLS's reasons 0x%x"), separator, left);
}
