/* The contents of a backup, worked out from what containers, labels and receipt say. */
#include "backup_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_load.h"
#include "message.h"

enum { PG_VERSION_LIMIT = 64, RECEIPT_SIZE = 1 << 20 };

struct planner {
	struct backup_plan *plan;
	const struct session *session;
	const struct place *place;
	struct docker_cli *docker;
	struct arena *arena;
};

/* ---- what is left out ---- */

static void omit(struct planner *planner, const char *kind, const char *name,
	const struct docker_container *container, const struct docker_mount *mount)
{
	struct backup_plan *plan = planner->plan;
	for (size_t i = 0; i < plan->not_in_count; i++)
		if (strcmp(plan->not_in[i].name, name) == 0)
			return;
	*ARENA_PUSH(planner->arena, plan->not_in, plan->not_in_count, plan->not_in_capacity) =
		(struct backup_omission){.kind = kind,
			.name = name,
			.service = container ? container->service : "",
			.destination = mount ? mount->destination : ""};
}

void backup_plan_warn(const struct backup_omission *not_in, size_t count, struct ui *ui)
{
	for (size_t i = 0; i < count; i++) {
		const struct backup_omission *what = &not_in[i];
		if (strcmp(what->kind, "anonymous") == 0)
			ui_warning(ui,
				T("give it a name in the compose file, then the next backup has "
				  "it"),
				T("NOT in the backup: what service %s writes to %s, for that "
				  "volume "
				  "has no name"),
				what->service, what->destination);
		else if (strcmp(what->kind, "external") == 0)
			ui_warning(ui, T("it does not belong to this project: save it by itself"),
				T("NOT in the backup: the external volume %s, which service %s "
				  "writes to"),
				what->name, what->service);
		else if (strcmp(what->kind, "driver") == 0)
			ui_warning(ui, T("its data lies elsewhere: save it there"),
				T("NOT in the backup: the volume %s, which has a driver or options "
				  "of its own"),
				what->name);
		else
			ui_warning(ui, T("copy it by hand, while the services are stopped"),
				T("NOT in the backup: the directory %s, which service %s writes "
				  "to"),
				what->name, what->service);
	}
}

/* ---- volumes ---- */

static bool has_volume(const struct backup_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->volume_count; i++)
		if (strcmp(plan->volumes[i].name, name) == 0)
			return true;
	return false;
}

