/* The running file as a bundle. */
#include "session.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "executable_verify.h"
#include "file_io.h"
#include "interrupt.h"
#include "locator_self.h"
#include "message.h"
#include "proof.h"
#include "self_locate.h"

int session_open(struct session *session, struct err *err)
{
	unsigned char own_locator[LOCATOR_BYTES];
	if (session->fd >= 0)
		return 0;
	if (self_locate_open(&session->fd, &session->path, session->arena, err) < 0)
		return -1;
	locator_self_read(own_locator);
	return executable_layout_read(
		&session->layout, session->fd, session->path, own_locator, err);
}

struct verify_progress {
	struct executable_progress progress;
	struct ui *ui;
};

static int update(
	struct executable_progress *progress, uint64_t done, uint64_t total, struct err *err)
{
	ui_progress(((struct verify_progress *)progress)->ui, done, total);
	return interrupt_check(err);
}

int session_verify(struct session *session, struct err *err)
{
	struct verify_progress progress = {.progress.update = update, .ui = session->ui};
	AUTO_TEXT size = TEXT_INIT;
	if (session->verified)
		return 0;
	ui_step_begin(session->ui, "verify", "%s", T("Checking every byte of this file"));
	if (executable_verify(
		    &session->layout, session->fd, session->path, &progress.progress, err) < 0) {
		if (err->code == CODE_INTEGRITY)
			err_hint(err, "copy the file again, from where you got it; nothing on this "
				      "machine was changed");
		return -1;
	}
	char root[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&session->layout.locator.root, root);
	proof_add(session, "verify", file_base_name(session->path),
		arena_printf(session->arena, "root %s", root));
	text_add_size(&size, session->layout.file_size);
	ui_step_end(session->ui, UI_DONE, T("This file is intact (%s)"), size.bytes);
	session->verified = true;
	return 0;
}

static int judge(struct session *session, struct err *err)
{
	if (session->judged)
		return 0;
	if (trusted_keys_read(
		    &session->trusted, session->options->require_key, session->arena, err) < 0 ||
		trusted_keys_check(
			&session->trusted, bundle_signer(session->bundle), session->path, err) < 0)
		return -1;
	session->judged = true;
	return 0;
}

static int read_bundle(struct session *session, struct err *err)
{
	const struct locator *locator = &session->layout.locator;
	char fingerprint[SHA256_DIGEST_LENGTH + 1];
	if (session->bundle)
		return 0;
	if (session_open(session, err) < 0 ||
		bundle_open(&session->bundle, session->fd, session->path, locator->payload_offset,
			locator->payload_length, err) < 0)
		return -1;
	session->variant_count = 1 + bundle_manifest(session->bundle)->fallback_count;
	session_use_variant(session, 0);
	if (bundle_signer(session->bundle)) {
		public_key_fingerprint(bundle_signer(session->bundle), fingerprint);
		session->signer = arena_strdup(session->arena, fingerprint);
	}
	return 0;
}

int session_read_bundle(struct session *session, struct err *err)
{
	if (read_bundle(session, err) < 0)
		return -1;
	return session->options->require_key ? judge(session, err) : 0;
}

int session_open_bundle(struct session *session, struct err *err)
{
	return read_bundle(session, err) < 0 ? -1 : judge(session, err);
}

struct entry_progress {
	struct stream_sink sink;
	struct ui *ui;
	uint64_t done, total;
};

static int count_entry(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct entry_progress *progress = (struct entry_progress *)sink;
	(void)bytes;
	ui_progress(progress->ui, progress->done += length, progress->total);
	return interrupt_check(err);
}

static int hold_against_manifest(struct session *session, struct err *err)
{
	struct entry_progress progress = {
		{count_entry}, session->ui, 0, session->layout.locator.payload_length};
	if (!session->trusted.count)
		return 0;
	ui_step_begin(session->ui, "signature", "%s",
		T("Holding every part of this file against its signed manifest"));
	if (bundle_stream_all(session->bundle, &progress.sink, err) < 0)
		return -1;
	ui_step_end(session->ui, UI_DONE, T("Signed by a key in %s"), session->trusted.place);
	return 0;
}

void session_use_variant(struct session *session, size_t variant)
{
	session->variant = variant;
	session->manifest =
		manifest_variant(bundle_manifest(session->bundle), variant, session->arena);
}

size_t session_find_variant(const struct session *session, const char *name)
{
	const struct manifest *bundle = bundle_manifest(session->bundle);
	for (size_t i = 0; i < bundle->fallback_count; i++)
		if (strcmp(bundle->fallback[i].variant, name) == 0)
			return i + 1;
	return session->variant_count;
}

int session_open_verified(struct session *session, struct err *err)
{
	if (session_open(session, err) < 0 || session_verify(session, err) < 0 ||
		session_open_bundle(session, err) < 0)
		return -1;
	return hold_against_manifest(session, err);
}

bool session_ignores(const struct session *session, const char *finding)
{
	const struct option_list *list = &session->options->ignore_preflight;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], finding) == 0)
			return true;
	return false;
}

const char *session_signer_text(const struct session *session)
{
	return session->signer ? arena_printf(session->arena, T("signed by %s"), session->signer)
			       : T("unsigned");
}

int session_require_images(const struct session *session, const char *installer, struct err *err)
{
	if (!session->manifest->installer)
		return 0;
	err_set(err, CODE_USAGE, "this small control program holds no images");
	return err_hint(err, "run the installer: %s",
		arena_shell_word(
			session->arena, installer ? installer : session->manifest->installer));
}

int session_open_other(struct session *other, const struct session *session, const char *path,
	const struct stub_options *options, struct err *err)
{
	*other = (struct session){.arena = session->arena,
		.ui = session->ui,
		.options = options,
		.path = arena_strdup(session->arena, path),
		.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (other->fd < 0)
		return err_set_errno(err, CODE_IO, "open %s", path);
	if (executable_layout_read(&other->layout, other->fd, other->path, NULL, err) < 0 ||
		executable_verify(&other->layout, other->fd, other->path, NULL, err) < 0)
		return -1;
	return session_open_bundle(other, err);
}

void session_close(struct session *session)
{
	bundle_free(session->bundle);
	session->bundle = NULL;
	if (session->fd >= 0)
		close(session->fd);
	session->fd = -1;
}
