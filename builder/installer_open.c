/* Opening an installer file: locate, verify, read its bundle. */
#include "installer_open.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "executable_verify.h"
#include "message.h"

static int open_file(struct installer *installer, const char *path, struct err *err)
{
	struct stat st;
	installer->path = path;
	installer->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (installer->fd < 0 || fstat(installer->fd, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", path);
	installer->size_bytes = (uint64_t)st.st_size;
	return 0;
}

static int open_layout(struct installer *installer, const char *path, struct err *err)
{
	if (open_file(installer, path, err) < 0)
		return -1;
	return executable_layout_read(&installer->layout, installer->fd, path, NULL, err);
}

struct verify_progress {
	struct executable_progress base;
	struct ui *ui;
};

static int show_progress(
	struct executable_progress *progress, uint64_t done, uint64_t total, struct err *err)
{
	(void)err;
	ui_progress(((struct verify_progress *)progress)->ui, done, total);
	return 0;
}

static int verify(struct installer *installer, struct ui *ui, struct err *err)
{
	struct verify_progress progress = {{show_progress}, ui};
	return executable_verify(
		&installer->layout, installer->fd, installer->path, &progress.base, err);
}

static int read_bundle(struct installer *installer, struct err *err)
{
	const struct locator *locator = &installer->layout.locator;
	return bundle_open(&installer->bundle, installer->fd, installer->path,
		locator->payload_offset, locator->payload_length, err);
}

int installer_open(struct installer *installer, const char *path, struct err *err)
{
	return open_layout(installer, path, err) < 0 ? -1 : read_bundle(installer, err);
}

/* layout_status: how reading the layout ended. */
static int prove(struct installer *installer, int layout_status, struct ui *ui, struct err *err)
{
	const char *path = installer->path;
	if (layout_status < 0 || verify(installer, ui, err) < 0 || read_bundle(installer, err) < 0) {
		if (err->code == CODE_INTEGRITY)
			ui_step_end(ui, UI_FAILED, T("%s is not intact"), path);
		return -1; /* main ends the step of a file that could not be read */
	}
	ui_step_end(ui, UI_DONE, T("Every byte of %s is as it was built"), path);
	return 0;
}

int installer_open_verified(
	struct installer *installer, const char *path, struct ui *ui, struct err *err)
{
	ui_step_begin(ui, "verify", T("Checking every byte of %s"), path);
	return prove(installer, open_layout(installer, path, err), ui, err);
}

int installer_open_any(struct installer *installer, const char *path, struct ui *ui,
	bool *is_installer, struct err *reason, struct err *err)
{
	if (open_file(installer, path, err) < 0)
		return -1;
	*is_installer = executable_layout_read(
				&installer->layout, installer->fd, path, NULL, reason) == 0;
	if (!*is_installer)
		return 0;
	ui_step_begin(ui, "verify", T("Checking every byte of %s"), path);
	return prove(installer, 0, ui, err);
}

void installer_close(struct installer *installer)
{
	bundle_free(installer->bundle);
	if (installer->fd >= 0)
		close(installer->fd);
	*installer = (struct installer)INSTALLER_INIT;
}
