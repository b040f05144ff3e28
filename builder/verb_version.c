/* `hardtack version`. */
#include "options.h"
#include "version.h"

int verb_version(struct verb *verb, struct err *err)
{
	(void)err;
	struct ui_field fields[] = {UI_TEXT("version", HARDTACK_VERSION)};
	UI_RECORD(verb->ui, "version", fields, "%s", "hardtack " HARDTACK_VERSION);
	return 0;
}
