/* version: of the project in this file, and of the hardtack that made it; with --licenses, what the
 * program is made of. */
#include "license_record.h"
#include "verbs.h"

int verb_version(struct session *session, struct err *err)
{
	if (session->options->licenses)
		return license_record_all(&license_blob, session->ui, session->arena, err);
	if (session_read_bundle(session, err) < 0)
		return -1;
	const struct manifest *manifest = session->manifest;
	struct ui_field fields[] = {UI_TEXT("name", manifest->name),
		UI_TEXT("version", manifest->version), UI_TEXT("builder", manifest->builder),
		UI_TEXT("target", session->layout.target)};
	UI_RECORD(session->ui, "version", fields, "%s%s%s (%s, %s)", manifest->name,
		manifest->version ? " " : "", manifest->version ? manifest->version : "",
		session->layout.target, manifest->builder);
	return 0;
}
