/* verify: every byte of this file. */
#include "message.h"
#include "verbs.h"

int verb_verify(struct session *session, struct err *err)
{
	if (session_open_verified(session, err) < 0)
		return -1;
	char root[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&session->layout.locator.root, root);
	struct ui_field fields[] = {UI_TEXT("path", session->path), UI_TEXT("root", root),
		UI_NUMBER("size", session->layout.file_size), UI_TEXT("signer", session->signer),
		UI_BOOL("trusted", session->trusted.count > 0)};
	UI_RECORD(session->ui, "verified", fields, T("%s: intact, %s"), session->path,
		session_signer_text(session));
	return 0;
}
