/* Compose projects: any bytes as the compose file and all that it includes, extends or reads. */
#include "fuzz.h"

#include <string.h>

#include "compose_project.h"

static const uint8_t *bytes_of_all;
static size_t size_of_all;

static int read_any(struct compose_reader *reader, const char *path, struct arena *arena,
	char **bytes, size_t *length, struct err *err)
{
	(void)reader;
	(void)err;
	*bytes = NULL;
	*length = 0;
	/* Enough files to include and extend, also itself; env files hold the same bytes. */
	if (strlen(path) > 40)
		return 0;
	*bytes = arena_strndup(arena, (const char *)bytes_of_all, size_of_all);
	*length = size_of_all;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct finding_list warnings;
	struct compose_reader reader = {read_any};
	struct compose_options options = {.reader = &reader};
	if (size > 8192)
		return 0;
	bytes_of_all = data;
	size_of_all = size;
	finding_list_init(&warnings, arena);
	struct compose_project *project =
		compose_project_load(arena, "compose.yaml", &options, &warnings, &err);
	FUZZ_PROMISE(project || (err.code && err.text[0]));
	for (size_t i = 0; project && i < project->service_count; i++) {
		const struct compose_service *service = &project->services[i];
		FUZZ_PROMISE(compose_project_service(project, service->name) == service);
		FUZZ_PROMISE(service->place.file && service->value);
		if (service->image && service->image_place.end)
			FUZZ_PROMISE(service->image_place.end <= service->image_place.file->length);
	}
	return 0;
}
