/* One call to one source for one blob (a part of blob_fetch). */
#pragma once

#include "fetch_parts.h"
#include "partial_blob.h"

struct fetch_transfer {
	struct stream_sink sink;
	struct fetch *fetch;
	struct http_connection *connection;
	struct fetch_job *job;
	struct partial_blob partial;
	struct arena *arena;
	uint64_t offset; /* where the running call began */
	bool restarted;  /* the server sends all of it, whatever was asked for */
	bool rewound;    /* … and the partial file was emptied for it */
	bool sink_failed;
};

void fetch_transfer_init(struct fetch_transfer *transfer, struct fetch *fetch,
	struct fetch_job *job, struct http_connection *connection, struct arena *arena);

/*
 * Asks the place for what is missing. 0: the blob is in the cache, proven. -1: *failure says what
 * it means for the next try; bytes that are worth keeping have been kept.
 */
int fetch_transfer_call(struct fetch_transfer *transfer, const struct fetch_place *place,
	struct registry_failure *failure, struct err *err);

/* Nothing is missing: into the cache, or begin anew. digest: SHA256_DIGEST_LENGTH + 1 bytes. */
int fetch_transfer_prove(
	struct fetch_transfer *transfer, bool *proven, char *digest, struct err *err);

/* Tells the person's side how far it is. */
void fetch_transfer_landed(struct fetch_transfer *transfer, uint64_t received_bytes);
