/* SHA-256 (FIPS 180-4) of our own, so that the signature check shares no code with the product. */
#pragma once
#include <stddef.h>

void sha256(const void *data, size_t size, unsigned char digest[32]);
