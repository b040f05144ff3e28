/*
 * Which images may be loaded at the same time.
 *
 * `docker load` keeps one core of the engine busy, image by image. Two of them side by side take
 * two thirds of the time (docs/bench), as long as they have nothing in common: a layer that both
 * bring would be unpacked twice, and what engines do then differs.
 */
#pragma once

#include "manifest.h"

enum {
	LOAD_LANES_MOST = 2,
	LOAD_LANES_WORTH_BYTES = 8 << 20, /* below, a second docker costs more than it saves */
};

/* Shares the wanted images out, in the order of the manifest, so that no layer is in two lanes and
 * the lanes are about as long; lanes[n][i] for manifest->images[i], in the arena. The number of
 * lanes: 1 when one image, or one base, has most of it. */
size_t load_lanes_split(const struct manifest *manifest, const bool *wanted, struct arena *arena,
	bool *lanes[LOAD_LANES_MOST]);
