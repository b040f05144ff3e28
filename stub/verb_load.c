/* load: only the images, into Docker, or as a `docker load` archive. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "image_load.h"
#include "interrupt.h"
#include "message.h"
#include "preflight.h"
#include "receipt.h"
#include "verbs.h"

struct file_sink {
	struct stream_sink sink;
	int fd;
	const char *name;
	struct ui *ui;
	uint64_t done, total;
};

static int sink_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;
	if (interrupt_check(err) < 0 || file_write(file->fd, file->name, bytes, length, err) < 0)
		return -1;
	file->done += length;
	ui_progress(file->ui, file->done, file->total);
	return 0;
}

static int write_archive(struct session *session, int fd, const char *name, struct err *err)
{
	size_t count = session->manifest->image_count;
	bool *all = arena_alloc(session->arena, count * sizeof(bool) + 1);
	struct file_sink file = {
		.sink.write = sink_write, .fd = fd, .name = name, .ui = session->ui};
	memset(all, true, count);
	file.total = bundle_images_size(session->bundle, all);
	ui_step_begin(session->ui, "archive", T("Writing %s"), name);
	if (bundle_stream_images(session->bundle, all, &file.sink, err) < 0)
		return -1;
	ui_step_end(session->ui, UI_DONE, T("%s is written"), name);
	return 0;
}

static int to_output(struct session *session, const char *output, struct err *err)
{
	AUTO_OUTPUT file = FILE_OUTPUT_INIT;
	struct stat st;
	/* A device or a pipe takes the bytes itself; a new file in its place would be no favour. */
	if (strcmp(output, "-") != 0 && stat(output, &st) == 0 && !S_ISREG(st.st_mode)) {
		AUTO_FD fd = open(output, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return err_set_errno(err, CODE_IO, "open %s", output);
		return write_archive(session, fd, output, err);
	}
	if (strcmp(output, "-") != 0) {
		if (file_output_open(&file, output, 0644, err) < 0 ||
			write_archive(session, file.fd, output, err) < 0)
			return -1;
		return file_output_commit(&file, err);
	}
	if (ui_is_json(session->ui))
		return err_set(err, CODE_USAGE, "--json and --output - both want stdout");
	if (isatty(STDOUT_FILENO)) {
		err_set(err, CODE_USAGE, "stdout is a terminal, the archive is not a text");
		return err_hint(err, "send it on: … load --output - | docker load");
	}
	return write_archive(session, STDOUT_FILENO, T("standard output"), err);
}

/* Where the installer was when it was run; NULL: nobody knows. */
static const char *known_installer(struct session *session)
{
	struct place place = PLACE_INIT;
	struct receipt *receipt = NULL;
	struct err ignored = ERR_INIT;
	if (!session->manifest->installer || place_choose(&place, session, &ignored) < 0 ||
		receipt_read(place.directory, session->arena, &receipt, &ignored) < 0)
		return NULL;
	return receipt ? receipt->installer : NULL;
}

int verb_load(struct session *session, struct err *err)
{
	if (session_open_verified(session, err) < 0 ||
		session_require_images(session, known_installer(session), err) < 0)
		return -1;
	if (session->options->output)
		return to_output(session, session->options->output, err);
	struct preflight preflight = {.session = session, .may_ask = true};
	if (preflight_run(&preflight, err) < 0 ||
		image_load_confirm(&preflight.docker, session->manifest, true, preflight.wanted,
			&preflight.wanted_count, err) < 0 ||
		image_load_run(&preflight.docker, session->bundle, preflight.wanted,
			preflight.wanted_count, session->ui, err) < 0)
		return -1;
	for (size_t i = 0; i < session->manifest->image_count; i++) {
		const struct manifest_image *image = &session->manifest->images[i];
		struct ui_field fields[] = {UI_TEXT("tag", image->tag), UI_TEXT("pin", image->pin)};
		UI_RECORD(session->ui, "loaded", fields, "%s", image->tag);
	}
	return 0;
}