/* container NULL: known by its label alone. */
static int add_volume(struct planner *planner, const char *name,
	const struct docker_container *container, const struct docker_mount *mount, struct err *err)
{
	struct backup_plan *plan = planner->plan;
	struct docker_volume volume;
	bool found;
	if (has_volume(plan, name))
		return 0;
	if (docker_volume_inspect(planner->docker, name, &volume, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	bool ours = strcmp(volume.project, planner->place->project) == 0;
	if (volume.anonymous && !*volume.key)
		return mount ? (omit(planner, "anonymous", name, container, mount), 0) : 0;
	if (!ours) {
		omit(planner, "external", name, container, mount);
		return 0;
	}
	if (volume.has_options || strcmp(volume.driver, "local") != 0) {
		omit(planner, "driver", name, container, mount);
		return 0;
	}
	*ARENA_PUSH(planner->arena, plan->volumes, plan->volume_count, plan->volume_capacity) =
		(struct backup_volume){.name = volume.name,
			.key = volume.key,
			.labels = volume.labels,
			.label_count = volume.label_count};
	return 0;
}

/* ---- directories ---- */

/* Docker Desktop names this machine's files below /host_mnt. */
static const char *own_path(const char *source)
{
	return text_starts_with(source, "/host_mnt/") ? source + strlen("/host_mnt") : source;
}

static void add_directory(struct planner *planner, const char *relative)
{
	struct backup_plan *plan = planner->plan;
	size_t length = strlen(relative);
	for (size_t i = 0; i < plan->directory_count; i++) {
		const char *other = plan->directories[i];
		size_t shorter = strlen(other) < length ? strlen(other) : length;
		if (strncmp(other, relative, shorter) != 0)
			continue;
		if (!relative[shorter] && other[shorter] == '/') /* around that one */
			plan->directories[i] = relative;
		if (!other[shorter] && (!relative[shorter] || relative[shorter] == '/'))
			return;
		if (plan->directories[i] == relative)
			return;
	}
	*ARENA_PUSH(planner->arena, plan->directories, plan->directory_count,
		plan->directory_capacity) = relative;
}

static void add_bind(struct planner *planner, const struct docker_container *container,
	const struct docker_mount *mount)
{
	const char *path = own_path(mount->source), *directory = planner->place->directory;
	size_t length = strlen(directory);
	struct stat st;
	if (!mount->writable || lstat(path, &st) < 0 ||
		(!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return;
	bool inside = strncmp(path, directory, length) == 0 && path[length] == '/';
	if (inside && S_ISDIR(st.st_mode) && manifest_is_safe_path(path + length + 1) &&
		!strpbrk(path, ",\"\n"))
		add_directory(planner, arena_strdup(planner->arena, path + length + 1));
	else if (!inside || S_ISDIR(st.st_mode))
		omit(planner, "directory", path, container, mount);
}

static int by_start(const void *a, const void *b)
{
	const struct docker_container *const *first = a, *const *second = b;
	return strcmp((*first)->started_at, (*second)->started_at);
}

/* Compose started first what others depend on. */
static void list_running(
	struct planner *planner, const struct docker_container *containers, size_t count)
{
	struct backup_plan *plan = planner->plan;
	const struct docker_container **ran =
		arena_alloc(planner->arena, (count + 1) * sizeof(*ran));
	for (size_t i = 0; i < count; i++) {
		bool runs = containers[i].running || containers[i].restarting;
		plan->running |= runs;
		if (runs && !containers[i].one_off)
			ran[plan->ran_count++] = &containers[i];
	}
	qsort(ran, plan->ran_count, sizeof(*ran), by_start);
	plan->ran = arena_alloc(planner->arena, (count + 1) * sizeof(*plan->ran));
	for (size_t i = 0; i < plan->ran_count; i++)
		plan->ran[i] = ran[i]->id;
}

static int look_at_containers(struct planner *planner, struct err *err)
{
	const struct manifest *manifest = planner->session->manifest;
	struct docker_container *containers;
	size_t count;
	if (docker_project_containers(
		    planner->docker, planner->place->project, &containers, &count, err) < 0)
		return -1;
	list_running(planner, containers, count);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < containers[i].mount_count; j++) {
			const struct docker_mount *mount = &containers[i].mounts[j];
			if (!mount->is_volume)
				add_bind(planner, &containers[i], mount);
			else if (add_volume(planner, mount->name, &containers[i], mount, err) < 0)
				return -1;
		}
	}
	/* Without containers nobody says what is mounted where; these were made to be. */
	for (size_t i = 0; count == 0 && i < manifest->directory_count; i++) {
		AUTO_FREE char *path =
			xprintf("%s/%s", planner->place->directory, manifest->directories[i]);
		struct stat st;
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			add_directory(planner, manifest->directories[i]);
	}
	return 0;
}

static int look_at_volumes(struct planner *planner, struct err *err)
{
	const char **names;
	size_t count = 0;
	if (docker_project_volumes(planner->docker, planner->place->project, &names, &count, err) <
		0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_volume(planner, names[i], NULL, NULL, err) < 0)
			return -1;
	return 0;
}

static int find_postgres(struct planner *planner, struct backup_volume *volume, struct err *err)
{
	static const char *const places[] = {"PG_VERSION", "pgdata/PG_VERSION", "data/PG_VERSION"};
	const struct volume_copy copy = {.docker = planner->docker,
		.project = planner->place->project,
		.image = planner->plan->image,
		.source = volume->name};
	const char *bytes = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(places) && !bytes; i++)
		if (volume_copy_read_file(&copy, places[i], PG_VERSION_LIMIT, &bytes, err) < 0)
			return -1;
	size_t length = bytes ? strspn(bytes, "0123456789.") : 0;
	if (length > 0)
		volume->postgres_major = arena_strndup(planner->arena, bytes, length);
	return 0;
}

/* ---- files ---- */

static void add_file(struct planner *planner, const char *relative)
{
	struct backup_plan *plan = planner->plan;
	AUTO_FREE char *path = xprintf("%s/%s", planner->place->directory, relative);
	struct stat st;
	for (size_t i = 0; i < plan->file_count; i++)
		if (strcmp(plan->files[i], relative) == 0)
			return;
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || !manifest_is_safe_path(relative) ||
		strcmp(relative, MANIFEST_CONTROL_NAME) == 0)
		return;
	plan->bytes += (uint64_t)st.st_size;
	*ARENA_PUSH(planner->arena, plan->files, plan->file_count, plan->file_capacity) = relative;
}

/* The installation cannot be without it, and its data is of no use without these passwords. */
static void add_env_file(struct planner *planner, const char *target)
{
	AUTO_FREE char *path = xprintf("%s/%s", planner->place->directory, target);
	add_file(planner, target);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		ui_warning(planner->session->ui,
			T("put it back, then make the backup again: without it a restore makes new "
			  "passwords, which do not fit the data"),
			T("%s is gone, and so not in the backup"), path);
}

