/* Putting a backup's volumes and directories back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backup.h"
#include "file_io.h"
#include "message.h"

enum { RENAMES = 1000, TRIES = 3 };

struct putting {
	const struct backup *backup;
	const struct place *place;
	struct docker_cli *docker;
	const char *image;
	struct ui *ui;
	struct arena *arena;
	uint64_t done, total;
};

const char *backup_volume_name(
	const struct backup_volume *volume, const char *from, const char *to, struct arena *arena)
{
	AUTO_FREE char *standard = xprintf("%s_%s", from, volume->key);
	if (!*volume->key || strcmp(volume->name, standard) != 0)
		return volume->name;
	return arena_printf(arena, "%s_%s", to, volume->key);
}

/* ---- bytes ---- */

struct feeding {
	struct putting *putting;
	const struct backup_entry *entry;
};

static void show_progress(void *context, uint64_t length)
{
	struct putting *putting = context;
	putting->done += length;
	ui_progress(putting->ui, putting->done, putting->total);
}

static int feed(void *context, struct stream_sink *sink, struct err *err)
{
	const struct feeding *feeding = context;
	return backup_stream_entry(feeding->putting->backup, feeding->entry, sink, show_progress,
		feeding->putting, err);
}

static int fill(struct putting *putting, const char *source, const struct backup_entry *entry,
	struct err *err)
{
	const struct volume_copy copy = {.docker = putting->docker,
		.project = putting->place->project,
		.image = putting->image,
		.source = source};
	struct feeding feeding = {putting, entry};
	ui_status(putting->ui, "%s", source);
	if (volume_copy_write(&copy, feed, &feeding, err) < 0)
		return err_wrap(err, "fill %s", source);
	return 0;
}

/* ---- volumes ---- */

/* The labels as they were, for this project. Compose compares its config-hash with what its own
 * version reckons, and would ask to make the volume anew: without the label it does not. */
static struct docker_volume to_create(
	struct putting *putting, const struct backup_volume *volume, const char *name)
{
	struct docker_volume out = {.name = name, .driver = "local"};
	out.labels = arena_alloc(putting->arena, (volume->label_count + 1) * sizeof(*out.labels));
	for (size_t i = 0; i < volume->label_count; i++) {
		struct docker_label label = volume->labels[i];
		if (strcmp(label.name, "com.docker.compose.config-hash") == 0)
			continue;
		if (strcmp(label.name, "com.docker.compose.project") == 0)
			label.value = putting->place->project;
		out.labels[out.label_count++] = label;
	}
	return out;
}

