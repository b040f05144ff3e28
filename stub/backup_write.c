/* Making a backup: plan, stop, copy, start, verify, name. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "backup_archive.h"
#include "backup_hook.h"
#include "backup_plan.h"
#include "docker_services.h"
#include "file_io.h"
#include "interrupt.h"
#include "journal.h"
#include "message.h"
#include "rollback.h"

struct writing {
	const struct backup_request *request;
	struct session *session;
	struct arena *arena;
	struct receipt *receipt;
	const struct rollback_version *wrote; /* instead of the receipt's version, or NULL */
	struct backup_plan plan;
	struct backup_archive archive;
	struct backup backup; /* what backup.json will say */
	bool hook, stopped;
};

/* ---- before anything ---- */

int backup_check_path(const struct backup_request *request, struct err *err)
{
	const char *path = request->path;
	size_t length = strlen(path);
	struct stat st;
	bool exists = lstat(path, &st) == 0;
	AUTO_FREE char *directory = file_directory(path);
	if (length == 0 || strcmp(path, "-") == 0 || path[length - 1] == '/' ||
		(exists && S_ISDIR(st.st_mode))) {
		err_set(err, CODE_USAGE,
			"\"%s\" is no file's name: a backup is written to a file, "
			"for it is read again to be verified",
			path);
		return err_hint(
			err, "name a new file, for example %s-backup.tar", request->place->project);
	}
	if (exists && (!request->replace || !S_ISREG(st.st_mode)))
		return file_refuse_existing(path, err);
	return access(directory, W_OK) == 0 ? 0 : err_set_errno(err, CODE_IO, "create %s", path);
}

static int check_room(const struct writing *writing, struct err *err)
{
	struct statvfs fs;
	AUTO_FREE char *directory = file_directory(writing->request->path);
	AUTO_TEXT need_text = TEXT_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	if (statvfs(directory, &fs) < 0)
		return err_set_errno(err, CODE_IO, "open %s", directory);
	uint64_t have = (uint64_t)fs.f_bavail * fs.f_frsize;
	uint64_t need = writing->hook ? 0 : writing->plan.bytes;
	if (have >= need)
		return 0;
	text_add_size(&need_text, need);
	text_add_size(&have_text, have);
	err_set(err, CODE_DISK_FULL, "the backup needs about %s, and the disk of %s has %s left",
		need_text.bytes, directory, have_text.bytes);
	return err_hint(err, "make room there, or write it to another disk; nothing was stopped");
}

/* ---- services ---- */

static int tell(struct writing *writing, bool stopped, struct err *err)
{
	const struct backup_request *request = writing->request;
	return request->stopping ? request->stopping(request->context, stopped, err) : 0;
}

static int stop_services(struct writing *writing, struct err *err)
{
	const struct backup_request *request = writing->request;
	struct compose_project project =
		place_compose(request->place, writing->session, writing->arena);
	if (writing->hook || !writing->plan.running)
		return 0;
	ui_step_begin(writing->session->ui, "backup-stop", "%s",
		T("Stopping the services, so that the backup is consistent"));
	if (tell(writing, true, err) < 0)
		return -1;
	writing->stopped = true;
	/* What compose's file no longer names, and one-off containers, write to the data, too. */
	if (docker_services_stop(request->docker, &project, writing->session->ui, err) < 0 ||
		docker_project_stop(request->docker, request->place->project, err) < 0)
		return -1;
	ui_step_end(writing->session->ui, UI_DONE, "%s", T("The services are stopped"));
	return 0;
}

