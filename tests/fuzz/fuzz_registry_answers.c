/*
 * Registries and token servers that answer anything: every call of registry_client.h over answers
 * of the fuzzer's making. http_fetch() is this file's own (FUZZ_WRAP); heads go through
 * http_header.h as they do from the network.
 *
 * The first byte chooses the call; the rest is answers, each of them three digits, header lines, an
 * empty line, the body, 0xfe. Behind the last one nobody answers.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "http_header.h"
#include "registry_client.h"

int __wrap_http_fetch(struct http_connection *connection, const struct http_request *request,
	struct stream_sink *body, struct arena *arena, struct http_response *response,
	const char **problem, enum http_failure *failure, struct err *err);
bool __wrap_http_client_is_plain(
	const struct http_client *client, const char *host, unsigned port);

enum { BLOB = 40, OFFSET = 7, CALLS = 5 };

static const char *left, *end;
static unsigned requests;

static const char *line(size_t *length)
{
	const char *start = left;
	const char *stop = memchr(left, '\n', (size_t)(end - left));
	left = stop ? stop + 1 : end;
	*length = (size_t)(left - start);
	return start;
}

/* No answer of a server may put a line of its own into our next request. */
static void check_request(const struct http_request *request)
{
	const char *fields[] = {request->url, request->authorization, request->accept};
	for (size_t i = 0; i < 3; i++)
		for (const char *c = fields[i]; c && *c; c++)
			FUZZ_PROMISE((unsigned char)*c >= ' ' && *c != 0x7f);
	FUZZ_PROMISE(request->limit_bytes > 0);
	FUZZ_PROMISE(++requests < 20);
}

bool __wrap_http_client_is_plain(const struct http_client *client, const char *host, unsigned port)
{
	(void)client, (void)host, (void)port;
	return false;
}

static void take_head(struct http_response *response, struct arena *arena)
{
	size_t length;
	http_header_reset(response);
	response->final_host = "registry.example";
	response->status = 0;
	for (int i = 0; i < 3 && left < end && *left >= '0' && *left <= '9'; i++)
		response->status = response->status * 10 + (unsigned)(*left++ - '0');
	line(&length);
	while (left < end) {
		const char *start = line(&length);
		if (length <= 1 || *start == '\r')
			break;
		http_header_line(response, start, length, 0, arena);
	}
}

int __wrap_http_fetch(struct http_connection *connection, const struct http_request *request,
	struct stream_sink *body, struct arena *arena, struct http_response *response,
	const char **problem, enum http_failure *failure, struct err *err)
{
	(void)connection;
	check_request(request);
	*response = (struct http_response){.content_type = "",
		.content_digest = "",
		.authenticate = "",
		.location = "",
		.final_host = ""};
	const char *stop = memchr(left, '\xfe', (size_t)(end - left)), *real_end = end;
	end = stop ? stop : end;
	if (problem)
		*problem = "";
	take_head(response, arena);
	size_t length = (size_t)(end - left);
	const char *bytes = left;
	end = real_end;
	left = stop ? stop + 1 : end;
	*failure = HTTP_UNREACHABLE;
	if (response->status < 100)
		return err_set(err, CODE_NETWORK, "connect to %s: connection refused", request->url);
	*failure = HTTP_TOO_LONG;
	if (response->status / 100 == 2 && length > request->limit_bytes)
		return err_set(err, CODE_INTEGRITY, "%s sends too much", request->url);
	*failure = HTTP_SINK;
	response->body_bytes = length;
	if (response->status / 100 != 2) {
		if (problem)
			*problem = arena_strndup(arena, bytes, strnlen(bytes, length < 4096 ? length : 4096));
		return 0;
	}
	if (body && length > 0 && stream_write(body, bytes, length, err) < 0)
		return -1;
	*failure = HTTP_NO_FAILURE;
	return 0;
}

struct counter {
	struct stream_sink sink;
	uint64_t total;
};

static int count(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	(void)bytes, (void)err;
	((struct counter *)sink)->total += length;
	return 0;
}

static void try_call(struct registry *registry, unsigned call)
{
	static const char digest[] =
		"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
	static const struct image_source source = {.host = "registry.example",
		.repository = "library/app",
		.tag = "1",
		.name = "registry.example",
		.origin = true};
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct registry_failure failure;
	struct registry_manifest manifest = {0};
	struct counter counter = {{count}, 0};
	bool restarted;
	uint64_t number;
	int status;
	if (call < 2) {
		status = registry_get_manifest(registry, NULL, &source, call ? digest : "1", arena,
			&manifest, &failure, &err);
		if (status == 0) {
			FUZZ_PROMISE(manifest.length <= OCI_MANIFEST_LIMIT && manifest.media_type);
			FUZZ_PROMISE(!call || strcmp(manifest.digest, digest) == 0);
		}
	} else if (call == 2) {
		status = registry_get_blob(registry, NULL, &source, digest, BLOB, OFFSET,
			&restarted, &counter.sink, &failure, &err);
		if (status == 0)
			FUZZ_PROMISE(counter.total >= BLOB - OFFSET);
	} else if (call == 3) {
		status = registry_get_file(registry, NULL, "https://files.example/x", SIZE_MAX / 2,
			0, &restarted, &number, &counter.sink, &failure, &err);
	} else {
		status = registry_ping(registry, NULL, &source, &number, &failure, &err);
	}
	FUZZ_PROMISE(status == 0 || (err.code && err.text[0] && !strpbrk(err.text, "\x1b\r\x07")));
	FUZZ_PROMISE(failure.retry_after_ms <= (uint64_t)24 * 3600 * 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(registry) registry = NULL;
	struct err err = ERR_INIT;
	if (size == 0 || registry_new(&registry, NULL, "/nowhere/at/all", &err) < 0)
		return 0;
	left = (const char *)data + 1;
	end = (const char *)data + size;
	requests = 0;
	try_call(registry, data[0] % CALLS);
	return 0;
}
