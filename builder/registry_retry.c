/* Small documents, asked for again while that may help. */
#include "registry_retry.h"

#include <string.h>

#include "digest.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"
#include "oci_image.h"
#include "registry_failure.h"
#include "text.h"

enum {
	FIRST_PAUSE_MS = 300,
	LONGEST_PAUSE_MS = 15000, /* of a registry's wish too: another source is asked then */
};

/* Waits for the next try. False: no further one. */
static bool wait_for_next(const struct registry_failure *failure, unsigned number, unsigned tries)
{
	uint64_t pause_ms = failure->retry_after_ms ? failure->retry_after_ms
						    : (uint64_t)FIRST_PAUSE_MS << (number - 1);
	if (failure->kind != REGISTRY_TRANSIENT && failure->kind != REGISTRY_LIMITED)
		return false;
	if (number >= tries || pause_ms > LONGEST_PAUSE_MS ||
		(failure->kind == REGISTRY_LIMITED && !failure->retry_after_ms))
		return false;
	uint64_t until = monotonic_ms() + pause_ms;
	for (uint64_t now; !interrupt_pending() && (now = monotonic_ms()) < until;)
		monotonic_sleep_ms((unsigned)(until - now));
	return !interrupt_pending();
}

/* The end of a failed call: an interrupt is the better reason. */
static int fail(struct registry_failure *failure, struct err *err)
{
	if (interrupt_pending()) {
		failure->kind = REGISTRY_LOCAL;
		err_clear(err);
		return interrupt_check(err);
	}
	return -1;
}

int registry_retry_manifest(const struct registry_retry *retry, const struct image_source *source,
	const char *reference, struct arena *arena, struct registry_manifest *out,
	struct registry_failure *failure, struct err *err)
{
	for (unsigned number = 1;; number++) {
		*failure = (struct registry_failure){0};
		if (registry_get_manifest(retry->registry, retry->connection, source, reference,
			    arena, out, failure, err) == 0)
			return 0;
		if (!wait_for_next(failure, number, retry->tries))
			return fail(failure, err);
		err_clear(err);
	}
}

struct document {
	struct stream_sink sink;
	struct text text;
};

static int take_bytes(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	(void)err;
	text_add_bytes(&((struct document *)sink)->text, bytes, length);
	return 0;
}

static int prove(const struct image_source *source, const struct text *text, const char *digest,
	uint64_t size_bytes, struct registry_failure *failure, struct err *err)
{
	char actual[SHA256_DIGEST_LENGTH + 1];
	struct sha256 sum = digest_sha256_of(text->bytes, text->length);
	sha256_to_digest(&sum, actual);
	if (text->length == size_bytes && strcmp(actual, digest) == 0)
		return 0;
	return registry_failure_wrong(
		failure, source->name, digest, N_T("what came has another digest"), err);
}

int registry_retry_blob(const struct registry_retry *retry, const struct image_source *source,
	const char *digest, uint64_t size_bytes, struct arena *arena, const char **bytes,
	struct registry_failure *failure, struct err *err)
{
	*failure = (struct registry_failure){.kind = REGISTRY_WRONG};
	if (size_bytes == 0 || size_bytes > OCI_DOCUMENT_LIMIT)
		return err_set(err, CODE_INPUT, "%s: a config of %llu bytes is none", source->name,
			(unsigned long long)size_bytes);
	for (unsigned number = 1;; number++) {
		struct document document = {{take_bytes}, TEXT_INIT};
		bool restarted = false;
		*failure = (struct registry_failure){0};
		int result = registry_get_blob(retry->registry, retry->connection, source, digest,
			size_bytes, 0, &restarted, &document.sink, failure, err);
		if (result == 0)
			result = prove(source, &document.text, digest, size_bytes, failure, err);
		if (result == 0)
			*bytes = arena_strndup(arena, document.text.bytes, document.text.length);
		text_clear(&document.text);
		if (result == 0)
			return 0;
		if (!wait_for_next(failure, number, retry->tries))
			return fail(failure, err);
		err_clear(err);
	}
}
