/* `hardtack extract FILE DIR`: the payload, unpacked after every byte was checked. */
#include "bundle_extract.h"
#include "installer_open.h"
#include "message.h"
#include "options.h"

int verb_extract(struct verb *verb, struct err *err)
{
	AUTO_INSTALLER installer = INSTALLER_INIT;
	const char *path = verb->arguments[0], *directory = verb->arguments[1];
	if (installer_open_verified(&installer, path, verb->ui, err) < 0)
		return -1;
	if (bundle_extract(installer.bundle, directory, err) < 0)
		return err_wrap(err, "extract %s", path);
	struct ui_field fields[] = {UI_TEXT("directory", directory)};
	UI_RECORD(verb->ui, "extracted", fields, "%s", directory);
	return 0;
}
