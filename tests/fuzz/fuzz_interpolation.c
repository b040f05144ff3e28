/* Interpolation: text and variables from the input; a reference's length stays inside the text. */
#include "fuzz.h"

#include <string.h>

#include "interpolation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);
	struct variable_set variables;
	variable_set_init(&variables, arena);
	variable_set_put(&variables, "A", "value");
	variable_set_put(&variables, "EMPTY", "");
	variable_set_put(&variables, "SELF", "${SELF}");
	const char *out = interpolation_expand(arena, text, &variables, NULL, &err);
	FUZZ_PROMISE(out || err.code == CODE_INPUT);
	if (out && !strchr(text, '$'))
		FUZZ_PROMISE(strcmp(out, text) == 0);
	for (const char *at = text; *at; at++)
		FUZZ_PROMISE(interpolation_reference_length(at) <= strlen(at));
	return 0;
}
