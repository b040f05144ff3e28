/*
 * What a source really has of an image: reachable, the same content, how quick. For
 * `hardtack mirrors test`; nothing is kept, nothing changes.
 */
#pragma once

#include "image_resolve.h"

enum mirror_content {
	MIRROR_UNREACHABLE, /* no answer, or not a registry's */
	MIRROR_REFUSED,     /* wants a login, has an allow-list, or has had enough of us */
	MIRROR_ABSENT,      /* has no such image, or not for the platform */
	MIRROR_BROKEN,      /* serves something else than an image */
	MIRROR_DIFFERENT,   /* another image under that name: an old one, or somebody else's */
	MIRROR_REPUSHED,    /* the same config and layers, pushed again: other digests */
	MIRROR_STALE_TAG,   /* the pinned image by digest; its tag means another one */
	MIRROR_FOUND,       /* an image; there is no pin to hold it against */
	MIRROR_SAME         /* the pinned image */
};

struct mirror_trial {
	enum mirror_content content;
	const char *manifest; /* what the source has, or NULL */
	uint64_t elapsed_ms;  /* until its manifest was here; 0: it was not */
	uint64_t bytes_per_s; /* of a layer's last part; 0: not measured */
	const char *reason;   /* of a failure: the error's text; "" */
};

/* Can `hardtack fetch` take the image from a source that is so? */
bool mirror_trial_is_usable(enum mirror_content content);

/* "same", "re-pushed", …: the machine's name. */
const char *mirror_trial_name(enum mirror_content content);

/*
 * One source of one image. pinned is what to hold it against (the lock's entry, or what the origin
 * said), or NULL. *found (may be NULL) gets what the source has, when it has an image. Fails only
 * by an interrupt.
 */
int mirror_trial_run(struct image_resolver *resolver, struct network *network,
	const struct image_source *source, const struct image_reference *reference,
	const struct oci_platform *platform, const struct lock_image *pinned, struct arena *arena,
	struct mirror_trial *out, struct lock_image *found, struct err *err);
