/* Public keys, signatures and trusted keys: the vectors of RFC 6979, and everything that is none. */
#include "check.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "signature.h"
#include "signing_key.h"
#include "trusted_keys.h"

/* RFC 6979, A.2.5: the key, and the signatures of two messages with SHA-256. */
static const char rfc_scalar[] = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
static const char rfc_point[] = "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
				"7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
static const struct {
	const char *message, *r, *s;
} rfc_signatures[] = {
	{"sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
		"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
	{"test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
		"019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
};
static const char order[] = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

static void from_hex(unsigned char *out, const char *hex)
{
	for (; *hex; hex += 2) {
		char digits[3] = {hex[0], hex[1], 0};
		*out++ = (unsigned char)strtoul(digits, NULL, 16);
	}
}

static struct signing_key rfc_key(void)
{
	struct signing_key key;
	unsigned char point[PUBLIC_KEY_POINT_BYTES];
	from_hex(key.scalar, rfc_scalar);
	from_hex(point, rfc_point);
	CHECK(public_key_from_point(&key.public, point));
	return key;
}

static struct sha256 digest_of(const char *text)
{
	return digest_sha256_of(text, strlen(text));
}

TEST(signatures_are_those_of_rfc_6979)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key();
	for (size_t i = 0; i < 2; i++) {
		struct signature expected, made;
		struct sha256 digest = digest_of(rfc_signatures[i].message);
		from_hex(expected.r, rfc_signatures[i].r);
		from_hex(expected.s, rfc_signatures[i].s);
		CHECK_OK(signing_key_sign(&key, &digest, &made, &err));
		CHECK(memcmp(&made, &expected, sizeof(made)) == 0);
		CHECK(signature_verify(&expected, &key.public, &digest));
	}
}

TEST(another_message_key_or_number_is_no_signature)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key(), other;
	struct sha256 digest = digest_of("sample"), another = digest_of("Sample");
	struct signature good, bad;
	CHECK_OK(signing_key_generate(&other, &err));
	CHECK_OK(signing_key_sign(&key, &digest, &good, &err));
	CHECK(!signature_verify(&good, &key.public, &another));
	CHECK(!signature_verify(&good, &other.public, &digest));
	for (size_t bit = 0; bit < 8 * sizeof(good); bit += 13) {
		bad = good;
		((unsigned char *)&bad)[bit / 8] ^= (unsigned char)(1 << bit % 8);
		CHECK(!signature_verify(&bad, &key.public, &digest));
	}
}

TEST(numbers_of_zero_or_of_the_order_and_above_are_refused)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key();
	struct sha256 digest = digest_of("sample");
	struct signature good, bad;
	CHECK_OK(signing_key_sign(&key, &digest, &good, &err));
	for (int which = 0; which < 2; which++)
		for (int number = 0; number < 3; number++) {
			bad = good;
			unsigned char *at = which ? bad.s : bad.r;
			memset(at, number == 2 ? 0xff : 0, SIGNATURE_SCALAR_BYTES);
			if (number == 1)
				from_hex(at, order);
			CHECK(!signature_verify(&bad, &key.public, &digest));
		}
	/* r and the order added: the same residue, and still no number below the order. */
	bad = good;
	memset(bad.r, 0xff, sizeof(bad.r));
	CHECK(!signature_verify(&bad, &key.public, &digest));
}

