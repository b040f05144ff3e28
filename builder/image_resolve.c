/* Tags to digests, over the sources of an image. */
#include "image_resolve.h"

#include <string.h>

#include "image_pin.h"
#include "image_platform.h"
#include "message.h"
#include "registry_retry.h"

enum { TRIES = 3 };

/* A host that could not be asked: not asked again in this run. */
struct lost_host {
	const char *host;
	struct err why;
	bool finally; /* with all patience */
};

struct image_resolver {
	struct network *network;
	struct blob_cache *cache;
	struct ui *ui;
	struct arena *arena;
	struct http_connection *connection, *probe;
	struct lost_host **lost;
	size_t lost_count, lost_capacity;
};

/* Why a source was of no use. */
struct attempt {
	const struct image_source *source;
	struct err err;
};

/* One image on its way. */
struct job {
	struct image_resolver *resolver;
	const struct image_reference *reference;
	const struct oci_platform *wanted;
	const char *name; /* for people: "postgres:17" */
	struct arena *arena;
	struct image_source *sources; /* all, the origin last */
	size_t count;
	bool alone; /* one source, no cache to read from */
	struct attempt **attempts;
	size_t attempt_count, attempt_capacity;
};

int image_resolver_new(struct image_resolver **out, struct network *network,
	struct blob_cache *cache, struct ui *ui, struct err *err)
{
	struct image_resolver *resolver = xmalloc(sizeof(*resolver));
	(void)err;
	*resolver = (struct image_resolver){
		.network = network,
		.cache = cache,
		.ui = ui,
		.arena = arena_new(),
		.connection = http_connection_new(network->http),
		.probe = http_connection_new(network->probe),
	};
	*out = resolver;
	return 0;
}

void image_resolver_free(struct image_resolver *resolver)
{
	if (!resolver)
		return;
	http_connection_free(resolver->connection);
	http_connection_free(resolver->probe);
	arena_free(resolver->arena);
	free(resolver);
}

static struct job job_begin(struct image_resolver *resolver,
	const struct image_reference *reference, const struct oci_platform *wanted,
	struct arena *arena)
{
	struct job job = {
		.resolver = resolver,
		.reference = reference,
		.wanted = wanted,
		.name = image_reference_familiar(reference, arena),
		.arena = arena,
	};
	mirror_policy_sources(
		&resolver->network->policy, reference, wanted, arena, &job.sources, &job.count);
	return job;
}

static struct registry_retry patience(struct image_resolver *resolver, bool probe)
{
	return (struct registry_retry){resolver->network->registry,
		probe ? resolver->probe : resolver->connection, probe ? 1 : TRIES};
}

/* ---- documents ---- */

static int keep(struct job *job, const char *bytes, size_t length, struct err *err)
{
	const struct blob_source blob = {
		.size_bytes = length, .name = job->name, .bytes = bytes, .fd = -1};
	struct blob_source stored;
	AUTO_BLOB_READER reader = {0};
	if (!job->resolver->cache)
		return 0;
	if (blob_source_open(&blob, &reader, err) < 0)
		return -1;
	return blob_cache_store(job->resolver->cache, &reader.source, job->arena, &stored, err);
}

static bool cached(struct job *job, const char *digest, uint64_t size_bytes, const char **bytes)
{
	struct err ignored = ERR_INIT;
	struct blob_source blob;
	char *found;
	if (job->alone || !job->resolver->cache || size_bytes > OCI_DOCUMENT_LIMIT ||
		!blob_cache_find(job->resolver->cache, digest, size_bytes, job->arena, &blob) ||
		blob_source_read(&blob, OCI_DOCUMENT_LIMIT, job->arena, &found, &ignored) < 0)
		return false;
	*bytes = found;
	return true;
}

/* A manifest or a config by digest, from this source. */
static int get_from(struct job *job, const struct image_source *source,
	const struct oci_descriptor *descriptor, bool manifest, const char **bytes,
	struct registry_failure *failure, struct err *err)
{
	const struct registry_retry retry = patience(job->resolver, false);
	struct registry_manifest document;
	if (!manifest)
		return registry_retry_blob(&retry, source, descriptor->digest,
			descriptor->size_bytes, job->arena, bytes, failure, err);
	if (registry_retry_manifest(
		    &retry, source, descriptor->digest, job->arena, &document, failure, err) < 0)
		return -1;
	*bytes = document.bytes;
	if (document.length == descriptor->size_bytes)
		return 0;
	failure->kind = REGISTRY_WRONG;
	return err_set(err, CODE_INTEGRITY, "%s: has %llu bytes instead of %llu",
		descriptor->digest, (unsigned long long)document.length,
		(unsigned long long)descriptor->size_bytes);
}

