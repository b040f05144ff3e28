/*
 * Platforms of images: "linux/arm64", "linux/arm/v7" (OCI image-index, "platform").
 *
 * Normalised as containerd does it: x86_64 is amd64, aarch64 is arm64, armhf is arm/v7; the
 * default variant (arm64/v8, arm/v7, amd64/v1) and no variant are the same.
 */
#pragma once

#include <stdbool.h>

#include "oci_image.h"

/* "os/arch[/variant]", or "arch" alone for linux. CODE_USAGE for anything else. Strings: arena. */
int image_platform_parse(
	const char *text, struct arena *arena, struct oci_platform *out, struct err *err);

/* How well an image runs where `wanted` does: 0 not at all, more is better. A lower variant of
 * the same architecture runs (arm/v6 on arm/v7), a higher one does not. */
int image_platform_match(const struct oci_platform *wanted, const struct oci_platform *image);

/* The normal form: aliases replaced, the default variant left out ("linux/arm64", "linux/arm",
 * "linux/arm/v6"). Platforms that are the same have the same text. */
const char *image_platform_text(const struct oci_platform *platform, struct arena *arena);
