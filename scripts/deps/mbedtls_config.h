/* Mbed TLS's configuration: SHA-256, ECDSA with RFC 6979, keys in PEM, and a TLS client. */
/*
 * scripts/build_deps.sh installs this file as mbedtls/mbedtls_config.h, so that the library and whoever
 * includes it agree. The last block is for TLS, libcurl's back end: the stub names none of it, so none of it
 * is linked into the stub.
 */
#pragma once

/* The machine and its C library. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
/* No division of 128 bits: on macOS it would be a call into a library of the system. */
#define MBEDTLS_NO_UDBL_DIVISION

/* SHA-256. On arm64 with the processor's instructions: every Apple chip has them; a Linux machine is asked. */
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#if defined(__aarch64__) && defined(__APPLE__)
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_ONLY
#elif defined(__aarch64__)
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#endif

/* ECDSA on P-256. The nonce comes from the key and the message (RFC 6979), so signatures are reproducible. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDSA_DETERMINISTIC
#define MBEDTLS_HMAC_DRBG_C

/* Random bytes from the system: for new keys, and for blinding. */
#define MBEDTLS_ENTROPY_C
#define MBEDTLS_ENTROPY_FORCE_SHA256

/*
 * Keys and signatures as bytes: DER, PEM, SEC1 and PKCS#8; private keys under a passphrase too, in the forms that
 * openssl writes (PBES2 with AES-CBC, and the traditional one, whose key comes from MD5).
 */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PEM_WRITE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_PKCS5_C
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_PADDING_PKCS7
#define MBEDTLS_MD5_C

/*
 * A TLS 1.2 client: ECDHE with RSA or ECDSA certificates, AES-GCM and ChaCha20-Poly1305. No TLS 1.3: it would
 * bring all of PSA (some 100 KiB and a global key store that threads share), and every registry still speaks 1.2.
 */
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
/* Named one by one: AES-CBC, which keys need, would bring its suites along. */
#define MBEDTLS_SSL_CIPHERSUITES                                                                                \
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, \
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,     \
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED

/* Ciphers, with the processor's instructions where it has them. Tables are constants: nothing to set up in threads. */
#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#if defined(__x86_64__)
#define MBEDTLS_AESNI_C
#elif defined(__aarch64__)
#define MBEDTLS_AESCE_C
#endif
#define MBEDTLS_GCM_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_CTR_DRBG_C

/* Certificates with their times. SHA-1 is only for reading old roots: http_trust.c accepts no such signature. */
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE

/* Errors as text, for the person. */
#define MBEDTLS_ERROR_C
