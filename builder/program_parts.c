/* What the stub of a target is made of. */
#include "program_parts.h"

#include "license_text.h"

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

int program_parts_fill(
	const char *target, struct manifest *manifest, struct arena *arena, struct err *err)
{
	struct license_text *parts;
	size_t count;
	if (license_text_list(&license_blob, arena, &parts, &count, err) < 0)
		return -1;
	manifest->library_count = 0;
	manifest->libraries = arena_alloc(arena, count * sizeof(*manifest->libraries));
	for (size_t i = 0; i < count; i++)
		if (license_text_is_for(&parts[i], target))
			manifest->libraries[manifest->library_count++] = (struct manifest_library){
				parts[i].name, parts[i].version, parts[i].license,
				or_null(parts[i].url), or_null(parts[i].sha256)};
	return 0;
}
