/* HTTP responses: the same bytes in one piece and byte by byte are the same answer, within limits.
 */
#include "fuzz.h"

#include <string.h>

#include "http_response.h"

static int feed(struct http_response *response, const char *bytes, size_t length, size_t step,
	struct err *err)
{
	for (size_t at = 0; at < length; at += step) {
		size_t part = length - at < step ? length - at : step;
		if (http_response_feed(response, bytes + at, part, err) < 0)
			return -1;
	}
	return response->complete ? 0 : http_response_end(response, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_response whole, pieces;
	struct err err = ERR_INIT, other = ERR_INIT;
	AUTO(arena) arena = arena_new();
	http_response_init(&whole, arena);
	http_response_init(&pieces, arena);
	int status = feed(&whole, (const char *)data, size, size + 1, &err);
	FUZZ_PROMISE(feed(&pieces, (const char *)data, size, 1, &other) == status);
	FUZZ_PROMISE((status == 0) == whole.complete);
	FUZZ_PROMISE(status == 0 ||
		     (err.code == CODE_INPUT && err.text[0] && !strchr(err.text, '\x1b')));
	FUZZ_PROMISE(whole.body.length <= HTTP_BODY_LIMIT && whole.body.length <= size);
	FUZZ_PROMISE(whole.header_count <= HTTP_HEADERS_LIMIT);
	if (status == 0) {
		FUZZ_PROMISE(whole.status >= 200 && whole.status == pieces.status);
		FUZZ_PROMISE(whole.body.length == pieces.body.length &&
			     memcmp(whole.body.bytes, pieces.body.bytes, whole.body.length) == 0);
		FUZZ_PROMISE(whole.header_count == pieces.header_count);
		for (size_t i = 0; i < whole.header_count; i++)
			FUZZ_PROMISE(http_response_header(&whole, whole.headers[i].name) != NULL);
	}
	http_response_clear(&whole);
	http_response_clear(&pieces);
	return 0;
}