/* The same from the cache, from the source that answered for the tag, or from any other. The
 * error is the first one's: the others need not have it. */
static int get_document(struct job *job, const struct image_source *first,
	const struct oci_descriptor *descriptor, bool manifest, const char **bytes,
	struct registry_failure *failure, struct err *err)
{
	if (cached(job, descriptor->digest, descriptor->size_bytes, bytes))
		return 0;
	int result = get_from(job, first, descriptor, manifest, bytes, failure, err);
	for (size_t i = 0; i < job->count && result < 0 && !job->alone; i++) {
		const struct image_source *source = &job->sources[i];
		struct err ignored = ERR_INIT;
		struct registry_failure other;
		if (failure->kind == REGISTRY_LOCAL)
			return -1;
		if (source != first && !(manifest && source->by_tag_only))
			result = get_from(
				job, source, descriptor, manifest, bytes, &other, &ignored);
	}
	if (result < 0)
		return -1;
	err_clear(err);
	if (keep(job, *bytes, (size_t)descriptor->size_bytes, err) == 0)
		return 0;
	failure->kind = REGISTRY_LOCAL;
	return -1;
}

/* ---- from the top document to the entry ---- */

/* A fault of what was served: of this source, not of ours. */
static int wrong(struct registry_failure *failure)
{
	failure->kind = REGISTRY_WRONG;
	return -1;
}

static int take_manifest(struct job *job, const struct image_source *source, const char *bytes,
	size_t length, bool labelled, struct lock_image *out, struct registry_failure *failure,
	struct err *err)
{
	struct oci_manifest manifest;
	struct oci_config config;
	const char *config_bytes = NULL;
	if (oci_manifest_parse(bytes, length, job->name, job->arena, &manifest, err) < 0)
		return wrong(failure);
	if (!manifest.is_image) {
		err_set(err, CODE_INPUT, "%s: is an artifact, not a container image", job->name);
		return wrong(failure);
	}
	if (get_document(job, source, &manifest.config, false, &config_bytes, failure, err) < 0)
		return -1;
	if (oci_config_parse(config_bytes, (size_t)manifest.config.size_bytes, job->name,
		    job->arena, &config, err) < 0 ||
		image_pin_fill(out, &manifest, &config, job->wanted, labelled, job->name,
			job->arena, err) < 0)
		return wrong(failure);
	return 0;
}

static int take_entry(struct job *job, const struct image_source *source,
	const struct oci_descriptor *entry, struct lock_image *out,
	struct registry_failure *failure, struct err *err)
{
	const char *bytes = NULL;
	if (get_document(job, source, entry, true, &bytes, failure, err) < 0 ||
		take_manifest(job, source, bytes, (size_t)entry->size_bytes,
			entry->platform.architecture != NULL, out, failure, err) < 0)
		return -1;
	out->manifest = entry->digest;
	out->manifest_size = entry->size_bytes;
	return 0;
}

/* Of several that may fit (no label, or the same twice), the first whose config does. */
static int take_index(struct job *job, const struct image_source *source,
	const struct registry_manifest *top, struct lock_image *out,
	struct registry_failure *failure, struct err *err)
{
	struct oci_index index;
	const struct oci_descriptor **entries;
	size_t count;
	if (oci_index_parse(top->bytes, top->length, job->name, job->arena, &index, err) < 0 ||
		image_pin_choose(
			&index, job->wanted, job->name, job->arena, &entries, &count, err) < 0)
		return wrong(failure);
	for (size_t i = 0; i < count; i++) {
		err_clear(err);
		if (take_entry(job, source, entries[i], out, failure, err) == 0) {
			out->index = top->digest;
			out->index_size = top->length;
			out->index_media_type = strcmp(top->media_type, DOCKER_MEDIA_LIST) == 0
							? DOCKER_MEDIA_LIST
							: OCI_MEDIA_INDEX;
			return 0;
		}
		if (failure->kind == REGISTRY_LOCAL || entries[i]->platform.architecture)
			return -1;
	}
	return -1;
}

static int take_top(struct job *job, const struct image_source *source,
	const struct registry_manifest *top, struct lock_image *out,
	struct registry_failure *failure, struct err *err)
{
	enum oci_document kind;
	*out = (struct lock_image){
		.reference = image_reference_text(job->reference, job->arena),
		.platform = image_platform_text(job->wanted, job->arena),
	};
	if (oci_document_kind(top->bytes, top->length, job->name, &kind, err) < 0)
		return wrong(failure);
	if (keep(job, top->bytes, top->length, err) < 0) {
		failure->kind = REGISTRY_LOCAL;
		return -1;
	}
	if (kind == OCI_DOCUMENT_INDEX)
		return take_index(job, source, top, out, failure, err);
	out->manifest = top->digest;
	out->manifest_size = top->length;
	return take_manifest(job, source, top->bytes, top->length, false, out, failure, err);
}

