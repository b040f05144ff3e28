/* Public keys on P-256: DER and PEM, and the proof that the point is on the curve. */
#include "public_key.h"

#include <string.h>

#include "mbedtls/base64.h"
#include "mbedtls/ecp.h"

#include "file_io.h"
#include "message.h"

/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of the point } (RFC 5480, 2). */
static const unsigned char der_head[PUBLIC_KEY_BYTES - PUBLIC_KEY_POINT_BYTES] = {0x30, 0x59, 0x30,
	0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----";
static const char pem_end[] = "-----END PUBLIC KEY-----";

const unsigned char *public_key_point(const struct public_key *key)
{
	return key->der + sizeof(der_head);
}

static bool is_on_curve(const unsigned char *bytes)
{
	mbedtls_ecp_group group;
	mbedtls_ecp_point point;
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&point);
	bool good =
		bytes[0] == 4 && mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
		mbedtls_ecp_point_read_binary(&group, &point, bytes, PUBLIC_KEY_POINT_BYTES) == 0 &&
		mbedtls_ecp_check_pubkey(&group, &point) == 0;
	mbedtls_ecp_point_free(&point);
	mbedtls_ecp_group_free(&group);
	return good;
}

bool public_key_from_point(struct public_key *out, const unsigned char *point)
{
	if (!is_on_curve(point))
		return false;
	memcpy(out->der, der_head, sizeof(der_head));
	memcpy(out->der + sizeof(der_head), point, PUBLIC_KEY_POINT_BYTES);
	return true;
}

bool public_key_from_der(struct public_key *out, const void *bytes, size_t length)
{
	return length == PUBLIC_KEY_BYTES && memcmp(bytes, der_head, sizeof(der_head)) == 0 &&
	       public_key_from_point(out, (const unsigned char *)bytes + sizeof(der_head));
}

static int no_public_key(const char *pem, const char *name, struct err *err)
{
	err_set(err, CODE_INPUT, "%s holds no public key", name);
	if (strstr(pem, "PRIVATE KEY-----"))
		return err_hint(err, "that is a private key, which stays with its owner; name the "
				     ".pub.pem beside it");
	if (strstr(pem, "-----BEGIN CERTIFICATE-----"))
		return err_hint(err, "that is a certificate; its key comes out with: openssl x509 "
				     "-pubkey -noout -in FILE");
	return err_hint(err, "it must begin with %s", pem_begin);
}

int public_key_parse(
	struct public_key *out, const char *pem, size_t length, const char *name, struct err *err)
{
	unsigned char der[1024];
	size_t written = 0;
	const char *begin = strlen(pem) == length ? strstr(pem, pem_begin) : NULL;
	const char *end = begin ? strstr(begin, pem_end) : NULL;
	if (!end)
		return no_public_key(pem, name, err);
	begin += sizeof(pem_begin) - 1;
	if (mbedtls_base64_decode(der, sizeof(der), &written, (const unsigned char *)begin,
		    (size_t)(end - begin)) == 0 &&
		public_key_from_der(out, der, written))
		return 0;
	err_set(err, CODE_INPUT, "%s is not a key on the curve P-256", name);
	return err_hint(err, "`hardtack keygen` makes such keys; so does: openssl ecparam -name "
			     "prime256v1 -genkey");
}

int public_key_read(struct public_key *out, const char *path, struct arena *arena, struct err *err)
{
	char *pem;
	size_t length;
	if (file_read_all(path, PUBLIC_KEY_FILE_LIMIT, arena, &pem, &length, err) < 0)
		return -1;
	return public_key_parse(out, pem, length, path, err);
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
	return memcmp(a->der, b->der, sizeof(a->der)) == 0;
}

void public_key_fingerprint(
	const struct public_key *key, char fingerprint[static SHA256_DIGEST_LENGTH + 1])
{
	struct sha256 sha256 = digest_sha256_of(key->der, sizeof(key->der));
	sha256_to_digest(&sha256, fingerprint);
}
