/* One source of one image, tried. */
#include "mirror_trial.h"

#include <string.h>

#include "image_pin.h"
#include "interrupt.h"
#include "monotonic.h"

enum { MEASURED_BYTES = 1 << 20 };

bool mirror_trial_is_usable(enum mirror_content content)
{
	return content >= MIRROR_REPUSHED;
}

const char *mirror_trial_name(enum mirror_content content)
{
	static const char *const names[] = {
		[MIRROR_UNREACHABLE] = "unreachable",
		[MIRROR_REFUSED] = "refused",
		[MIRROR_ABSENT] = "absent",
		[MIRROR_BROKEN] = "broken",
		[MIRROR_DIFFERENT] = "different",
		[MIRROR_REPUSHED] = "re-pushed",
		[MIRROR_STALE_TAG] = "stale-tag",
		[MIRROR_FOUND] = "found",
		[MIRROR_SAME] = "same",
	};
	return names[content];
}

static enum mirror_content content_of(const struct registry_failure *failure, const struct err *err)
{
	switch (failure->kind) {
	case REGISTRY_LIMITED:
	case REGISTRY_UNAUTHORIZED:
	case REGISTRY_FORBIDDEN:
		return MIRROR_REFUSED;
	case REGISTRY_MISSING:
		return MIRROR_ABSENT;
	default:
		return err->code == CODE_NETWORK     ? MIRROR_UNREACHABLE
		       : err->code == CODE_NOT_FOUND ? MIRROR_ABSENT
						     : MIRROR_BROKEN;
	}
}

/* ---- speed ---- */

struct counting_sink {
	struct stream_sink sink;
	uint64_t bytes;
};

/* A source that ignores Range would send all of a layer: enough is enough. */
static int count_bytes(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct counting_sink *count = (struct counting_sink *)sink;
	(void)bytes;
	count->bytes += length;
	return count->bytes < 2ULL * MEASURED_BYTES
		       ? 0
		       : err_set(err, CODE_IO, "enough bytes for a measurement");
}

/* The end of the largest layer, at most 1 MiB. */
static uint64_t measure(struct network *network, struct http_connection *connection,
	const struct image_source *source, const struct lock_image *image)
{
	const struct lock_layer *largest = NULL;
	struct counting_sink count = {{count_bytes}, 0};
	struct registry_failure failure;
	struct err ignored = ERR_INIT;
	bool restarted = false;
	for (size_t i = 0; i < image->layer_count; i++)
		if (!largest || image->layers[i].size_bytes > largest->size_bytes)
			largest = &image->layers[i];
	if (!largest)
		return 0;
	uint64_t offset =
		largest->size_bytes > MEASURED_BYTES ? largest->size_bytes - MEASURED_BYTES : 0;
	uint64_t begin = monotonic_ms();
	int result = registry_get_blob(network->registry, connection, source, largest->digest,
		largest->size_bytes, offset, &restarted, &count.sink, &failure, &ignored);
	uint64_t elapsed_ms = monotonic_ms() - begin;
	if (result < 0 && count.bytes < MEASURED_BYTES)
		return 0;
	return count.bytes * 1000 / (elapsed_ms ? elapsed_ms : 1);
}

/* ---- content ---- */

struct trial {
	struct image_resolver *resolver;
	struct network *network;
	struct http_connection *connection;
	const struct image_source *source;
	const struct image_reference *reference;
	const struct oci_platform *platform;
	const struct lock_image *pinned;
	struct arena *arena;
};

/* Does the source have the pinned manifest itself, and does its tag still mean it? */
static bool has_pinned(const struct trial *trial, struct mirror_trial *out)
{
	struct registry_manifest manifest;
	struct registry_failure failure;
	struct err ignored = ERR_INIT;
	uint64_t begin = monotonic_ms();
	if (!trial->pinned || trial->source->by_tag_only ||
		registry_get_manifest(trial->network->registry, trial->connection, trial->source,
			trial->pinned->manifest, trial->arena, &manifest, &failure, &ignored) < 0)
		return false;
	out->elapsed_ms = monotonic_ms() - begin;
	out->manifest = trial->pinned->manifest;
	out->content = MIRROR_SAME;
	if (!trial->reference->digest && trial->source->tag &&
		registry_get_manifest(trial->network->registry, trial->connection, trial->source,
			trial->source->tag, trial->arena, &manifest, &failure, &ignored) == 0 &&
		strcmp(manifest.digest, trial->pinned->manifest) != 0 &&
		(!trial->pinned->index || strcmp(manifest.digest, trial->pinned->index) != 0))
		out->content = MIRROR_STALE_TAG;
	return true;
}

/* Is anybody there? What a registry answers does not matter here: many mirrors answer /v2/ oddly.
 */
static bool is_reachable(const struct trial *trial, struct mirror_trial *out)
{
	struct registry_failure failure = {0};
	struct err why = ERR_INIT;
	uint64_t elapsed_ms;
	if (registry_ping(trial->network->registry, trial->connection, trial->source, &elapsed_ms,
		    &failure, &why) == 0 ||
		why.code != CODE_NETWORK || failure.kind != REGISTRY_TRANSIENT)
		return true;
	out->content = MIRROR_UNREACHABLE;
	out->reason = arena_strdup(trial->arena, why.text);
	return false;
}

/* What its tag means. */
static int try_tag(const struct trial *trial, struct mirror_trial *out, struct lock_image *image,
	struct err *err)
{
	struct registry_failure failure;
	struct err why = ERR_INIT;
	uint64_t begin = monotonic_ms();
	if (image_resolve_at(trial->resolver, trial->source, trial->reference, trial->platform,
		    trial->arena, image, &failure, &why) < 0) {
		out->content = content_of(&failure, &why);
		out->reason = arena_strdup(trial->arena, why.text);
		return interrupt_check(err);
	}
	out->elapsed_ms = monotonic_ms() - begin;
	out->manifest = image->manifest;
	if (!trial->pinned)
		out->content = MIRROR_FOUND;
	else if (strcmp(image->manifest, trial->pinned->manifest) == 0)
		out->content = MIRROR_SAME;
	else if (image_pin_equivalent(trial->pinned, image))
		out->content = MIRROR_REPUSHED;
	else
		out->content = MIRROR_DIFFERENT;
	return 0;
}

int mirror_trial_run(struct image_resolver *resolver, struct network *network,
	const struct image_source *source, const struct image_reference *reference,
	const struct oci_platform *platform, const struct lock_image *pinned, struct arena *arena,
	struct mirror_trial *out, struct lock_image *found, struct err *err)
{
	AUTO(http_connection) connection = http_connection_new(network->probe);
	const struct trial trial = {
		resolver, network, connection, source, reference, platform, pinned, arena};
	struct lock_image image = {0};
	*out = (struct mirror_trial){.reason = ""};
	if (found)
		*found = (struct lock_image){0};
	if (!is_reachable(&trial, out))
		return interrupt_check(err);
	if (has_pinned(&trial, out))
		image = *pinned;
	else if (try_tag(&trial, out, &image, err) < 0)
		return -1;
	if (!out->manifest)
		return 0;
	if (found)
		*found = image;
	if (mirror_trial_is_usable(out->content))
		out->bytes_per_s = measure(network, connection, source, &image);
	return interrupt_check(err);
}
