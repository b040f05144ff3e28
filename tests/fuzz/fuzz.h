/*
 * Fuzz targets: each fuzz_<parser>.c defines the function that libFuzzer calls with any bytes.
 * `make fuzz-<parser>` searches with libFuzzer (clang); `make check-fuzz` replays the corpora and
 * fixed mutations of them under ASan and UBSan, with any compiler (replay.c).
 *
 * A target checks more than "does not crash": what was accepted must hold its own promises.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test; abort() is what libFuzzer takes notice of. */
#define FUZZ_PROMISE(cond)                                                                         \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)