static int refuse_foreign_user(struct putting *putting, const char *volume, struct err *err)
{
	const char **names;
	size_t count = 0;
	if (docker_volume_users(putting->docker, volume, &names, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	err_set(err, CODE_DOCKER,
		"the container %s, which is not of this project, uses the volume %s", names[0],
		volume);
	return err_hint(
		err, "take that container away (`docker rm %s`), then run this again", names[0]);
}

/* A volume of that name that is somebody else's is never emptied. */
static int check_owner(struct putting *putting, const char *name, struct err *err)
{
	struct docker_volume there;
	bool found;
	if (docker_volume_inspect(putting->docker, name, &there, &found, err) < 0)
		return -1;
	if (!found || strcmp(there.project, putting->place->project) == 0)
		return 0;
	err_set(err, CODE_DOCKER, "Docker has a volume %s that does not belong to the project %s",
		name, putting->place->project);
	return err_hint(err,
		"take it away if nobody needs it (`docker volume rm %s`), or restore "
		"beside it with --project-name NAME",
		name);
}

static int put_volume(struct putting *putting, const struct backup_volume *volume, struct err *err)
{
	const char *name = backup_volume_name(
		volume, putting->backup->project, putting->place->project, putting->arena);
	struct docker_volume fresh = to_create(putting, volume, name);
	if (docker_volume_remove(putting->docker, name, err) < 0 ||
		docker_volume_create(putting->docker, &fresh, err) < 0)
		return -1;
	return volume->data ? fill(putting, name, volume->data, err) : 0;
}

/* ---- directories ---- */

static int make_way(const char *path, struct err *err)
{
	struct stat st;
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return 0;
	for (int i = 1; i < RENAMES; i++) {
		AUTO_FREE char *aside = i == 1 ? xprintf("%s.before-restore", path)
					       : xprintf("%s.before-restore-%d", path, i);
		if (lstat(aside, &st) == 0)
			continue;
		if (rename(path, aside) < 0)
			return err_set_errno(err, CODE_IO, "rename %s to %s", path, aside);
		return 0;
	}
	return err_set(err, CODE_IO, "rename %s to %s", path, "*.before-restore");
}

static int put_directory(
	struct putting *putting, const struct backup_directory *directory, struct err *err)
{
	const char *path =
		arena_printf(putting->arena, "%s/%s", putting->place->directory, directory->path);
	if (make_way(path, err) < 0 || file_make_directories(path, 0755, err) < 0)
		return -1;
	return fill(putting, path, directory->data, err);
}

/* ---- all ---- */

static int check_all(struct putting *putting, struct err *err)
{
	const struct backup *backup = putting->backup;
	putting->done = putting->total = 0;
	for (size_t i = 0; i < backup->volume_count; i++) {
		const char *name = backup_volume_name(&backup->volumes[i], backup->project,
			putting->place->project, putting->arena);
		if (check_owner(putting, name, err) < 0 ||
			refuse_foreign_user(putting, name, err) < 0)
			return -1;
		putting->total += backup->volumes[i].data ? backup->volumes[i].data->size_bytes : 0;
	}
	for (size_t i = 0; i < backup->directory_count; i++)
		putting->total += backup->directories[i].data->size_bytes;
	return 0;
}

static int put_all(struct putting *putting, struct err *err)
{
	const struct backup *backup = putting->backup;
	if (docker_project_remove(putting->docker, putting->place->project, false, err) < 0 ||
		check_all(putting, err) < 0)
		return -1;
	for (size_t i = 0; i < backup->volume_count; i++)
		if (put_volume(putting, &backup->volumes[i], err) < 0)
			return -1;
	for (size_t i = 0; i < backup->directory_count; i++)
		if (put_directory(putting, &backup->directories[i], err) < 0)
			return -1;
	return 0;
}

/* The engine may have begun to start a container for a client that is gone, and no lock keeps
 * people from `docker compose up`: what ran while the data was put back has written into it, or
 * kept a volume from being removed. */
static int put_undisturbed(struct putting *putting, struct err *err)
{
	const char *project = putting->place->project;
	for (int tries = 1;; tries++) {
		struct err ignored = ERR_INIT;
		bool disturbed;
		int status = put_all(putting, err);
		if ((status < 0 && err->code != CODE_DOCKER) ||
			docker_project_has_containers(putting->docker, project, false, &disturbed,
				status < 0 ? &ignored : err) < 0)
			return -1;
		if (!disturbed)
			return status;
		err_clear(err);
		if (tries == TRIES)
			break;
		ui_warning(putting->ui, NULL, "%s",
			T("services were started while the data was being put back; they are "
			  "stopped and it is put back once more"));
	}
	err_set(err, CODE_PREFLIGHT,
		"something starts the services of %s while their data is being put back", project);
	return err_hint(
		err, "end what starts them (another terminal, a scheduler), then run this again");
}

int backup_restore_data(const struct backup *backup, const struct place *place,
	struct docker_cli *docker, const char *image, struct ui *ui, struct err *err)
{
	struct putting putting = {.backup = backup,
		.place = place,
		.docker = docker,
		.image = image,
		.ui = ui,
		.arena = docker->arena};
	ui_step_begin(ui, "restore-data", "%s", T("Putting the data back"));
	if (put_undisturbed(&putting, err) < 0)
		return -1;
	ui_step_end(ui, UI_DONE, "%s", T("The data is as it was in the backup"));
	return 0;
}