/* ---- one source ---- */

static struct lost_host *find_lost(struct image_resolver *resolver, const char *host)
{
	for (size_t i = 0; i < resolver->lost_count; i++)
		if (strcmp(resolver->lost[i]->host, host) == 0)
			return resolver->lost[i];
	return NULL;
}

/* Is it the host that is of no use, rather than this image there? */
static bool is_lost(const struct registry_failure *failure, const struct err *err)
{
	return failure->kind == REGISTRY_LIMITED ||
	       (err->code == CODE_NETWORK && failure->kind != REGISTRY_LOCAL);
}

static struct lost_host *lose(
	struct image_resolver *resolver, const char *host, const struct err *why)
{
	struct lost_host *lost = ARENA_NEW(resolver->arena, struct lost_host);
	*lost = (struct lost_host){.host = arena_strdup(resolver->arena, host), .why = *why};
	*ARENA_PUSH(resolver->arena, resolver->lost, resolver->lost_count,
		resolver->lost_capacity) = lost;
	return lost;
}

/* The document under this tag or digest; a host that was lost before is not asked again. */
static int get_top(struct job *job, const struct image_source *source, const char *reference,
	bool probe, struct registry_manifest *top, struct registry_failure *failure,
	struct err *err)
{
	struct image_resolver *resolver = job->resolver;
	const struct registry_retry retry = patience(resolver, probe);
	struct lost_host *lost = find_lost(resolver, source->host);
	if (lost && (probe || lost->finally)) {
		*err = lost->why;
		*failure = (struct registry_failure){REGISTRY_TRANSIENT, 0};
		return -1;
	}
	if (registry_retry_manifest(&retry, source, reference, job->arena, top, failure, err) == 0)
		return 0;
	if (is_lost(failure, err) && !job->alone) {
		lost = lost ? lost : lose(resolver, source->host, err);
		lost->why = *err;
		lost->finally = !probe;
	}
	return -1;
}

static int resolve_by(struct job *job, const struct image_source *source, const char *reference,
	bool probe, bool *answered, struct lock_image *out, struct registry_failure *failure,
	struct err *err)
{
	struct registry_manifest top;
	*answered = false;
	if (get_top(job, source, reference, probe, &top, failure, err) < 0)
		return -1;
	*answered = true;
	return take_top(job, source, &top, out, failure, err);
}

/* ---- all sources ---- */

static void note_attempt(struct job *job, const struct image_source *source, const struct err *err)
{
	struct attempt *attempt = ARENA_NEW(job->arena, struct attempt);
	*attempt = (struct attempt){source, *err};
	*ARENA_PUSH(job->arena, job->attempts, job->attempt_count, job->attempt_capacity) = attempt;
}

static int rank_of(int code)
{
	return code == CODE_CREDENTIALS ? 3 : code == CODE_INTEGRITY ? 2 : code == CODE_NETWORK;
}

/* The origin's failure, who ought to know. When that could not be asked: the mirror's that says
 * most, so that its remedy (a login, --ca) is read. */
static const struct attempt *most_telling(const struct job *job)
{
	const struct attempt *best = job->attempts[job->attempt_count - 1];
	for (size_t i = 0; i < job->attempt_count; i++)
		if (job->attempts[i]->source->origin)
			best = job->attempts[i];
	if (best->err.code != CODE_NETWORK)
		return best;
	best = job->attempts[0];
	for (size_t i = 1; i < job->attempt_count; i++)
		if (rank_of(job->attempts[i]->err.code) > rank_of(best->err.code))
			best = job->attempts[i];
	return best;
}

/* Nobody has it: a reason each; the code and the hint are the most telling one's. */
static int fail_everywhere(struct job *job, struct err *err)
{
	const struct attempt *last = most_telling(job);
	AUTO_TEXT reasons = TEXT_INIT;
	if (job->attempt_count == 1) {
		*err = last->err;
		return -1;
	}
	for (size_t i = 0; i < job->attempt_count; i++)
		text_addf(&reasons, "%s%s", i ? "; " : "", job->attempts[i]->err.text);
	err_set(err, last->err.code, "no source serves %s: %s", job->name, reasons.bytes);
	if (last->err.hint[0])
		return err_hint(err, "%s", last->err.hint);
	return err_hint(err, "`hardtack mirrors test` shows what each source has.");
}

static void warn_of(struct job *job, const struct image_source *source, const struct err *err)
{
	if (!job->resolver->ui)
		return;
	if (source->origin)
		ui_warning(job->resolver->ui,
			T("Run `hardtack lock --update` where it can be asked."),
			T("%s: the registry %s itself could not be asked; a mirror is believed "
			  "about the tag: %s"),
			job->name, source->name, err->text);
	else
		ui_warning(job->resolver->ui, NULL, T("%s: the mirror %s is of no use: %s"),
			job->name, source->name, err->text);
}

