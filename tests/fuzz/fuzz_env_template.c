/* Env templates: the entries lie in the file in order, and rendering keeps the rest. */
#include "fuzz.h"

#include <string.h>

#include "env_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct env_template template;
	if (env_template_parse(arena, "fuzz", (const char *)data, size, &template, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	const char **values = arena_alloc(arena, (template.count + 1) * sizeof(*values));
	for (size_t i = 0; i < template.count; i++)
		values[i] = i % 2 ? "it's \"$x\" #\n\\" : "plain";
	char *rendered = env_template_render(arena, &template, values);
	FUZZ_PROMISE(rendered != NULL);
	struct env_template again;
	FUZZ_PROMISE(env_template_parse(
			     arena, "again", rendered, strlen(rendered), &again, &err) == 0);
	FUZZ_PROMISE(again.count == template.count);
	return 0;
}
