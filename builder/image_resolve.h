/*
 * From a reference to digests, over the network: tag -> index -> manifest -> config -> what the
 * lock records. Manifest and config go into the cache, so that fetch need not get them again.
 *
 * Whom to believe about a tag. The origin: it is asked first, for a few seconds, once a run; what
 * it says wins, and a mirror with a stale tag changes nothing, since everything below the tag is
 * got by digest. When the origin cannot be asked, the first mirror that has a usable image is
 * believed; the entry then records it (seen_at), and a warning says so. A reference with a digest
 * needs nobody's word.
 */
#pragma once

#include "blob_cache.h"
#include "image_reference.h"
#include "lock_file.h"
#include "network.h"
#include "ui.h"

struct image_resolver;
/* Everything is borrowed. For one thread. cache and ui may be NULL (nothing is kept or said). */
int image_resolver_new(struct image_resolver **out, struct network *network,
	struct blob_cache *cache, struct ui *ui, struct err *err);
void image_resolver_free(struct image_resolver *resolver);
AUTO_DEFINE(image_resolver);

/*
 * Fills in *out, reference and platform included; strings in the arena. CODE_NOT_FOUND: no such
 * image or tag, or none for the platform (the hint lists those that exist); CODE_INPUT: an image
 * that cannot be packed (image_pin.h). When several sources failed, the text has a reason each
 * and the code is the origin's.
 */
int image_resolve(struct image_resolver *resolver, const struct image_reference *reference,
	const struct oci_platform *platform, struct arena *arena, struct lock_image *out,
	struct err *err);

/* The same at one source and no other; neither cache nor other sources help. *failure says what a
 * failure means. */
int image_resolve_at(struct image_resolver *resolver, const struct image_source *source,
	const struct image_reference *reference, const struct oci_platform *platform,
	struct arena *arena, struct lock_image *out, struct registry_failure *failure,
	struct err *err);

/*
 * What this source has under the tag of a locked image, when it is the same image in other
 * wrapping: the config's digest and all diff_ids are the lock's, manifest and layer digests may
 * differ (a mirror that pushed the image again). Fills in *out like image_resolve(), with the
 * digests to get from this source; manifest and config are in the cache afterwards. Another image:
 * CODE_INTEGRITY, REGISTRY_WRONG.
 */
int image_resolve_equivalent(struct image_resolver *resolver, const struct image_source *source,
	const struct lock_image *locked, struct arena *arena, struct lock_image *out,
	struct registry_failure *failure, struct err *err);