/* A digest: whoever has it. */
static int resolve_digest(struct job *job, struct lock_image *out, struct err *err)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct image_source *source = &job->sources[i];
		struct registry_failure failure = {0};
		bool answered;
		if (source->by_tag_only)
			continue;
		err_clear(err);
		if (resolve_by(job, source, job->reference->digest, false, &answered, out, &failure,
			    err) == 0)
			return 0;
		/* The bytes are what the digest says: no other source would serve others. */
		if (answered || failure.kind == REGISTRY_LOCAL)
			return -1;
		note_attempt(job, source, err);
	}
	return fail_everywhere(job, err);
}

/* The origin's word about a tag; -1 without *answered: it could not be had. */
static int ask_origin(struct job *job, bool probe, bool *answered, struct lock_image *out,
	struct registry_failure *failure, struct err *err)
{
	const struct image_source *origin = &job->sources[job->count - 1];
	return resolve_by(job, origin, job->reference->tag, probe, answered, out, failure, err);
}

static int resolve_tag(struct job *job, struct lock_image *out, struct err *err)
{
	const struct image_source *origin = &job->sources[job->count - 1];
	struct registry_failure failure = {0};
	bool answered, probe = job->count > 1;
	if (ask_origin(job, probe, &answered, out, &failure, err) == 0)
		return 0;
	if (answered || failure.kind == REGISTRY_LOCAL || !probe)
		return -1;
	const bool again = is_lost(&failure, err);
	const struct err origin_err = *err;
	for (size_t i = 0; i + 1 < job->count; i++) {
		const struct image_source *source = &job->sources[i];
		if (!source->tag)
			continue;
		err_clear(err);
		if (resolve_by(job, source, source->tag, false, &answered, out, &failure, err) ==
			0) {
			out->seen_at = source->name;
			warn_of(job, origin, &origin_err);
			return 0;
		}
		if (failure.kind == REGISTRY_LOCAL)
			return -1;
		note_attempt(job, source, err);
		warn_of(job, source, err);
	}
	/* The last resort, with all patience. */
	*err = origin_err;
	if (again && ask_origin(job, false, &answered, out, &failure, err) == 0)
		return 0;
	if (answered || failure.kind == REGISTRY_LOCAL)
		return -1;
	note_attempt(job, origin, err);
	return fail_everywhere(job, err);
}

int image_resolve(struct image_resolver *resolver, const struct image_reference *reference,
	const struct oci_platform *platform, struct arena *arena, struct lock_image *out,
	struct err *err)
{
	struct job job = job_begin(resolver, reference, platform, arena);
	return reference->digest ? resolve_digest(&job, out, err) : resolve_tag(&job, out, err);
}

int image_resolve_at(struct image_resolver *resolver, const struct image_source *source,
	const struct image_reference *reference, const struct oci_platform *platform,
	struct arena *arena, struct lock_image *out, struct registry_failure *failure,
	struct err *err)
{
	struct job job = job_begin(resolver, reference, platform, arena);
	bool answered;
	job.alone = true;
	*failure = (struct registry_failure){0};
	const char *wanted = source->tag && (source->by_tag_only || !reference->digest)
				     ? source->tag
				     : reference->digest;
	if (wanted)
		return resolve_by(&job, source, wanted, false, &answered, out, failure, err);
	failure->kind = REGISTRY_MISSING;
	return err_set(err, CODE_NOT_FOUND, "%s has no %s", source->name, job.name);
}

int image_resolve_equivalent(struct image_resolver *resolver, const struct image_source *source,
	const struct lock_image *locked, struct arena *arena, struct lock_image *out,
	struct registry_failure *failure, struct err *err)
{
	struct image_reference reference;
	struct oci_platform platform;
	*failure = (struct registry_failure){.kind = REGISTRY_LOCAL};
	if (image_reference_parse(locked->reference, arena, &reference, err) < 0 ||
		image_platform_parse(locked->platform, arena, &platform, err) < 0)
		return -1;
	reference.digest = NULL; /* the tag is what such a mirror has */
	if (image_resolve_at(resolver, source, &reference, &platform, arena, out, failure, err) < 0)
		return -1;
	out->reference = locked->reference;
	out->platform = locked->platform;
	if (image_pin_equivalent(locked, out))
		return 0;
	failure->kind = REGISTRY_WRONG;
	return err_set(err, CODE_INTEGRITY, "%s has another image under the name %s:%s",
		source->name, source->repository, source->tag ? source->tag : "");
}
