/* Bringing the bundle's images into the engine: only those not proven there, and proven after. */
#pragma once

#include "bundle_reader.h"
#include "docker_cli.h"
#include "image_proof.h"
#include "ui.h"

/* Both questions below will be asked: they are, along with the next that are asked together. */
void image_load_ahead(struct docker_cli *docker, const struct manifest *manifest, bool all);

/* Which images are to be loaded, by a look: wanted[i] for manifest->images[i], and their number.
 * Images that no active service of this manifest (a variant's, perhaps) uses are left out unless all
 * is true. */
int image_load_survey(struct docker_cli *docker, const struct manifest *manifest, bool all,
	bool *wanted, size_t *count, struct err *err);

/* What that look took for present is proven, or wanted after all. */
int image_load_confirm(struct docker_cli *docker, const struct manifest *manifest, bool all,
	bool *wanted, size_t *count, struct err *err);

/* Loads the wanted ones, in two streams where that is faster (load_lanes.h), and proves each, whatever `docker load` said. Steps "load"
 * and "prove". count 0: says that all are there. */
int image_load_run(struct docker_cli *docker, const struct bundle *bundle, const bool *wanted,
	size_t count, struct ui *ui, struct err *err);

/* The smallest image alone, for who needs any image at all (volumes are reached through one). */
int image_load_smallest(
	struct docker_cli *docker, const struct bundle *bundle, struct ui *ui, struct err *err);

/* Bytes that the engine's disk needs for these: archive and unpacked, and a twentieth more. */
uint64_t image_load_disk(const struct bundle *bundle, const bool *wanted);
