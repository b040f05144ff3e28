/* Image references: the normal and the familiar form mean the same as what was given. */
#include "fuzz.h"

#include <string.h>

#include "image_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char pin[] =
		"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct image_reference ref, again;
	const char *text = arena_strndup(arena, (const char *)data, size);
	if (image_reference_parse(text, arena, &ref, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT);
		return 0;
	}
	const char *forms[] = {
		image_reference_text(&ref, arena), image_reference_familiar(&ref, arena)};
	for (int i = 0; i < 2; i++) {
		FUZZ_PROMISE(image_reference_parse(forms[i], arena, &again, &err) == 0);
		FUZZ_PROMISE(image_reference_equal(&ref, &again));
	}
	const char *tag = image_reference_private_tag(&ref, pin, arena);
	FUZZ_PROMISE(image_reference_parse(tag, arena, &again, &err) == 0);
	FUZZ_PROMISE(strcmp(again.path, ref.path) == 0 && strlen(again.tag) <= 128);
	return 0;
}
