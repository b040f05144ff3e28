/* hardtack.lock: what is accepted is written and read again, to the same bytes. */
#include "fuzz.h"

#include <string.h>

#include "lock_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct lock_file lock, again;
	AUTO_TEXT first = TEXT_INIT, second = TEXT_INIT;
	AUTO(arena) arena = arena_new();
	if (lock_file_parse(arena, "fuzz", (const char *)data, size, &lock, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	lock_file_text(&lock, &first);
	FUZZ_PROMISE(lock_file_parse(arena, "fuzz", first.bytes, first.length, &again, &err) == 0);
	lock_file_text(&again, &second);
	FUZZ_PROMISE(strcmp(first.bytes, second.bytes) == 0);
	return 0;
}