/* Also after a signal: what was stopped for the backup does not stay so. The first error counts. */
static int start_services(struct writing *writing, int status, struct err *err)
{
	const struct backup_request *request = writing->request;
	struct ui *ui = writing->session->ui;
	struct err start_err = ERR_INIT;
	struct compose_project project =
		place_compose(request->place, writing->session, writing->arena);
	if (!writing->stopped || !request->start_again)
		return status;
	interrupt_defer(true);
	ui_step_begin(ui, "backup-start", "%s", T("Starting the services again"));
	int started = docker_services_start_again(request->docker, &project, writing->plan.ran,
		writing->plan.ran_count, ui, &start_err);
	if (started == 0)
		started = tell(writing, false, &start_err);
	interrupt_defer(false);
	if (started == 0) {
		writing->stopped = false;
		ui_step_end(ui, UI_DONE, "%s", T("The services are started again"));
		return status;
	}
	docker_services_tell(request->docker, &project, &start_err);
	if (status == 0)
		*err = start_err;
	else
		ui_warning(ui, start_err.hint, "%s", start_err.text);
	return -1;
}

/* ---- what it says of itself ---- */

static void describe(struct writing *writing, const char *created_at)
{
	const struct session *session = writing->session;
	const struct manifest *manifest = session->manifest;
	const struct receipt *receipt = writing->receipt;
	struct backup *backup = &writing->backup;
	char root[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&session->layout.locator.root, root);
	*backup = (struct backup){.fd = -1,
		.path = writing->request->path,
		.name = receipt ? receipt->name : manifest->name,
		.version = receipt ? receipt->version : manifest->version,
		.project = writing->request->place->project,
		.directory = writing->request->place->directory,
		.created_at = created_at,
		.root = receipt ? receipt->root : arena_strdup(writing->arena, root),
		.builder = receipt ? receipt->builder : manifest->builder,
		.has_hook = writing->hook,
		.volumes = writing->plan.volumes,
		.volume_count = writing->plan.volume_count,
		.not_in = writing->plan.not_in,
		.not_in_count = writing->plan.not_in_count};
	if (writing->wrote) {
		backup->version = writing->wrote->version;
		backup->root = writing->wrote->root;
	}
	if (receipt) {
		backup->images = receipt->images;
		backup->image_count = receipt->image_count;
		return;
	}
	backup->images =
		arena_alloc(writing->arena, (manifest->image_count + 1) * sizeof(*backup->images));
	backup->image_count = manifest->image_count;
	for (size_t i = 0; i < manifest->image_count; i++)
		backup->images[i] = (struct receipt_image){manifest->images[i].reference,
			manifest->images[i].tag, manifest->images[i].pin,
			manifest->images[i].config};
}

/* backup.json comes first and names entries that come later: their paths are known. */
static int name_entries(struct writing *writing, struct err *err)
{
	struct backup_plan *plan = &writing->plan;
	struct backup *backup = &writing->backup;
	struct backup_entry *entries = arena_alloc(writing->arena,
		(plan->volume_count + plan->directory_count + 1) * sizeof(*entries));
	size_t count = 0;
	if (writing->hook &&
		backup_hook_check(writing->session, plan->volumes, plan->volume_count, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->volume_count; i++) {
		bool covered = false;
		if (writing->hook && backup_hook_covers(writing->session, plan->volumes[i].key,
					     &covered, err) < 0)
			return -1;
		if (covered)
			continue;
		entries[count].path = arena_printf(
			writing->arena, BACKUP_VOLUMES "%s.tar", plan->volumes[i].name);
		plan->volumes[i].data = &entries[count++];
	}
	backup->directories = arena_alloc(
		writing->arena, (plan->directory_count + 1) * sizeof(*backup->directories));
	for (size_t i = 0; i < plan->directory_count; i++) {
		entries[count].path =
			arena_printf(writing->arena, BACKUP_DIRECTORIES "%zu.tar", i + 1);
		backup->directories[backup->directory_count++] =
			(struct backup_directory){plan->directories[i], &entries[count++]};
	}
	return 0;
}

/* ---- copying ---- */

static void show_progress(void *context, uint64_t written)
{
	const struct writing *writing = context;
	uint64_t total = writing->hook ? 0 : writing->plan.bytes;
	ui_progress(writing->session->ui, written, written < total ? total : 0);
}

static int copy_file(struct writing *writing, const char *path, const char *entry, unsigned mode,
	struct err *err)
{
	struct stat st;
	struct stream_file file;
	const void *bytes;
	size_t length;
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_IO, "open %s", path);
	if (backup_archive_begin(
		    &writing->archive, entry, mode ? mode : (unsigned)(st.st_mode & 0777), err) < 0)
		return -1;
	stream_file_init(&file, fd, path, 0, (uint64_t)st.st_size);
	int status;
	while ((status = stream_next(&file.source, &bytes, &length, err)) == 0 && length > 0)
		if ((status = stream_write(&writing->archive.sink, bytes, length, err)) < 0)
			break;
	stream_file_clear(&file);
	return status < 0 ? -1 : backup_archive_end(&writing->archive, err);
}

