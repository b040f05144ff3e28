/* `hardtack keygen KEY.pem`: a private key, and its public half beside it. */
#include <unistd.h>

#include "message.h"
#include "options.h"
#include "signing_key.h"
#include "text.h"

/* "key.pem" -> "key.pub.pem". */
static const char *public_path(const char *path, struct arena *arena)
{
	size_t length = strlen(path) - (text_ends_with(path, ".pem") ? strlen(".pem") : 0);
	return arena_printf(arena, "%.*s.pub.pem", (int)length, path);
}

static int write_pair(const struct signing_key *key, const char *path, const char *public,
	const char *passphrase, struct err *err)
{
	if (signing_key_write(key, path, passphrase, err) < 0)
		return -1;
	if (signing_key_write_public(key, public, err) == 0)
		return 0;
	unlink(path); /* nobody has used it */
	return -1;
}

int verb_keygen(struct verb *verb, struct err *err)
{
	const char *path = verb->arguments[0], *public = public_path(path, verb->arena);
	const struct passphrase_source source = {verb->options->passphrase_file, verb->ui};
	char fingerprint[SHA256_DIGEST_LENGTH + 1];
	AUTO_PASSPHRASE passphrase = {{0}};
	AUTO_SIGNING_KEY key = {0};
	if (signing_key_check_new(path, err) < 0 || signing_key_check_new(public, err) < 0 ||
		passphrase_choose(&passphrase, &source, err) < 0 ||
		signing_key_generate(&key, err) < 0 ||
		write_pair(&key, path, public, passphrase.text, err) < 0)
		return -1;
	public_key_fingerprint(&key.public, fingerprint);
	if (*passphrase.text)
		ui_note(verb->ui,
			T("%s is the private key, under its passphrase: keep both, and "
			  "show neither to anybody."),
			path);
	else
		ui_note(verb->ui,
			T("%s is the private key, without a passphrase: whoever reads it can sign "
			  "in your name."),
			path);
	ui_note(verb->ui, T("%s is for everybody who shall know your files."), public);
	struct ui_field fields[] = {UI_TEXT("private", path), UI_TEXT("public", public),
		UI_TEXT("fingerprint", fingerprint), UI_BOOL("encrypted", *passphrase.text != 0)};
	UI_RECORD(verb->ui, "key", fields, "%s", fingerprint);
	return 0;
}
