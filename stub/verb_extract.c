/* extract: the contents of this file as files. */
#include "bundle_extract.h"
#include "message.h"
#include "verbs.h"

int verb_extract(struct session *session, struct err *err)
{
	const char *directory = session->arguments[0];
	if (session_open_verified(session, err) < 0)
		return -1;
	ui_step_begin(session->ui, "extract", T("Unpacking into %s"), directory);
	if (bundle_extract(session->bundle, directory, err) < 0)
		return -1;
	ui_step_end(session->ui, UI_DONE, T("Unpacked into %s"), directory);
	struct ui_field fields[] = {UI_TEXT("directory", directory)};
	UI_RECORD(session->ui, "extracted", fields, "%s", directory);
	return 0;
}
