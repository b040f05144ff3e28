/* Directory, memory and disk: may we write there, and does it suffice for the images? */
#include <string.h>
#include <sys/statvfs.h>

#include "image_load.h"
#include "message.h"
#include "preflight_check.h"

enum { OWN_MARGIN_BYTES = 16 << 20 };

/* Engines whose files are in a virtual machine: their figures are the machine's. */
static bool is_virtual(const struct docker_engine *engine)
{
#ifdef __APPLE__
	(void)engine;
	return true;
#else
	static const char *const sockets[] = {
		"/.docker/desktop/", "/.rd/", "/.colima/", "/.orbstack/", "/.lima/"};
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++)
		if (strstr(engine->endpoint, sockets[i]))
			return true;
	return strstr(engine->product, "Docker Desktop") || strstr(engine->product, "OrbStack") ||
	       !text_starts_with(engine->endpoint, "unix://");
#endif
}

/* ---- directory ---- */

int preflight_check_directory(struct preflight *preflight, struct err *err)
{
	struct err problem = ERR_INIT;
	(void)err;
	if (preflight->place && place_check_writable(preflight->place, &problem) < 0)
		preflight_error(preflight, "directory", &problem);
	return 0;
}

/* ---- memory ---- */

static int hint_memory(const struct docker_engine *engine, struct err *problem)
{
	if (strstr(engine->product, "Docker Desktop"))
		return err_hint(problem,
			"give it more: Docker Desktop, Settings, Resources, Memory; "
			"then run this file again");
	if (strstr(engine->endpoint, "colima"))
		return err_hint(problem, "give it more: `colima stop`, then `colima start --memory "
					 "8`; then run this file again");
	if (is_virtual(engine))
		return err_hint(problem, "give its virtual machine more memory in the settings, "
					 "then run this file again");
	return err_hint(
		problem, "use a machine with more memory, or go on with --ignore-preflight memory");
}

int preflight_check_memory(struct preflight *preflight, struct err *err)
{
	uint64_t need = preflight->memory_needed, have = preflight->engine.memory_bytes;
	struct err problem = ERR_INIT;
	AUTO_TEXT need_text = TEXT_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	(void)err;
	/* A machine of 2 GiB has a little less, for the kernel keeps some to itself. */
	if (!preflight_can_look(preflight) || have == 0 || have >= need - need / 8)
		return 0;
	text_add_size(&need_text, need);
	text_add_size(&have_text, have);
	err_set(&problem, CODE_PREFLIGHT, "Docker has %s of memory, %s are needed", have_text.bytes,
		need_text.bytes);
	hint_memory(&preflight->engine, &problem);
	preflight_error(preflight, "memory", &problem);
	return 0;
}

/* ---- disk ---- */

/* Free bytes where this path is, or will be; false when that cannot be told. */
static bool free_bytes(const char *path, uint64_t *bytes)
{
	AUTO_FREE char *at = xprintf("%s", path);
	struct statvfs fs;
	while (statvfs(at, &fs) < 0) {
		char *slash = strrchr(at, '/');
		if (!slash || slash == at)
			return false;
		*slash = '\0';
	}
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return true;
}

/* The engine's own directory: only where it is on this machine's disk, and ours to see. */
static bool engine_free_bytes(const struct docker_engine *engine, uint64_t *bytes)
{
	struct statvfs fs;
	if (is_virtual(engine) || engine->root_dir[0] != '/' || statvfs(engine->root_dir, &fs) < 0)
		return false;
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return true;
}

/* The virtual disk is a file here that grows: what this machine lacks, it cannot get. Not certain,
 * for room in it may have been taken long ago: a warning. */
static void check_virtual(struct preflight *preflight, uint64_t need, const char *need_text)
{
	const char *home = getenv("HOME");
	struct err problem = ERR_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	uint64_t have;
	ui_detail(preflight->session->ui,
		T("how much room Docker's disk has cannot be seen from here; %s are needed"),
		need_text);
	if (!is_virtual(&preflight->engine) || !home || *home != '/' || !free_bytes(home, &have) ||
		have >= need)
		return;
	text_add_size(&have_text, have);
	err_set(&problem, CODE_PREFLIGHT,
		"this machine's disk has %s left; Docker's virtual disk, a file on it, may have to "
		"grow by %s",
		have_text.bytes, need_text);
	err_hint(&problem,
		"make room on this machine's disk; in Docker, `docker image prune` takes "
		"images that nothing uses");
	preflight_warning(preflight, "disk", &problem);
}

static void check_engine_disk(struct preflight *preflight, uint64_t need)
{
	struct err problem = ERR_INIT;
	AUTO_TEXT need_text = TEXT_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	uint64_t have = 0;
	text_add_size(&need_text, need);
	if (!engine_free_bytes(&preflight->engine, &have)) {
		check_virtual(preflight, need, need_text.bytes);
		return;
	}
	if (have >= need)
		return;
	text_add_size(&have_text, have);
	err_set(&problem, CODE_PREFLIGHT, "Docker's disk (%s) has %s left, %s are needed",
		preflight->engine.root_dir, have_text.bytes, need_text.bytes);
	err_hint(&problem, "make room there: `docker system df` shows what takes it; never prune "
			   "volumes");
	preflight_error(preflight, "disk", &problem);
}

/* Where the compose file, .env and what is handed over will be. */
static void check_own_disk(struct preflight *preflight)
{
	const struct manifest *manifest = preflight->session->manifest;
	struct err problem = ERR_INIT;
	AUTO_TEXT need_text = TEXT_INIT;
	AUTO_TEXT have_text = TEXT_INIT;
	uint64_t need = OWN_MARGIN_BYTES, have;
	if (!preflight->place)
		return;
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (text_starts_with(manifest->entries[i].path, MANIFEST_FILES_PREFIX))
			need += manifest->entries[i].size_bytes;
	need += preflight_backup_bytes(preflight);
	if (!free_bytes(preflight->place->directory, &have) || have >= need)
		return;
	text_add_size(&need_text, need);
	text_add_size(&have_text, have);
	err_set(&problem, CODE_PREFLIGHT, "the disk of %s has %s left, %s are needed",
		preflight->place->directory, have_text.bytes, need_text.bytes);
	err_hint(&problem, "make room there, or choose another place with --dir DIR");
	preflight_error(preflight, "disk", &problem);
}

int preflight_check_disk(struct preflight *preflight, struct err *err)
{
	const struct bundle *bundle = preflight->session->bundle;
	const struct manifest *manifest = preflight->session->manifest;
	check_own_disk(preflight);
	if (preflight->engine.state != DOCKER_READY)
		return 0;
	preflight->wanted =
		arena_alloc(preflight->session->arena, manifest->image_count * sizeof(bool) + 1);
	if (image_load_survey(&preflight->docker, manifest, !preflight->place,
		    preflight->wanted, &preflight->wanted_count, err) < 0)
		return -1;
	if (preflight->wanted_count > 0)
		check_engine_disk(preflight, preflight->disk_needed
						     ? preflight->disk_needed
						     : image_load_disk(bundle, preflight->wanted));
	return 0;
}