TEST(der_has_one_form)
{
	unsigned char der[SIGNATURE_MOST_BYTES + 8];
	struct signature signature, back;
	memset(signature.r, 0x80, sizeof(signature.r));
	memset(signature.s, 0, sizeof(signature.s));
	signature.s[31] = 1;
	size_t length = signature_encode(&signature, der);
	CHECK_INT(length, 2 + 2 + 33 + 2 + 1);
	CHECK(signature_decode(&back, der, length));
	CHECK(memcmp(&back, &signature, sizeof(back)) == 0);
	for (size_t cut = 0; cut < length; cut++)
		CHECK(!signature_decode(&back, der, cut));
	CHECK(!signature_decode(&back, der, length + 1));
	static const unsigned char malformed[][16] = {
		{8, 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x81},       /* negative */
		{9, 0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x01}, /* a zero too many */
		{9, 0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}, /* a long length */
		{8, 0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01},       /* no sequence */
		{8, 0x30, 0x06, 0x02, 0x01, 0x01, 0x03, 0x01, 0x01},       /* no integer */
		{9, 0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00}, /* a byte behind */
		{7, 0x30, 0x05, 0x02, 0x00, 0x02, 0x01, 0x01},             /* an empty integer */
		{8, 0x30, 0x06, 0x02, 0x04, 0x01, 0x02, 0x01, 0x01},       /* one that is too long */
	};
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		CHECK(!signature_decode(&back, malformed[i] + 1, malformed[i][0]));
	static const unsigned char smallest[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	CHECK(signature_decode(&back, smallest, sizeof(smallest)));
}

TEST(a_document_s_signature_holds_its_key_and_fits_its_digest)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key(), other;
	struct sha256 digest = digest_of("manifest"), another = digest_of("Manifest");
	struct signature signature;
	struct public_key signer;
	unsigned char document[SIGNATURE_DOCUMENT_MOST_BYTES];
	CHECK_OK(signing_key_sign(&key, &digest, &signature, &err));
	size_t length = signature_document_encode(&key.public, &signature, document);
	CHECK_OK(signature_document_verify(&signer, document, length, &digest, &err));
	CHECK(public_key_equal(&signer, &key.public));
	CHECK_FAILS(signature_document_verify(&signer, document, length, &another, &err),
		CODE_INTEGRITY);
	for (size_t cut = 0; cut < length; cut += 7)
		CHECK_FAILS(signature_document_verify(&signer, document, cut, &digest, &err),
			CODE_INTEGRITY);
	/* Somebody else's key before our signature. */
	CHECK_OK(signing_key_generate(&other, &err));
	memcpy(document, other.public.der, PUBLIC_KEY_BYTES);
	CHECK_FAILS(signature_document_verify(&signer, document, length, &digest, &err),
		CODE_INTEGRITY);
	document[PUBLIC_KEY_BYTES - 1] ^= 1; /* a point beside the curve */
	CHECK_FAILS(signature_document_verify(&signer, document, length, &digest, &err),
		CODE_INTEGRITY);
}

/* ---- key files ---- */

static int parse(struct public_key *key, const char *pem, struct err *err)
{
	return public_key_parse(key, pem, strlen(pem), "k.pem", err);
}

TEST(public_keys_are_points_of_p_256_in_pem_and_nothing_else)
{
	struct err err = ERR_INIT;
	struct public_key key;
	CHECK_FAILS(parse(&key, "", &err), CODE_INPUT);
	CHECK_FAILS(parse(&key, "-----BEGIN PUBLIC KEY-----\n", &err), CODE_INPUT);
	CHECK_FAILS(parse(&key, "-----BEGIN PUBLIC KEY-----\nMF!\n-----END PUBLIC KEY-----\n", &err),
		CODE_INPUT);
	CHECK_FAILS(parse(&key, "-----BEGIN PRIVATE KEY-----\nMIGH\n", &err), CODE_INPUT);
	/* P-384, made by openssl. */
	CHECK_FAILS(
		parse(&key,
			"-----BEGIN PUBLIC KEY-----\n"
			"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqofKIr6LBTeOscce8yCtdG4dO2KLp5uY\n"
			"WfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3NhfeSpYmLG9dnpi/kpLcKfj0Hb0omhR8\n"
			"6doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f\n-----END PUBLIC KEY-----\n",
			&err),
		CODE_INPUT);
	unsigned char point[PUBLIC_KEY_POINT_BYTES] = {4};
	CHECK(!public_key_from_point(&key, point)); /* (0, 0) */
	from_hex(point, rfc_point);
	CHECK(public_key_from_point(&key, point));
	point[0] = 2;
	CHECK(!public_key_from_point(&key, point));
}

