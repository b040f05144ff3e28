/*
 * `hardtack verify FILE`: every byte of an installer against its root and code signature, and who
 * signed it. With keys to trust (trusted_keys.h) one of them must have signed: the manifest, which
 * then vouches for every entry, or the complete file in FILE.sig. FILE.sig is checked whenever it
 * is there; with it any other file can be verified too.
 */
#include <unistd.h>

#include "digest_file.h"
#include "file_io.h"
#include "installer_open.h"
#include "interrupt.h"
#include "message.h"
#include "options.h"
#include "signature.h"
#include "trusted_keys.h"

struct verification {
	struct verb *verb;
	const char *path;
	struct installer installer;
	bool is_installer;
	struct trusted_keys trusted;
	const struct public_key *signer;      /* of the manifest, or NULL */
	const struct public_key *file_signer; /* of FILE.sig, or NULL */
};

/* Whose signature FILE.sig can be: a trusted key's, or else that of who signed the manifest. */
static const struct public_key *find_file_signer(const struct verification *verification,
	const void *bytes, size_t length, const struct sha256 *digest)
{
	const struct trusted_keys *trusted = &verification->trusted;
	struct signature signature;
	if (!signature_decode(&signature, bytes, length))
		return NULL;
	for (size_t i = 0; i < trusted->count; i++)
		if (signature_verify(&signature, &trusted->keys[i], digest))
			return &trusted->keys[i];
	const struct public_key *signer = trusted->count ? NULL : verification->signer;
	return signer && signature_verify(&signature, signer, digest) ? signer : NULL;
}

static int check_file_signature(struct verification *verification, struct err *err)
{
	const char *path = verification->path;
	const struct installer *installer = &verification->installer;
	const char *name = arena_printf(verification->verb->arena, "%s.sig", path);
	struct sha256 digest;
	char *bytes;
	size_t length;
	if (access(name, F_OK) < 0)
		return 0;
	if (!verification->trusted.count && !verification->signer) {
		ui_warning(verification->verb->ui, T("say whose it should be: --key PUB.pem"),
			T("%s was not checked: there is no key to check it with"), name);
		return 0;
	}
	if (file_read_all(name, PUBLIC_KEY_FILE_LIMIT, verification->verb->arena, &bytes, &length,
		    err) < 0 ||
		digest_file_range(installer->fd, path, 0, installer->size_bytes, &digest, err) < 0)
		return -1;
	verification->file_signer = find_file_signer(verification, bytes, length, &digest);
	if (verification->file_signer)
		return 0;
	/* Foreign through and through: then who it is says more. */
	if (verification->is_installer &&
		trusted_keys_check(
			&verification->trusted, verification->signer, path, err) < 0)
		return -1;
	err_set(err, CODE_INTEGRITY, "%s is no signature of %s by %s", name, path,
		verification->trusted.count ? verification->trusted.place
					    : T("who signed its manifest"));
	return err_hint(err, "a file that Apple's tools have signed again needs `hardtack sign` "
			     "again; otherwise do not use it");
}

static int pass_over(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	(void)sink;
	(void)bytes;
	(void)length;
	return interrupt_check(err);
}

/* The root finds damage, but whoever alters a file can compute it again. */
static int check_trust(struct verification *verification, struct err *err)
{
	struct stream_sink nowhere = {pass_over};
	const struct trusted_keys *trusted = &verification->trusted;
	if (!trusted->count || verification->file_signer)
		return 0;
	if (trusted_keys_check(trusted, verification->signer, verification->path, err) < 0)
		return -1;
	ui_note(verification->verb->ui,
		T("Manifest and payload are signed. The program in front of them is covered by "
		  "%s.sig alone, which is not here."),
		verification->path);
	return bundle_stream_all(verification->installer.bundle, &nowhere, err);
}

static const char *fingerprint_of(const struct public_key *key, struct arena *arena)
{
	char fingerprint[SHA256_DIGEST_LENGTH + 1];
	if (!key)
		return NULL;
	public_key_fingerprint(key, fingerprint);
	return arena_strdup(arena, fingerprint);
}

static void show(const struct verification *verification)
{
	struct verb *verb = verification->verb;
	const struct installer *installer = &verification->installer;
	const char *path = verification->path;
	const char *signer = fingerprint_of(verification->signer, verb->arena);
	const char *file_signer = fingerprint_of(verification->file_signer, verb->arena);
	char root[SHA256_HEX_LENGTH + 1] = "";
	if (verification->is_installer)
		sha256_to_hex(&installer->layout.locator.root, root);
	struct ui_field fields[] = {
		UI_TEXT("file", path),
		UI_NUMBER("size", installer->size_bytes),
		UI_TEXT("root", *root ? root : NULL),
		UI_TEXT("signer", signer),
		UI_TEXT("file_signer", file_signer),
		UI_BOOL("trusted", verification->trusted.count > 0),
	};
	if (!*root)
		UI_RECORD(verb->ui, "verified", fields, T("%s: signed as a whole by %s"), path,
			file_signer);
	else if (signer || file_signer)
		UI_RECORD(verb->ui, "verified", fields, T("%s: intact, root %s\nsigned by %s%s"),
			path, root, signer ? signer : file_signer,
			file_signer ? T(", as a whole") : "");
	else
		UI_RECORD(verb->ui, "verified", fields, T("%s: intact, root %s\nunsigned"), path,
			root);
}

static int verify(struct verification *verification, struct err *err)
{
	struct verb *verb = verification->verb;
	struct err reason = ERR_INIT;
	if (trusted_keys_read(&verification->trusted, verb->options->key, verb->arena, err) < 0 ||
		installer_open_any(&verification->installer, verification->path, verb->ui,
			&verification->is_installer, &reason, err) < 0)
		return -1;
	if (verification->is_installer)
		verification->signer = bundle_signer(verification->installer.bundle);
	if (check_file_signature(verification, err) < 0)
		return -1;
	if (!verification->is_installer && !verification->file_signer) {
		ui_step_begin(
			verb->ui, "verify", T("Checking every byte of %s"), verification->path);
		ui_step_end(verb->ui, UI_FAILED, T("%s is not intact"), verification->path);
		*err = reason;
		return -1;
	}
	return check_trust(verification, err);
}

int verb_verify(struct verb *verb, struct err *err)
{
	struct verification verification = {
		.verb = verb, .path = verb->arguments[0], .installer = INSTALLER_INIT};
	int status = verify(&verification, err);
	if (status == 0)
		show(&verification);
	installer_close(&verification.installer);
	return status;
}
