/* `version --licenses`. */
#include "license_record.h"

int license_record_all(
	const struct license_blob *blob, struct ui *ui, struct arena *arena, struct err *err)
{
	struct license_text *parts;
	size_t count;
	if (license_text_list(blob, arena, &parts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct license_text *part = &parts[i];
		struct ui_field fields[] = {UI_TEXT("name", part->name),
			UI_TEXT("version", part->version), UI_TEXT("license", part->license),
			UI_TEXT("source", part->url[0] ? part->url : NULL),
			UI_TEXT("text", part->text)};
		UI_RECORD(ui, "license", fields, "──── %s %s (%s) ────\n\n%s", part->name,
			part->version, part->license, part->text);
	}
	return 0;
}
