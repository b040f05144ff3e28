/* Mbed TLS's configuration: SHA-256, ECDSA on P-256 with RFC 6979, keys in PEM, and nothing else. */
/*
 * scripts/build_deps.sh installs this file as mbedtls/mbedtls_config.h, so that the library and whoever
 * includes it agree. TLS (libcurl's back end) adds its own block at the end when it comes.
 */
#pragma once

/* The machine and its C library. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C

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

/* Keys and signatures as bytes: DER, PEM (without encryption), SEC1 and PKCS#8. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PEM_WRITE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
