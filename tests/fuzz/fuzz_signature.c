/* Keys and signatures: whatever is accepted has one form, and a document's key is a point. */
#include "fuzz.h"

#include <string.h>

#include "signature.h"

static void fuzz_der(const uint8_t *data, size_t size)
{
	struct signature signature;
	unsigned char again[SIGNATURE_MOST_BYTES];
	if (!signature_decode(&signature, data, size))
		return;
	FUZZ_PROMISE(signature_encode(&signature, again) == size);
	FUZZ_PROMISE(memcmp(again, data, size) == 0);
}

static void fuzz_document(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct public_key signer;
	struct sha256 digest = digest_sha256_of("sample", 6);
	if (signature_document_verify(&signer, data, size, &digest, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INTEGRITY && err.text[0]);
		return;
	}
	/* Behind a key that is right, another byte can only be wrong. */
	unsigned char copy[SIGNATURE_DOCUMENT_MOST_BYTES];
	memcpy(copy, data, size);
	copy[size - 1] ^= 1;
	FUZZ_PROMISE(signature_document_verify(&signer, copy, size, &digest, &err) < 0);
}

static void fuzz_pem(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct public_key key, again;
	if (public_key_parse(&key, arena_strndup(arena, (const char *)data, size), size, "fuzz",
		    &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0] && err.hint[0]);
		return;
	}
	FUZZ_PROMISE(public_key_from_der(&again, key.der, sizeof(key.der)));
	FUZZ_PROMISE(public_key_equal(&key, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_der(data, size);
	fuzz_document(data, size);
	fuzz_pem(data, size);
	return 0;
}