TEST(keys_survive_their_files_with_and_without_a_passphrase)
{
	struct err err = ERR_INIT;
	struct arena *arena = arena_new();
	struct signing_key key = rfc_key(), back;
	struct public_key public;
	struct passphrase_source nobody = {.ui = ui_new(&(struct ui_settings){.mode = UI_PLAIN})};
	struct passphrase_source right = {.file = "right"}, wrong = {.file = "wrong"};
	struct stat st;
	CHECK_OK(signing_key_write(&key, "plain.pem", NULL, &err));
	CHECK_OK(signing_key_write(&key, "locked.pem", "open sesame", &err));
	CHECK_OK(signing_key_write_public(&key, "public.pem", &err));
	CHECK(stat("plain.pem", &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_FAILS(signing_key_write(&key, "plain.pem", NULL, &err), CODE_USAGE);
	CHECK_FAILS(signing_key_write_public(&key, "public.pem", &err), CODE_USAGE);
	CHECK_OK(file_write_all("right", "open sesame\r\nsecond line\n", 25, 0600, &err));
	CHECK_OK(file_write_all("wrong", "Open sesame", 11, 0600, &err));

	CHECK_OK(signing_key_read(&back, "plain.pem", &nobody, &err));
	CHECK(memcmp(&back, &key, sizeof(key)) == 0);
	memset(&back, 0, sizeof(back));
	CHECK_OK(signing_key_read(&back, "locked.pem", &right, &err));
	CHECK(memcmp(&back, &key, sizeof(key)) == 0);
	CHECK_FAILS(signing_key_read(&back, "locked.pem", &wrong, &err), CODE_INPUT);
	CHECK_FAILS(signing_key_read(&back, "locked.pem", &nobody, &err), CODE_USAGE);
	CHECK_FAILS(signing_key_read(&back, "public.pem", &nobody, &err), CODE_INPUT);
	CHECK_OK(public_key_read(&public, "public.pem", arena, &err));
	CHECK(public_key_equal(&public, &key.public));
	CHECK_FAILS(public_key_read(&public, "plain.pem", arena, &err), CODE_INPUT);
	ui_free(nobody.ui);
	arena_free(arena);
}

TEST(the_variable_s_passphrase_is_taken_out_of_the_environment)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key(), back;
	struct passphrase_source source = {.ui = NULL};
	CHECK_OK(signing_key_write(&key, "locked.pem", "open sesame", &err));
	setenv("HARDTACK_KEY_PASSPHRASE", "open sesame", 1);
	CHECK_OK(signing_key_read(&back, "locked.pem", &source, &err));
	CHECK(getenv("HARDTACK_KEY_PASSPHRASE") == NULL);
}

TEST(a_process_that_read_a_key_leaves_no_core_file)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key(), back;
	struct passphrase_source source = {.ui = NULL};
	struct rlimit limit;
	CHECK_OK(signing_key_write(&key, "core.pem", NULL, &err));
	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0);
	rlim_t most = limit.rlim_max;
	limit.rlim_cur = most;
	CHECK(setrlimit(RLIMIT_CORE, &limit) == 0);
	CHECK_OK(signing_key_read(&back, "core.pem", &source, &err));
	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == most);
}

TEST(a_private_key_that_others_may_read_is_refused)
{
	struct err err = ERR_INIT;
	struct signing_key key = rfc_key(), back;
	struct passphrase_source source = {.ui = NULL};
	CHECK_OK(signing_key_write(&key, "k.pem", NULL, &err));
	CHECK(chmod("k.pem", 0640) == 0);
	CHECK_FAILS(signing_key_read(&back, "k.pem", &source, &err), CODE_INPUT);
	CHECK(chmod("k.pem", 0400) == 0);
	CHECK_OK(signing_key_read(&back, "k.pem", &source, &err));
}

/* ---- trusted keys ---- */

