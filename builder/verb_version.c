/* `hardtack version`: of this program; with --licenses, what it is made of. */
#include "license_record.h"
#include "options.h"
#include "version.h"

int verb_version(struct verb *verb, struct err *err)
{
	if (verb->options->licenses)
		return license_record_all(&license_blob, verb->ui, verb->arena, err);
	struct ui_field fields[] = {UI_TEXT("version", HARDTACK_VERSION)};
	UI_RECORD(verb->ui, "version", fields, "%s", "hardtack " HARDTACK_VERSION);
	return 0;
}
