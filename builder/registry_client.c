/* Manifests and blobs of a registry, plain files, and whether it is one at all. */
#include "registry_client.h"

#include <pthread.h>
#include <string.h>

#include "digest.h"
#include "json.h"
#include "message.h"
#include "monotonic.h"
#include "oci_image.h"
#include "registry_failure.h"
#include "registry_internal.h"
#include "registry_login.h"

static const char accept_manifests[] = "application/vnd.oci.image.index.v1+json, "
				       "application/vnd.docker.distribution.manifest.list.v2+json, "
				       "application/vnd.oci.image.manifest.v1+json, "
				       "application/vnd.docker.distribution.manifest.v2+json";

int registry_new(
	struct registry **out, struct http_client *http, const char *docker_config, struct err *err)
{
	AUTO(registry) registry = xmalloc(sizeof(*registry));
	*registry = (struct registry){.http = http, .arena = arena_new()};
	pthread_mutex_init(&registry->lock, NULL);
	if (credential_store_open(&registry->credentials, docker_config, err) < 0)
		return -1;
	*out = TAKE(registry);
	return 0;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	registry_login_free_all(registry);
	credential_store_free(registry->credentials);
	pthread_mutex_destroy(&registry->lock);
	arena_free(registry->arena);
	free(registry);
}

void registry_on_notice(
	struct registry *registry, void (*notice)(void *context, const char *text), void *context)
{
	credential_store_on_notice(registry->credentials, notice, context);
}

/* ---- bodies ---- */

/* A small document, whole in memory; http_fetch() bounds it. */
struct document {
	struct stream_sink sink;
	struct text text;
};

static int document_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	(void)err;
	text_add_bytes(&((struct document *)sink)->text, bytes, length);
	return 0;
}

/* A blob or file on its way to the caller's sink, judged before its first byte. */
struct body {
	struct stream_sink sink;
	struct stream_sink *to;
	const struct http_response *response;
	const char *name, *what;
	uint64_t offset;
	bool *restarted;
	bool begun;
	bool html_is_fine; /* a plain file may be a web page */
	struct registry_failure *failure;
};

static int body_begin(struct body *body, struct err *err)
{
	const struct http_response *response = body->response;
	body->begun = true;
	if (!body->html_is_fine && strcmp(response->content_type, "text/html") == 0)
		return registry_failure_wrong(
			body->failure, body->name, body->what, N_T("what came is a web page"), err);
	if (body->offset == 0)
		return 0;
	if (response->status == 200)
		*body->restarted = true;
	else if (response->range_begin != body->offset)
		return registry_failure_wrong(body->failure, body->name, body->what,
			N_T("what came is another part of it"), err);
	return 0;
}

static int body_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct body *body = (struct body *)sink;
	if (!body->begun && body_begin(body, err) < 0)
		return -1;
	return stream_write(body->to, bytes, length, err);
}

/* ---- manifests ---- */

/* Is it JSON, of a kind that we take? Finds the document's own media type. */
static int judge_manifest(struct registry_manifest *out, const char *name, const char *what,
	struct arena *arena, struct registry_failure *failure, struct err *err)
{
	struct err details = ERR_INIT;
	struct json root;
	const char *type = NULL;
	uint64_t version = 0;
	if (out->length == 0)
		return registry_failure_wrong(failure, name, what, N_T("what came is empty"), err);
	if (json_parse(out->bytes, out->length, "manifest", OCI_MANIFEST_LIMIT, arena, &root,
		    &details) < 0 ||
		!json_is_object(root))
		return registry_failure_wrong(failure, name, what,
			strcmp(out->media_type, "text/html") == 0 ? N_T("what came is a web page")
								  : N_T("what came is no manifest"),
			err);
	if (json_get_string_or(root, "mediaType", NULL, &type, &details) == 0 && type)
		out->media_type = type;
	if (json_get_u64_or(root, "schemaVersion", 0, &version, &details) == 0 && version == 1) {
		failure->kind = REGISTRY_WRONG;
		err_set(err, CODE_INPUT, "%s has %s only in Docker's old format (schema 1)", name,
			what);
		return err_hint(err,
			"push the image again with a Docker of this decade, or take another tag");
	}
	return 0;
}

static int take_manifest(const struct text *body, const struct http_response *response,
	const char *reference, const char *name, const char *what, struct arena *arena,
	struct registry_manifest *out, struct registry_failure *failure, struct err *err)
{
	char digest[SHA256_DIGEST_LENGTH + 1];
	struct sha256 hash = digest_sha256_of(body->bytes, body->length);
	sha256_to_digest(&hash, digest);
	*out = (struct registry_manifest){
		.bytes = arena_strndup(arena, body->bytes, body->length),
		.length = body->length,
		.media_type = response->content_type,
		.digest = arena_strdup(arena, digest),
	};
	if (judge_manifest(out, name, what, arena, failure, err) < 0)
		return -1;
	if (text_starts_with(reference, "sha256:") && strcmp(reference, digest) != 0)
		return registry_failure_wrong(
			failure, name, what, N_T("what came has another digest"), err);
	if (text_starts_with(response->content_digest, "sha256:") &&
		strcmp(response->content_digest, digest) != 0)
		return registry_failure_wrong(
			failure, name, what, N_T("what came is not what its own header says"), err);
	return 0;
}

