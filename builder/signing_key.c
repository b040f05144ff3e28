/* Private keys: PEM both ways, and RFC 6979 signatures, with Mbed TLS. */
#include "signing_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "mbedtls/aes.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ecdsa.h"
#include "mbedtls/entropy.h"
#include "mbedtls/error.h"
#include "mbedtls/pem.h"
#include "mbedtls/pk.h"
#include "mbedtls/pkcs5.h"
#include "mbedtls/platform_util.h"

#include "file_io.h"
#include "message.h"

enum {
	KEY_FILE_LIMIT = 16 << 10,
	INNER_BYTES = 138,  /* PrivateKeyInfo */
	PADDED_BYTES = 144, /* to whole AES blocks */
	SALT_BYTES = 16,
	BLOCK_BYTES = 16,
	ITERATIONS = 600000, /* half a second; what OWASP asks for of PBKDF2-HMAC-SHA256 */
};

void signing_key_clear(struct signing_key *key)
{
	mbedtls_platform_zeroize(key, sizeof(*key));
}

/* From here on the process holds a secret: a crash must not leave it in a file. */
static void forbid_core_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &limit);
	}
}

static int library_failed(struct err *err, int result)
{
	char text[128];
	mbedtls_strerror(result, text, sizeof(text));
	return err_set(err, CODE_BUG, "the cryptographic library failed: %s", text);
}

/* ---- random numbers: the system's, through the library's generator ---- */

struct random {
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context generator;
};

static int random_init(struct random *random, struct err *err)
{
	mbedtls_entropy_init(&random->entropy);
	mbedtls_ctr_drbg_init(&random->generator);
	int result = mbedtls_ctr_drbg_seed(
		&random->generator, mbedtls_entropy_func, &random->entropy, NULL, 0);
	return result == 0 ? 0 : library_failed(err, result);
}

static void random_clear(struct random *random)
{
	mbedtls_ctr_drbg_free(&random->generator);
	mbedtls_entropy_free(&random->entropy);
}

/* ---- keys ---- */

/* The scalar of a pair on P-256, and the public key computed from it: what a file says about its
 * own public key is not believed. */
static int take_pair(
	struct signing_key *key, mbedtls_ecp_keypair *pair, struct random *random, int *result)
{
	unsigned char point[PUBLIC_KEY_POINT_BYTES];
	size_t length;
	*result = mbedtls_ecp_write_key_ext(pair, &length, key->scalar, sizeof(key->scalar));
	if (*result == 0)
		*result = mbedtls_ecp_keypair_calc_public(
			pair, mbedtls_ctr_drbg_random, &random->generator);
	if (*result == 0)
		*result = mbedtls_ecp_write_public_key(
			pair, MBEDTLS_ECP_PF_UNCOMPRESSED, &length, point, sizeof(point));
	return *result == 0 && public_key_from_point(&key->public, point) ? 0 : -1;
}

int signing_key_generate(struct signing_key *key, struct err *err)
{
	struct random random;
	mbedtls_ecp_keypair pair;
	forbid_core_files();
	int result = 0, status = random_init(&random, err);
	mbedtls_ecp_keypair_init(&pair);
	if (status == 0)
		result = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, &pair,
			mbedtls_ctr_drbg_random, &random.generator);
	if (status == 0 && (result != 0 || take_pair(key, &pair, &random, &result) < 0))
		status = library_failed(err, result);
	mbedtls_ecp_keypair_free(&pair);
	random_clear(&random);
	return status;
}

static int sign(mbedtls_ecp_group *group, const struct signing_key *key,
	const struct sha256 *digest, struct signature *out, struct random *random)
{
	mbedtls_mpi d, r, s;
	mbedtls_mpi_init(&d);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	int result = mbedtls_mpi_read_binary(&d, key->scalar, sizeof(key->scalar));
	if (result == 0)
		result = mbedtls_ecdsa_sign_det_ext(group, &r, &s, &d, digest->bytes,
			sizeof(digest->bytes), MBEDTLS_MD_SHA256, mbedtls_ctr_drbg_random,
			&random->generator);
	if (result == 0)
		result = mbedtls_mpi_write_binary(&r, out->r, sizeof(out->r));
	if (result == 0)
		result = mbedtls_mpi_write_binary(&s, out->s, sizeof(out->s));
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&d);
	return result;
}

int signing_key_sign(const struct signing_key *key, const struct sha256 *digest,
	struct signature *out, struct err *err)
{
	struct random random; /* only hides the computation from who measures it */
	mbedtls_ecp_group group;
	int result = 0, status = random_init(&random, err);
	mbedtls_ecp_group_init(&group);
	if (status == 0)
		result = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
	if (status == 0 && result == 0)
		result = sign(&group, key, digest, out, &random);
	if (status == 0 && result != 0)
		status = library_failed(err, result);
	mbedtls_ecp_group_free(&group);
	random_clear(&random);
	/* A fault of the machine in between could give the key away (and would be no signature). */
	BUG_ON(status == 0 && !signature_verify(out, &key->public, digest));
	return status;
}