static void look_at_files(struct planner *planner, const struct receipt *receipt)
{
	const struct manifest *manifest = planner->session->manifest;
	add_file(planner, ".env");
	for (size_t i = 0; i < manifest->template_count; i++)
		add_env_file(planner, manifest->templates[i].target);
	for (size_t i = 0; receipt && i < receipt->file_count; i++)
		add_file(planner, receipt->files[i].path);
	for (size_t i = 0; !receipt && i < manifest->entry_count; i++)
		if (text_starts_with(manifest->entries[i].path, MANIFEST_FILES_PREFIX))
			add_file(
				planner, manifest->entries[i].path + strlen(MANIFEST_FILES_PREFIX));
}

/* ---- all ---- */

static int estimate(struct planner *planner, struct err *err)
{
	struct backup_plan *plan = planner->plan;
	const char **names = arena_alloc(planner->arena, (plan->volume_count + 1) * sizeof(*names));
	uint64_t bytes;
	for (size_t i = 0; i < plan->volume_count; i++)
		names[i] = plan->volumes[i].name;
	if (docker_volume_sizes(planner->docker, names, plan->volume_count, &bytes, err) < 0)
		return -1;
	plan->bytes += bytes + RECEIPT_SIZE;
	return 0;
}

/* Where the receipt says that it is, also after an uninstall; else its name. */
static const char *installer_of(const struct session *session, const struct place *place)
{
	struct receipt *receipt;
	struct err ignored = ERR_INIT, retired = ERR_INIT;
	if (receipt_read(place->directory, session->arena, &receipt, &ignored) < 0 || !receipt)
		receipt_read_retired(place->directory, session->arena, &receipt, &retired);
	if (!session->manifest->installer)
		return session->path;
	return receipt ? receipt->installer : session->manifest->installer;
}

int backup_find_image(const struct session *session, const struct place *place,
	const struct backup *backup, struct docker_cli *docker, const char **image, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	size_t count = 0, backup_count = backup ? backup->image_count : 0;
	const char **references = arena_alloc(
		docker->arena, (manifest->image_count + backup_count + 1) * sizeof(*references));
	for (size_t i = 0; i < manifest->image_count; i++)
		references[count++] = manifest->images[i].tag;
	for (size_t i = 0; i < backup_count; i++)
		references[count++] = backup->images[i].tag;
	if (volume_copy_find_image(docker, place->project, references, count, image, err) < 0)
		return -1;
	if (*image)
		return 0;
	err_set(err, CODE_NOT_FOUND,
		"Docker holds none of the images of %s: its volumes cannot be reached",
		place->project);
	return err_hint(err, "run `\"%s\" load` first", installer_of(session, place));
}

int backup_plan_look(struct backup_plan *plan, const struct session *session,
	const struct place *place, struct docker_cli *docker, struct err *err)
{
	struct planner planner = {.plan = plan,
		.session = session,
		.place = place,
		.docker = docker,
		.arena = session->arena};
	*plan = (struct backup_plan){0};
	return look_at_containers(&planner, err) < 0 ? -1 : look_at_volumes(&planner, err);
}

/* Somebody has removed them all: the installer brings one along, its control program can only say
 * so. */
static int find_or_bring_image(struct session *session, const struct place *place,
	const struct backup *backup, struct docker_cli *docker, const char **image, struct err *err)
{
	if (backup_find_image(session, place, backup, docker, image, err) == 0)
		return 0;
	if (err->code != CODE_NOT_FOUND || session->manifest->installer)
		return -1;
	err_clear(err);
	if (session_verify(session, err) < 0 ||
		image_load_smallest(docker, session->bundle, session->ui, err) < 0)
		return -1;
	return backup_find_image(session, place, backup, docker, image, err);
}

int backup_plan_make(struct backup_plan *plan, struct session *session, const struct place *place,
	const struct receipt *receipt, struct docker_cli *docker, struct err *err)
{
	struct planner planner = {.plan = plan,
		.session = session,
		.place = place,
		.docker = docker,
		.arena = session->arena};
	if (backup_plan_look(plan, session, place, docker, err) < 0)
		return -1;
	look_at_files(&planner, receipt);
	if (plan->volume_count == 0 && plan->directory_count == 0)
		return 0;
	struct backup old = {
		.images = receipt ? receipt->images : NULL,
		.image_count = receipt ? receipt->image_count : 0,
	};
	if (find_or_bring_image(session, place, &old, docker, &plan->image, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->volume_count; i++)
		if (find_postgres(&planner, &plan->volumes[i], err) < 0)
			return -1;
	return estimate(&planner, err);
}