int registry_get_manifest(struct registry *registry, struct http_connection *connection,
	const struct image_source *source, const char *reference, struct arena *arena,
	struct registry_manifest *out, struct registry_failure *failure, struct err *err)
{
	struct document document = {{document_write}, TEXT_INIT};
	struct registry_call call = {.registry = registry,
		.connection = connection,
		.source = source,
		.arena = arena,
		.failure = failure};
	call.path = arena_printf(arena, "/v2/%s/manifests/%s", source->repository, reference);
	call.what = arena_printf(arena, "%s%c%s", source->repository,
		text_starts_with(reference, "sha256:") ? '@' : ':', reference);
	call.request = (struct http_request){
		.method = "GET", .accept = accept_manifests, .limit_bytes = OCI_MANIFEST_LIMIT};
	call.sink = &document.sink;
	int result = registry_call(&call, err);
	if (result == 0)
		result = take_manifest(&document.text, &call.response, reference, source->name,
			call.what, arena, out, failure, err);
	text_clear(&document.text);
	return result;
}

/* ---- blobs and files ---- */

/* The call with its body; a server that knows no such range is asked for all of it. */
static int get_body(
	struct registry_call *call, struct body *body, uint64_t limit_bytes, struct err *err)
{
	*body->restarted = false;
	body->sink.write = body_write;
	body->response = &call->response;
	body->failure = call->failure;
	body->name = call->source->name;
	body->what = call->what;
	call->sink = &body->sink;
	call->request = (struct http_request){
		.method = "GET", .offset = body->offset, .limit_bytes = limit_bytes - body->offset};
	int result = registry_call(call, err);
	if (result == 0 || body->offset == 0 || call->response.status != 416)
		return result;
	err_clear(err);
	*body->restarted = true;
	body->offset = 0;
	call->request.offset = 0;
	call->request.limit_bytes = limit_bytes;
	return registry_call(call, err);
}

/* NOLINTNEXTLINE(readability-function-size): where, what, which part, where to, and how it went */
int registry_get_blob(struct registry *registry, struct http_connection *connection,
	const struct image_source *source, const char *digest, uint64_t size_bytes, uint64_t offset,
	bool *restarted, struct stream_sink *sink, struct registry_failure *failure,
	struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct registry_call call = {.registry = registry,
		.connection = connection,
		.source = source,
		.arena = arena,
		.failure = failure};
	struct body body = {.to = sink, .offset = offset, .restarted = restarted};
	call.path = arena_printf(arena, "/v2/%s/blobs/%s", source->repository, digest);
	call.what = arena_printf(arena, "%s@%s", source->repository, digest);
	if (get_body(&call, &body, size_bytes, err) < 0)
		return -1;
	uint64_t begin = body.offset == 0 || *restarted ? 0 : offset;
	uint64_t came = begin + call.response.body_bytes;
	if (came == size_bytes)
		return 0;
	if (call.response.body_bytes == 0)
		return registry_failure_wrong(
			failure, source->name, call.what, N_T("what came is empty"), err);
	failure->kind = REGISTRY_TRANSIENT;
	return err_set(err, CODE_NETWORK, "%s ended %s after %llu of %llu bytes", source->name,
		call.what, (unsigned long long)came, (unsigned long long)size_bytes);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
int registry_get_file(struct registry *registry, struct http_connection *connection,
	const char *url, uint64_t limit_bytes, uint64_t offset, bool *restarted,
	uint64_t *size_bytes, struct stream_sink *sink, struct registry_failure *failure,
	struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct http_url parts;
	*failure = (struct registry_failure){REGISTRY_WRONG, 0};
	*size_bytes = 0;
	if (http_url_parse(url, arena, &parts, err) < 0)
		return -1;
	struct image_source host = {.host = parts.authority, .name = parts.authority};
	struct registry_call call = {.registry = registry,
		.connection = connection,
		.source = &host,
		.arena = arena,
		.failure = failure,
		.url = url,
		.what = url};
	struct body body = {
		.to = sink, .offset = offset, .restarted = restarted, .html_is_fine = true};
	if (get_body(&call, &body, limit_bytes, err) < 0)
		return -1;
	*size_bytes = (*restarted ? 0 : body.offset) + call.response.body_bytes;
	return 0;
}

/* ---- is it there? ---- */

int registry_ping(struct registry *registry, struct http_connection *connection,
	const struct image_source *source, uint64_t *elapsed_ms, struct registry_failure *failure,
	struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct registry_call call = {.registry = registry,
		.connection = connection,
		.source = source,
		.arena = arena,
		.failure = failure,
		.path = "/v2/",
		.what = "/v2/",
		.ping = true};
	uint64_t begin = monotonic_ms();
	call.request = (struct http_request){.method = "GET", .limit_bytes = OCI_MANIFEST_LIMIT};
	int result = registry_call(&call, err);
	*elapsed_ms = monotonic_ms() - begin;
	return result;
}