/* ---- reading ---- */

static int not_a_key(const char *path, struct err *err)
{
	err_set(err, CODE_INPUT, "%s holds no private key on the curve P-256", path);
	return err_hint(err, "`hardtack keygen` makes such keys; so does: openssl ecparam -name "
			     "prime256v1 -genkey");
}

static int parse(struct signing_key *key, const char *path, const char *pem, size_t length,
	const struct passphrase *passphrase, struct random *random, struct err *err)
{
	mbedtls_pk_context pk;
	mbedtls_pk_init(&pk);
	size_t secret = passphrase ? strlen(passphrase->text) : 0;
	int status = 0, result = mbedtls_pk_parse_key(&pk, (const unsigned char *)pem, length + 1,
				secret ? (const unsigned char *)passphrase->text : NULL, secret,
				mbedtls_ctr_drbg_random, &random->generator);
	/* Of the two formats only one notices by itself that what came out is no key. */
	if (result != 0 && passphrase)
		status = err_set(err, CODE_INPUT,
			"the passphrase does not open %s (or the file is damaged)", path);
	else if (result != 0 || mbedtls_pk_get_type(&pk) != MBEDTLS_PK_ECKEY ||
		 mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(pk)) != MBEDTLS_ECP_DP_SECP256R1 ||
		 take_pair(key, mbedtls_pk_ec(pk), random, &result) < 0)
		status = not_a_key(path, err);
	mbedtls_pk_free(&pk);
	return status;
}

static int open_key(struct signing_key *key, const char *path, const char *pem, size_t length,
	const struct passphrase_source *source, struct err *err)
{
	AUTO_PASSPHRASE passphrase = {{0}};
	struct random random;
	bool encrypted = strstr(pem, "ENCRYPTED") != NULL;
	/* Without this armour the library would guess at other formats. */
	if (strlen(pem) != length || !strstr(pem, "PRIVATE KEY-----"))
		return not_a_key(path, err);
	if (encrypted && passphrase_get(&passphrase, source, path, err) < 0)
		return -1;
	int status = random_init(&random, err);
	if (status == 0)
		status =
			parse(key, path, pem, length, encrypted ? &passphrase : NULL, &random, err);
	random_clear(&random);
	return status;
}

static int check_mode(const struct stat *st, const char *path, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", path);
	if (st->st_size > KEY_FILE_LIMIT)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %d bytes", path,
			KEY_FILE_LIMIT);
	if ((st->st_mode & 077) == 0)
		return 0;
	err_set(err, CODE_INPUT, "the private key %s may be read by others (mode %04o)", path,
		(unsigned)(st->st_mode & 07777));
	return err_hint(err, "chmod 600 '%s'", path);
}

int signing_key_read(struct signing_key *key, const char *path,
	const struct passphrase_source *source, struct err *err)
{
	struct stat st;
	char pem[KEY_FILE_LIMIT + 1];
	forbid_core_files();
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	if (check_mode(&st, path, err) < 0)
		return -1;
	size_t length = (size_t)st.st_size;
	int status = file_pread(fd, path, pem, length, 0, err);
	pem[length] = '\0';
	if (status == 0)
		status = open_key(key, path, pem, length, source, err);
	mbedtls_platform_zeroize(pem, sizeof(pem));
	return status;
}

/* ---- writing ---- */

int signing_key_check_new(const char *path, struct err *err)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return 0;
	err_set(err, CODE_USAGE, "%s exists already", path);
	return err_hint(err, "keys are never overwritten: choose another name");
}

static int write_pem(const char *path, const char *label, const unsigned char *der, size_t length,
	mode_t mode, struct err *err)
{
	unsigned char pem[1024];
	char begin[64], end[64];
	size_t written = 0;
	snprintf(begin, sizeof(begin), "-----BEGIN %s-----\n", label);
	snprintf(end, sizeof(end), "-----END %s-----\n", label);
	BUG_ON(mbedtls_pem_write_buffer(begin, end, der, length, pem, sizeof(pem), &written) != 0);
	int status = signing_key_check_new(path, err);
	if (status == 0)
		status = file_write_all(path, pem, written - 1, mode, err); /* it counts the NUL */
	mbedtls_platform_zeroize(pem, sizeof(pem));
	return status;
}

