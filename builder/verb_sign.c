/* `hardtack sign FILE --key KEY.pem`: FILE.sig and FILE.sha256 for the file as it is now. */
#include "build_output.h"
#include "digest_file.h"
#include "installer_open.h"
#include "message.h"
#include "options.h"

/* A damaged installer is not signed. What is no installer (an archive) is signed as it is; which of
 * the two it is, the person is told. */
static int look_inside(struct verb *verb, struct installer *installer,
	const struct signing_key *key, struct err *err)
{
	const char *path = verb->arguments[0];
	struct err reason = ERR_INIT;
	bool is_installer;
	if (installer_open_any(installer, path, verb->ui, &is_installer, &reason, err) < 0)
		return -1;
	if (!is_installer) {
		ui_note(verb->ui, T("%s is signed as it is. It is no installer: %s"), path,
			reason.text);
		return 0;
	}
	const struct public_key *signer = bundle_signer(installer->bundle);
	const char *advice = T("recipients look at the manifest's signature: build with --sign");
	if (!signer)
		ui_warning(verb->ui, advice, T("the manifest in %s is unsigned"), path);
	else if (!public_key_equal(signer, &key->public))
		ui_warning(
			verb->ui, advice, T("the manifest in %s is signed by another key"), path);
	return 0;
}

int verb_sign(struct verb *verb, struct err *err)
{
	const struct passphrase_source source = {verb->options->passphrase_file, verb->ui};
	const char *path = verb->arguments[0];
	char fingerprint[SHA256_DIGEST_LENGTH + 1];
	struct sha256 sha256;
	AUTO_INSTALLER installer = INSTALLER_INIT;
	AUTO_SIGNING_KEY key = {0};
	if (!verb->options->key) {
		err_set(err, CODE_USAGE, "which key shall sign %s?", path);
		return err_hint(err, "say --key KEY.pem; `hardtack keygen` makes one");
	}
	if (signing_key_read(&key, verb->options->key, &source, err) < 0 ||
		look_inside(verb, &installer, &key, err) < 0 ||
		digest_file_range(installer.fd, path, 0, installer.size_bytes, &sha256, err) < 0 ||
		build_output_digest(path, &sha256, &key, err) < 0)
		return -1;
	public_key_fingerprint(&key.public, fingerprint);
	const char *signature = arena_printf(verb->arena, "%s.sig", path);
	struct ui_field fields[] = {UI_TEXT("file", path), UI_TEXT("signature", signature),
		UI_TEXT("signer", fingerprint)};
	UI_RECORD(verb->ui, "signed", fields, "%s", signature);
	return 0;
}
