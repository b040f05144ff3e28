/* `hardtack verify FILE`: every byte of an installer against its root and signature. */
#include "installer_open.h"
#include "message.h"
#include "options.h"

int verb_verify(struct verb *verb, struct err *err)
{
	AUTO_INSTALLER installer = INSTALLER_INIT;
	char root[SHA256_HEX_LENGTH + 1];
	const char *path = verb->arguments[0];
	if (installer_open_verified(&installer, path, verb->ui, err) < 0)
		return -1;
	sha256_to_hex(&installer.layout.locator.root, root);
	struct ui_field fields[] = {
		UI_TEXT("file", path),
		UI_NUMBER("size", installer.size_bytes),
		UI_TEXT("root", root),
	};
	UI_RECORD(verb->ui, "verified", fields, T("%s: intact, root %s"), path, root);
	return 0;
}
