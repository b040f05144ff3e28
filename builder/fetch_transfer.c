/* One call to one source: bytes into the partial file, and the proof. */
#include "fetch_transfer.h"

#include <string.h>

void fetch_transfer_landed(struct fetch_transfer *transfer, uint64_t received_bytes)
{
	pthread_mutex_lock(&transfer->fetch->mutex);
	transfer->job->landed_bytes = transfer->partial.length;
	transfer->job->received_bytes += received_bytes;
	pthread_mutex_unlock(&transfer->fetch->mutex);
}

static int take_bytes(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct fetch_transfer *transfer = (struct fetch_transfer *)sink;
	if (fetch_is_stopped(transfer->fetch)) {
		transfer->sink_failed = true;
		return err_set(err, CODE_INTERRUPTED, "interrupted");
	}
	if (transfer->restarted && !transfer->rewound) {
		transfer->rewound = true;
		if (partial_blob_restart(&transfer->partial, err) < 0)
			return transfer->sink_failed = true, -1;
	}
	if (partial_blob_write(&transfer->partial, bytes, length, err) < 0) {
		transfer->sink_failed = err->code != CODE_INTEGRITY;
		return -1;
	}
	fetch_transfer_landed(transfer, length);
	return 0;
}

void fetch_transfer_init(struct fetch_transfer *transfer, struct fetch *fetch,
	struct fetch_job *job, struct http_connection *connection, struct arena *arena)
{
	*transfer = (struct fetch_transfer){
		.sink = {.write = take_bytes},
		.fetch = fetch,
		.connection = connection,
		.job = job,
		.partial = PARTIAL_BLOB_INIT,
		.arena = arena,
	};
}

static int get_manifest(struct fetch_transfer *transfer, const struct fetch_place *place,
	struct registry_failure *failure, struct err *err)
{
	const struct fetch_blob *blob = transfer->job->blob;
	const char *reference = place->source->by_tag_only ? place->source->tag : blob->digest;
	struct registry_manifest manifest;
	if (partial_blob_restart(&transfer->partial, err) < 0) {
		failure->kind = REGISTRY_LOCAL;
		return -1;
	}
	if (!reference) {
		failure->kind = REGISTRY_MISSING;
		return err_set(err, CODE_NOT_FOUND, "%s has images by tag only", place->name);
	}
	if (registry_get_manifest(transfer->fetch->registry, transfer->connection, place->source,
		    reference, transfer->arena, &manifest, failure, err) < 0)
		return -1;
	if (strcmp(manifest.digest, blob->digest) != 0) {
		failure->kind = place->source->by_tag_only ? REGISTRY_MISSING : REGISTRY_WRONG;
		return err_set(err, CODE_NOT_FOUND, "%s has another manifest under %s: %s",
			place->name, reference, manifest.digest);
	}
	if (take_bytes(&transfer->sink, manifest.bytes, manifest.length, err) < 0) {
		failure->kind = REGISTRY_LOCAL;
		return -1;
	}
	return 0;
}

static int get_file(struct fetch_transfer *transfer, const struct fetch_place *place,
	struct registry_failure *failure, struct err *err)
{
	uint64_t size_bytes = UINT64_MAX, known = transfer->partial.size_bytes;
	/* Without a hash nothing would tell that the file has changed between two halves. */
	if (!transfer->job->blob->digest && transfer->partial.length > 0 &&
		partial_blob_restart(&transfer->partial, err) < 0) {
		failure->kind = REGISTRY_LOCAL;
		return -1;
	}
	transfer->offset = transfer->partial.length;
	return registry_get_file(transfer->fetch->registry, transfer->connection, place->url,
		known == UINT64_MAX ? FETCH_FILE_LIMIT : known, transfer->offset,
		&transfer->restarted, &size_bytes, &transfer->sink, failure, err);
}

int fetch_transfer_prove(struct fetch_transfer *transfer, bool *proven, char *digest, struct err *err)
{
	struct fetch_blob *blob = transfer->job->blob;
	struct fetch *fetch = transfer->fetch;
	uint64_t length = transfer->partial.length;
	if (partial_blob_finish(&transfer->partial, proven, digest, err) < 0)
		return -1;
	if (!*proven) {
		fetch_transfer_landed(transfer, 0);
		return 0;
	}
	pthread_mutex_lock(&fetch->mutex);
	if (!blob->digest)
		blob->digest = arena_strdup(fetch->arena, digest);
	blob->size_bytes = length;
	pthread_mutex_unlock(&fetch->mutex);
	return 0;
}

/* The body came to its end: is it the blob? */
static int judge(struct fetch_transfer *transfer, const struct fetch_place *place,
	struct registry_failure *failure, struct err *err)
{
	char digest[SHA256_DIGEST_LENGTH + 1];
	uint64_t length = transfer->partial.length, size_bytes = transfer->partial.size_bytes;
	bool proven;
	failure->kind = REGISTRY_LOCAL;
	if (fetch_transfer_prove(transfer, &proven, digest, err) < 0)
		return -1;
	if (proven)
		return 0;
	/* Who sent only the end of it is not to blame: once more, all from here. */
	if (transfer->offset > 0 && !transfer->restarted) {
		failure->kind = REGISTRY_TRANSIENT;
		return err_set(err, CODE_INTEGRITY,
			"what was there already and what came from %s do not fit together",
			place->name);
	}
	failure->kind = REGISTRY_WRONG;
	if (length != size_bytes && size_bytes != UINT64_MAX)
		return err_set(err, CODE_INTEGRITY, "%s sent %llu bytes instead of %llu",
			place->name, (unsigned long long)length, (unsigned long long)size_bytes);
	return err_set(err, CODE_INTEGRITY, "%s sent bytes that have the digest %s instead of %s",
		place->name, digest, transfer->job->blob->digest);
}

int fetch_transfer_call(struct fetch_transfer *transfer, const struct fetch_place *place,
	struct registry_failure *failure, struct err *err)
{
	struct fetch_blob *blob = transfer->job->blob;
	struct partial_blob_mark mark = partial_blob_mark(&transfer->partial);
	int status;
	transfer->offset = transfer->partial.length;
	transfer->restarted = transfer->rewound = transfer->sink_failed = false;
	*failure = (struct registry_failure){REGISTRY_OK, 0};
	if (place->source && blob->is_manifest)
		status = get_manifest(transfer, place, failure, err);
	else if (place->source)
		status = registry_get_blob(transfer->fetch->registry, transfer->connection,
			place->source, blob->digest, blob->size_bytes, transfer->offset,
			&transfer->restarted, &transfer->sink, failure, err);
	else
		status = get_file(transfer, place, failure, err);
	if (status == 0)
		return judge(transfer, place, failure, err);
	if (transfer->sink_failed)
		failure->kind = REGISTRY_LOCAL;
	/* What a wrong source has sent is not built upon; what others sent before is kept. */
	if (failure->kind == REGISTRY_WRONG) {
		struct err ignored = ERR_INIT;
		if ((transfer->rewound ? partial_blob_restart(&transfer->partial, &ignored)
				       : partial_blob_rewind(&transfer->partial, &mark, &ignored)) <
			0) {
			*err = ignored;
			failure->kind = REGISTRY_LOCAL;
		}
	}
	fetch_transfer_landed(transfer, 0);
	return -1;
}
