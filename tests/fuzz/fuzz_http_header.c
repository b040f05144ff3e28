/* A response's head: whatever comes, the fields are texts and numbers within their bounds. */
#include "fuzz.h"

#include <string.h>

#include "http_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct http_response response = {0};
	const char *at = (const char *)data, *end = at + size;
	http_header_reset(&response);
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = stop ? (size_t)(stop - at) + 1 : (size_t)(end - at);
		http_header_line(&response, at, length, 0, arena);
		at += length;
	}
	FUZZ_PROMISE(response.retry_after_s <= 24 * 3600 && response.rate_window_s <= 24 * 3600);
	FUZZ_PROMISE(!strpbrk(response.content_type, "; \tABCDEFGHIJKLMNOPQRSTUVWXYZ"));
	FUZZ_PROMISE(!strpbrk(response.location, "\n") && !strpbrk(response.content_digest, "\n"));
	FUZZ_PROMISE(strlen(response.authenticate) <= size);
	return 0;
}