static void write_key(const char *path, const struct signing_key *key)
{
	struct err err = ERR_INIT;
	unlink(path);
	CHECK_OK(signing_key_write_public(key, path, &err));
}

TEST(a_folder_with_keys_demands_one_of_them)
{
	struct err err = ERR_INIT;
	struct arena *arena = arena_new();
	struct signing_key a, b, c;
	struct trusted_keys trusted;
	char home[4096];
	CHECK_OK(signing_key_generate(&a, &err));
	CHECK_OK(signing_key_generate(&b, &err));
	CHECK_OK(signing_key_generate(&c, &err));
	CHECK(getcwd(home, sizeof(home)) != NULL);
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HARDTACK_TRUSTED_KEYS");
	CHECK_OK(trusted_keys_read(&trusted, NULL, arena, &err));
	CHECK_INT(trusted.count, 0);
	CHECK_OK(trusted_keys_check(&trusted, NULL, "f", &err));

	CHECK_OK(file_make_directories(".config/hardtack/trusted-keys", 0755, &err));
	CHECK_OK(file_write_all(".config/hardtack/trusted-keys/README", "x", 1, 0644, &err));
	CHECK_OK(file_write_all(".config/hardtack/trusted-keys/._a.pem", "x", 1, 0644, &err));
	CHECK_OK(trusted_keys_read(&trusted, NULL, arena, &err));
	CHECK_INT(trusted.count, 0);
	write_key(".config/hardtack/trusted-keys/a.pem", &a);
	write_key(".config/hardtack/trusted-keys/b.pem", &b);
	CHECK_OK(trusted_keys_read(&trusted, NULL, arena, &err));
	CHECK_INT(trusted.count, 2);
	CHECK_OK(trusted_keys_check(&trusted, &a.public, "f", &err));
	CHECK_OK(trusted_keys_check(&trusted, &b.public, "f", &err));
	CHECK_FAILS(trusted_keys_check(&trusted, &c.public, "f", &err), CODE_INTEGRITY);
	CHECK_FAILS(trusted_keys_check(&trusted, NULL, "f", &err), CODE_INTEGRITY);

	write_key("c.pem", &c); /* the named one counts alone */
	CHECK_OK(trusted_keys_read(&trusted, "c.pem", arena, &err));
	CHECK_OK(trusted_keys_check(&trusted, &c.public, "f", &err));
	CHECK_FAILS(trusted_keys_check(&trusted, &a.public, "f", &err), CODE_INTEGRITY);
	arena_free(arena);
}

TEST(a_folder_that_cannot_be_believed_stops_the_program)
{
	struct err err = ERR_INIT;
	struct arena *arena = arena_new();
	struct signing_key a;
	struct trusted_keys trusted;
	CHECK_OK(signing_key_generate(&a, &err));
	setenv("HARDTACK_TRUSTED_KEYS", "keys", 1);
	CHECK_FAILS(trusted_keys_read(&trusted, NULL, arena, &err), CODE_INPUT); /* not there */
	CHECK_OK(file_make_directories("keys", 0755, &err));
	CHECK_FAILS(trusted_keys_read(&trusted, NULL, arena, &err), CODE_INPUT); /* empty */
	write_key("keys/a.pem", &a);
	CHECK_OK(trusted_keys_read(&trusted, NULL, arena, &err));
	CHECK_OK(file_write_all("keys/b.pem", "not a key\n", 10, 0644, &err));
	CHECK_FAILS(trusted_keys_read(&trusted, NULL, arena, &err), CODE_INPUT);
	CHECK(unlink("keys/b.pem") == 0 && chmod("keys/a.pem", 0666) == 0);
	CHECK_FAILS(trusted_keys_read(&trusted, NULL, arena, &err), CODE_INPUT);
	CHECK(chmod("keys/a.pem", 0644) == 0 && chmod("keys", 0777) == 0);
	CHECK_FAILS(trusted_keys_read(&trusted, NULL, arena, &err), CODE_INPUT);
	unsetenv("HARDTACK_TRUSTED_KEYS");
	arena_free(arena);
}