/* PrivateKeyInfo { 0, { id-ecPublicKey, prime256v1 }, ECPrivateKey { 1, scalar, [1] point } }. */
static void encode_inner(const struct signing_key *key, unsigned char der[INNER_BYTES])
{
	static const unsigned char head[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
		0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
	static const unsigned char middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
	unsigned char *at = der;
	memcpy(at, head, sizeof(head));
	at += sizeof(head);
	memcpy(at, key->scalar, sizeof(key->scalar));
	at += sizeof(key->scalar);
	memcpy(at, middle, sizeof(middle));
	at += sizeof(middle);
	memcpy(at, public_key_point(&key->public), PUBLIC_KEY_POINT_BYTES);
	BUG_ON(at + PUBLIC_KEY_POINT_BYTES != der + INNER_BYTES);
}

/*
 * EncryptedPrivateKeyInfo: PBES2 { PBKDF2 { salt, iterations, hmacWithSHA256 }, aes256-CBC { iv } }
 * and the encrypted bytes. All lengths are fixed, so it is a form to fill in.
 */
static const unsigned char outer_salt[] = {0x30, 0x81, 0xf5, 0x30, 0x60, 0x06, 0x09, 0x2a, 0x86,
	0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d, 0x30, 0x53, 0x30, 0x32, 0x06, 0x09, 0x2a, 0x86,
	0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c, 0x30, 0x25, 0x04, SALT_BYTES};
static const unsigned char outer_iv[] = {0x02, 0x03, ITERATIONS >> 16, (ITERATIONS >> 8) & 0xff,
	ITERATIONS & 0xff, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09,
	0x05, 0x00, 0x30, 0x1d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a,
	0x04, BLOCK_BYTES};
static const unsigned char outer_data[] = {0x04, 0x81, PADDED_BYTES};

enum {
	SALT_AT = sizeof(outer_salt),
	IV_AT = SALT_AT + SALT_BYTES + sizeof(outer_iv),
	DATA_AT = IV_AT + BLOCK_BYTES + sizeof(outer_data),
	OUTER_BYTES = DATA_AT + PADDED_BYTES,
};
_Static_assert(OUTER_BYTES == 3 + 0xf5, "the lengths in the form are right");

/* Encrypts in place of DATA_AT, where the padded key is, with the salt and iv in the form. */
static int encrypt_form(unsigned char der[OUTER_BYTES], const char *passphrase)
{
	unsigned char secret[32], iv[BLOCK_BYTES];
	mbedtls_aes_context aes;
	mbedtls_aes_init(&aes);
	memcpy(iv, der + IV_AT, sizeof(iv)); /* the cipher works on it */
	int result = mbedtls_pkcs5_pbkdf2_hmac_ext(MBEDTLS_MD_SHA256,
		(const unsigned char *)passphrase, strlen(passphrase), der + SALT_AT, SALT_BYTES,
		ITERATIONS, sizeof(secret), secret);
	if (result == 0)
		result = mbedtls_aes_setkey_enc(&aes, secret, 8 * sizeof(secret));
	if (result == 0)
		result = mbedtls_aes_crypt_cbc(
			&aes, MBEDTLS_AES_ENCRYPT, PADDED_BYTES, iv, der + DATA_AT, der + DATA_AT);
	mbedtls_aes_free(&aes);
	mbedtls_platform_zeroize(secret, sizeof(secret));
	return result;
}

static int fill_outer(
	unsigned char der[OUTER_BYTES], const unsigned char *inner, struct random *random)
{
	memcpy(der, outer_salt, sizeof(outer_salt));
	memcpy(der + SALT_AT + SALT_BYTES, outer_iv, sizeof(outer_iv));
	memcpy(der + IV_AT + BLOCK_BYTES, outer_data, sizeof(outer_data));
	memcpy(der + DATA_AT, inner, INNER_BYTES);
	memset(der + DATA_AT + INNER_BYTES, PADDED_BYTES - INNER_BYTES, PADDED_BYTES - INNER_BYTES);
	int result = mbedtls_ctr_drbg_random(&random->generator, der + SALT_AT, SALT_BYTES);
	return result ? result
		      : mbedtls_ctr_drbg_random(&random->generator, der + IV_AT, BLOCK_BYTES);
}

static int write_encrypted(
	const char *path, const unsigned char *inner, const char *passphrase, struct err *err)
{
	struct random random;
	unsigned char der[OUTER_BYTES];
	int status = random_init(&random, err);
	int result = status == 0 ? fill_outer(der, inner, &random) : 0;
	if (status == 0 && result == 0)
		result = encrypt_form(der, passphrase);
	random_clear(&random);
	if (status == 0 && result != 0)
		status = library_failed(err, result);
	if (status == 0)
		status = write_pem(path, "ENCRYPTED PRIVATE KEY", der, sizeof(der), 0600, err);
	mbedtls_platform_zeroize(der, sizeof(der));
	return status;
}

int signing_key_write(
	const struct signing_key *key, const char *path, const char *passphrase, struct err *err)
{
	unsigned char inner[INNER_BYTES];
	encode_inner(key, inner);
	int status = passphrase && *passphrase
			     ? write_encrypted(path, inner, passphrase, err)
			     : write_pem(path, "PRIVATE KEY", inner, sizeof(inner), 0600, err);
	mbedtls_platform_zeroize(inner, sizeof(inner));
	return status;
}

int signing_key_write_public(const struct signing_key *key, const char *path, struct err *err)
{
	return write_pem(path, "PUBLIC KEY", key->public.der, sizeof(key->public.der), 0644, err);
}
