/* The signer of an installation must not change unnoticed. */
#include "signer.h"

#include <string.h>

#include "message.h"

static int refuse(const struct session *session, const struct receipt *old, struct err *err)
{
	err_set(err, CODE_INTEGRITY,
		"what is installed was signed by %s, this file is not: it is %s", old->signer,
		session_signer_text(session));
	return err_hint(err, "ask its maker by another way than the file's; to accept it: "
			     "--require-key with the new key, or --ignore-preflight signer");
}

int signer_check_change(const struct session *session, const struct receipt *old, struct err *err)
{
	const struct stub_options *options = session->options;
	bool yes = false;
	if (!old || !old->signer || session->trusted.count ||
		(session->signer && strcmp(session->signer, old->signer) == 0))
		return 0;
	if (session_ignores(session, "signer")) {
		ui_warning(session->ui, NULL,
			T("What is installed was signed by %s; this file is %s."), old->signer,
			session_signer_text(session));
		return 0;
	}
	if (options->yes || options->dry_run || !ui_can_ask(session->ui))
		return refuse(session, old, err);
	ui_warning(session->ui, T("ask its maker by another way than the file's"),
		T("What is installed was signed by %s; this file is %s."), old->signer,
		session_signer_text(session));
	if (ui_confirm(session->ui, T("Do you know why, and trust this file all the same?"), false,
		    &yes, err) < 0)
		return -1;
	return yes ? 0 : err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
}
