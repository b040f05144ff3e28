/* manifest.json: what is accepted is written and read back as the same bytes. */
#include "fuzz.h"

#include <string.h>

#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct manifest *manifest = NULL, *again = NULL;
	if (manifest_parse((const char *)data, size, arena, &manifest, &err) < 0) {
		FUZZ_PROMISE(err.code && err.text[0]);
		return 0;
	}
	AUTO_TEXT first = TEXT_INIT;
	AUTO_TEXT second = TEXT_INIT;
	manifest_write(manifest, &first);
	FUZZ_PROMISE(manifest_parse(first.bytes, first.length, arena, &again, &err) == 0);
	manifest_write(again, &second);
	FUZZ_PROMISE(strcmp(first.bytes, second.bytes) == 0);
	return 0;
}