static int copy_files(struct writing *writing, struct err *err)
{
	const struct place *place = writing->request->place;
	const struct backup_plan *plan = &writing->plan;
	if (writing->receipt &&
		copy_file(writing, writing->receipt->path, BACKUP_RECEIPT, 0600, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->file_count; i++) {
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, plan->files[i]);
		AUTO_FREE char *entry = xprintf(BACKUP_FILES "%s", plan->files[i]);
		if (copy_file(writing, path, entry, 0, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_data(
	struct writing *writing, const char *source, const char *entry, struct err *err)
{
	const struct volume_copy copy = {.docker = writing->request->docker,
		.project = writing->request->place->project,
		.image = writing->plan.image,
		.source = source};
	ui_status(writing->session->ui, "%s", source);
	if (backup_archive_begin(&writing->archive, entry, 0600, err) < 0 ||
		volume_copy_read(&copy, &writing->archive.sink, err) < 0)
		return -1;
	return backup_archive_end(&writing->archive, err);
}

static int copy_volumes(struct writing *writing, struct err *err)
{
	const struct backup *backup = &writing->backup;
	for (size_t i = 0; i < backup->volume_count; i++)
		if (backup->volumes[i].data && copy_data(writing, backup->volumes[i].name,
						       backup->volumes[i].data->path, err) < 0)
			return -1;
	for (size_t i = 0; i < backup->directory_count; i++) {
		const char *path = arena_printf(writing->arena, "%s/%s",
			writing->request->place->directory, backup->directories[i].path);
		if (copy_data(writing, path, backup->directories[i].data->path, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_hook(struct writing *writing, struct err *err)
{
	const struct backup_request *request = writing->request;
	if (!writing->hook)
		return 0;
	if (backup_archive_begin(&writing->archive, BACKUP_HOOK, 0600, err) < 0 ||
		backup_hook_run(writing->session, request->place, request->docker,
			&writing->archive.sink, err) < 0)
		return -1;
	return backup_archive_end(&writing->archive, err);
}

static int write_all(struct writing *writing, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	ui_step_begin(writing->session->ui, "backup", T("Writing %s"), writing->request->path);
	backup_main_write(&writing->backup, &text);
	if (backup_archive_add(&writing->archive, BACKUP_MAIN, 0600, text.bytes, text.length, err) <
			0 ||
		copy_files(writing, err) < 0 || copy_hook(writing, err) < 0 ||
		copy_volumes(writing, err) < 0)
		return -1;
	return backup_archive_finish(&writing->archive, err);
}

/* Whoever started them meanwhile: what was copied is of no single moment. */
static int check_still_stopped(const struct writing *writing, struct err *err)
{
	const struct backup_request *request = writing->request;
	bool running = false;
	if (writing->hook)
		return 0;
	if (docker_project_has_containers(
		    request->docker, request->place->project, true, &running, err) < 0)
		return -1;
	if (!running)
		return 0;
	err_set(err, CODE_PREFLIGHT,
		"something started the services of %s while their data was being copied",
		request->place->project);
	return err_hint(
		err, "end what starts them (another terminal, a scheduler), then run this again");
}

/* ---- and again ---- */

/* From the disk, as far as the system lets us: not from the memory that was just written. */
static int verify(const struct writing *writing, int fd, struct err *err)
{
	const struct backup_request *request = writing->request;
	struct backup again = BACKUP_INIT;
	struct ui *ui = writing->session->ui;
	if (fsync(fd) < 0)
		return err_set_errno(err, CODE_IO, "write %s", request->path);
#ifdef POSIX_FADV_DONTNEED
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#endif
#ifdef F_NOCACHE
	fcntl(fd, F_NOCACHE, 1);
#endif
	ui_step_begin(ui, "backup-verify", "%s", T("Reading the backup again"));
	if (backup_check(&again, fd, request->path, writing->arena, ui, err) < 0)
		return err_wrap(err, "what was written is not what is read");
	ui_step_end(ui, UI_DONE, "%s", T("The backup was read again and is sound"));
	return 0;
}

static int write_file(struct writing *writing, const char *created_at, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	AUTO_TEXT size = TEXT_INIT;
	struct ui *ui = writing->session->ui;
	if (file_output_open(&output, writing->request->path, 0600, err) < 0 ||
		stop_services(writing, err) < 0)
		return start_services(writing, -1, err);
	backup_archive_init(&writing->archive, output.fd, writing->request->path,
		(uint64_t)time(NULL), writing->arena);
	writing->archive.progress = show_progress;
	writing->archive.progress_context = writing;
	describe(writing, created_at);
	int status = name_entries(writing, err);
	if (status == 0)
		status = write_all(writing, err);
	if (status == 0)
		status = check_still_stopped(writing, err);
	if (status == 0) {
		text_add_size(&size, writing->archive.position);
		ui_step_end(ui, UI_DONE, T("Data, settings and files are copied: %s"), size.bytes);
	}
	if (start_services(writing, status, err) < 0 || verify(writing, output.fd, err) < 0)
		return -1;
	return writing->request->replace ? file_output_commit(&output, err)
					 : file_output_commit_new(&output, err);
}

/* Of what was uninstalled, too: the data is still of that version. Damaged: a backup is wanted all
 * the more. */
static int read_receipt(struct writing *writing, struct err *err)
{
	const char *directory = writing->request->place->directory;
	if (receipt_read(directory, writing->arena, &writing->receipt, err) == 0 &&
		(writing->receipt ||
			receipt_read_retired(
				directory, writing->arena, &writing->receipt, err) == 0))
		return 0;
	if (err->code != CODE_INPUT)
		return -1;
	ui_warning(writing->session->ui, T("the backup is made without it"), "%s", err->text);
	err_clear(err);
	return 0;
}

/* Data that an unfinished upgrade's new version may have changed is that version's, whatever the
 * receipt still says: the older one must not take it for its own. */
static void find_who_wrote(struct writing *writing)
{
	struct rollback_point *point;
	struct err ignored = ERR_INIT;
	if (rollback_find_unfinished(writing->request->place->directory, writing->arena, &point,
		    &ignored) == 0 &&
		point && point->touched)
		writing->wrote = &point->to;
}

static int write_backup(struct writing *writing, struct err *err)
{
	const struct backup_request *request = writing->request;
	struct session *session = writing->session;
	char created_at[JOURNAL_TIME_SIZE];
	journal_time(created_at, sizeof(created_at));
	find_who_wrote(writing);
	if (backup_check_path(request, err) < 0 || read_receipt(writing, err) < 0 ||
		docker_helper_sweep(request->docker, request->place->project, err) < 0 ||
		backup_plan_make(&writing->plan, session, request->place, writing->receipt,
			request->docker, err) < 0 ||
		check_room(writing, err) < 0)
		return start_services(writing, -1, err);
	/* Without a running service there is nobody to ask: the volumes are consistent as they lie.
	 */
	writing->hook = writing->hook && writing->plan.running;
	backup_plan_warn(writing->plan.not_in, writing->plan.not_in_count, session->ui);
	return write_file(writing, created_at, err);
}

int backup_write(const struct backup_request *request, struct err *err)
{
	struct session *session = request->session;
	struct writing writing = {.request = request,
		.session = session,
		.arena = session->arena,
		.hook = backup_hook_exists(session) && !request->without_hook,
		.stopped = request->was_stopped};
	int status = write_backup(&writing, err);
	if (request->stopped)
		*request->stopped = writing.stopped;
	return status;
}
