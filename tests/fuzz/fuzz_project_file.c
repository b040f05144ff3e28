/* hardtack.yaml: what is accepted carries JSON that our JSON reader takes. */
#include "fuzz.h"

#include <string.h>

#include "json.h"
#include "project_file.h"

static void check_json(struct arena *arena, const char *text)
{
	struct err err = ERR_INIT;
	struct json value;
	if (text)
		FUZZ_PROMISE(json_parse(text, strlen(text), "fuzz", 1 << 20, arena, &value, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct project_file *file;
	AUTO(arena) arena = arena_new();
	if (project_file_parse(arena, "fuzz", (const char *)data, size, &file, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	for (size_t i = 0; i < file->step_count; i++)
		check_json(arena, file->steps[i].json);
	check_json(arena, file->preflight_json);
	check_json(arena, file->known_issues_json);
	return 0;
}
