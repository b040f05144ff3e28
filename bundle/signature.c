/* ECDSA signatures: DER both ways, and the check, with Mbed TLS's arithmetic. */
#include "signature.h"

#include <string.h>

#include "mbedtls/ecdsa.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30 };

/* An unsigned number as a DER INTEGER: no zeros before it but the one that keeps it positive. */
static size_t encode_integer(const unsigned char *number, unsigned char *der)
{
	size_t skip = 0;
	while (skip < SIGNATURE_SCALAR_BYTES - 1 && number[skip] == 0)
		skip++;
	size_t sign = number[skip] >= 0x80, length = SIGNATURE_SCALAR_BYTES - skip;
	der[0] = DER_INTEGER;
	der[1] = (unsigned char)(sign + length);
	der[2] = 0;
	memcpy(der + 2 + sign, number + skip, length);
	return 2 + sign + length;
}

size_t signature_encode(
	const struct signature *signature, unsigned char der[static SIGNATURE_MOST_BYTES])
{
	size_t length = encode_integer(signature->r, der + 2);
	length += encode_integer(signature->s, der + 2 + length);
	der[0] = DER_SEQUENCE;
	der[1] = (unsigned char)length;
	return 2 + length;
}

/* Bytes that it took, or 0. Leniently: the comparison at the end judges the form. */
static size_t decode_integer(unsigned char *number, const unsigned char *der, size_t length)
{
	if (length < 3 || der[0] != DER_INTEGER || der[1] == 0 || der[1] > length - 2)
		return 0;
	size_t bytes = der[1];
	size_t sign = der[2] == 0 && bytes > 1;
	if (bytes - sign > SIGNATURE_SCALAR_BYTES)
		return 0;
	memset(number, 0, SIGNATURE_SCALAR_BYTES);
	memcpy(number + SIGNATURE_SCALAR_BYTES - (bytes - sign), der + 2 + sign, bytes - sign);
	return 2 + bytes;
}

bool signature_decode(struct signature *out, const void *bytes, size_t length)
{
	const unsigned char *der = bytes;
	unsigned char again[SIGNATURE_MOST_BYTES];
	struct signature signature;
	if (length < 2 || length > SIGNATURE_MOST_BYTES || der[0] != DER_SEQUENCE ||
		der[1] != length - 2)
		return false;
	size_t r = decode_integer(signature.r, der + 2, length - 2);
	size_t s = r ? decode_integer(signature.s, der + 2 + r, length - 2 - r) : 0;
	if (!s || 2 + r + s != length || signature_encode(&signature, again) != length ||
		memcmp(again, der, length) != 0)
		return false;
	*out = signature;
	return true;
}

bool signature_verify(const struct signature *signature, const struct public_key *key,
	const struct sha256 *digest)
{
	mbedtls_ecp_group group;
	mbedtls_ecp_point point;
	mbedtls_mpi r, s;
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&point);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	/* Numbers of 0, or of the group's order and above, are refused in there. */
	bool good = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
		    mbedtls_ecp_point_read_binary(
			    &group, &point, public_key_point(key), PUBLIC_KEY_POINT_BYTES) == 0 &&
		    mbedtls_mpi_read_binary(&r, signature->r, sizeof(signature->r)) == 0 &&
		    mbedtls_mpi_read_binary(&s, signature->s, sizeof(signature->s)) == 0 &&
		    mbedtls_ecdsa_verify(
			    &group, digest->bytes, sizeof(digest->bytes), &point, &r, &s) == 0;
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_ecp_point_free(&point);
	mbedtls_ecp_group_free(&group);
	return good;
}

size_t signature_document_encode(const struct public_key *key, const struct signature *signature,
	unsigned char out[static SIGNATURE_DOCUMENT_MOST_BYTES])
{
	memcpy(out, key->der, PUBLIC_KEY_BYTES);
	return PUBLIC_KEY_BYTES + signature_encode(signature, out + PUBLIC_KEY_BYTES);
}

int signature_document_verify(struct public_key *signer, const void *bytes, size_t length,
	const struct sha256 *digest, struct err *err)
{
	struct signature signature;
	if (length <= PUBLIC_KEY_BYTES || !public_key_from_der(signer, bytes, PUBLIC_KEY_BYTES) ||
		!signature_decode(&signature, (const unsigned char *)bytes + PUBLIC_KEY_BYTES,
			length - PUBLIC_KEY_BYTES))
		return err_set(err, CODE_INTEGRITY, "%s is not a key and a signature",
			SIGNATURE_MANIFEST_PATH);
	if (!signature_verify(&signature, signer, digest)) {
		err_set(err, CODE_INTEGRITY,
			"the manifest is not what was signed: the signature in %s does not fit it",
			SIGNATURE_MANIFEST_PATH);
		return err_hint(err, "do not use this file; get it again from who made it");
	}
	return 0;
}
