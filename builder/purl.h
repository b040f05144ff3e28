/* Package URLs (github.com/package-url/purl-spec): one line that names a package of any kind. */
#pragma once

#include "arena.h"

/* pkg:oci/postgres@sha256%3A…?arch=arm64&repository_url=docker.io/library/postgres&tag=17
 * reference is normalised; pin is "sha256:<hex>"; NULL when the reference is none. */
const char *purl_of_image(
	const char *reference, const char *pin, const char *architecture, struct arena *arena);

/* Of a downloaded file, when its address says what it is: a wheel's name (PEP 427) or a registry's
 * path NAME/-/NAME-VERSION.tgz make pkg:pypi and pkg:npm. NULL when it does not. */
const char *purl_of_download(const char *url, struct arena *arena);

/* pkg:generic/zlib@1.3.1 */
const char *purl_generic(const char *name, const char *version, struct arena *arena);
