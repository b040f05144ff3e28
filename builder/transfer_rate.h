/* "500K", "2M", "1MiB", "65536": bytes a second, for --limit-rate. */
#pragma once

#include <stdint.h>

#include "err.h"

/* A whole number with an optional unit: K, M, G and KB, MB, GB count by 1000, KiB, MiB, GiB by
 * 1024; "/s" may follow. NULL is no limit (0). Anything else, and 0, is CODE_USAGE. */
int transfer_rate_parse(const char *text, uint64_t *bytes_per_s, struct err *err);
