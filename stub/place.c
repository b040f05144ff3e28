/* Choosing, making and locking the directory of an installation. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "last_run.h"
#include "receipt.h"

static bool valid_project_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return length > 0 && length <= 63 && name[length] == '\0' && name[0] != '_' &&
	       name[0] != '-';
}

static int absolute(const char *path, struct arena *arena, const char **out, struct err *err)
{
	char here[4096];
	if (!*path)
		return err_set(err, CODE_USAGE, "--dir is empty");
	if (*path == '/') {
		*out = path;
		return 0;
	}
	if (!getcwd(here, sizeof(here)))
		return err_set_errno(err, CODE_IO, "find the working directory");
	*out = arena_printf(arena, "%s/%s", here, path);
	return 0;
}

/* The control program lies in the installation that it is for; the receipt says what that is
 * called. */
static int place_of_control(
	struct place *place, const struct session *session, bool *found, struct err *err)
{
	const char *base = file_base_name(session->path);
	struct receipt *receipt;
	*found = false;
	if (!session->manifest->installer || session->options->directory ||
		session->options->project_name || base == session->path)
		return 0;
	const char *directory = arena_strndup(session->arena, session->path,
		(size_t)(base - session->path - (base - session->path > 1)));
	if (receipt_read(directory, session->arena, &receipt, err) < 0)
		return -1;
	if (!receipt)
		return 0;
	place->project = receipt->project;
	place->directory = directory;
	*found = true;
	return 0;
}

static int place_by_name(
	struct place *place, const struct session *session, const char *project, struct err *err)
{
	const struct stub_options *options = session->options;
	struct arena *arena = session->arena;
	const char *home = getenv("HOME");
	place->project = project;
	if (!valid_project_name(place->project)) {
		err_set(err, CODE_USAGE, "\"%s\" is not a valid project name", place->project);
		return err_hint(err, "use lower-case letters, digits, - and _; begin with a letter "
				     "or digit");
	}
	if (options->directory) {
		if (absolute(options->directory, arena, &place->directory, err) < 0)
			return -1;
	} else if (home && *home == '/') {
		place->directory = arena_printf(arena, "%s/hardtack/%s", home, place->project);
	} else {
		err_set(err, CODE_USAGE, "HOME is not set: where shall it be installed?");
		return err_hint(err, "say it with --dir DIR");
	}
	return 0;
}

static void name_files(struct place *place, const struct session *session)
{
	place->compose_file =
		arena_printf(session->arena, "%s/%s", place->directory, session->manifest->compose);
	place->env_file = arena_printf(session->arena, "%s/.env", place->directory);
}

int place_choose(struct place *place, const struct session *session, struct err *err)
{
	const char *name = session->options->project_name;
	bool found;
	place->lock_fd = -1;
	if (place_of_control(place, session, &found, err) < 0 ||
		(!found && place_by_name(
				   place, session, name ? name : session->manifest->name, err) < 0))
		return -1;
	name_files(place, session);
	return 0;
}

int place_choose_as(
	struct place *place, const struct session *session, const char *project, struct err *err)
{
	if (place_by_name(place, session, project, err) < 0)
		return -1;
	name_files(place, session);
	return 0;
}

int place_lock(struct place *place, struct err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	AUTO_FREE char *path = xprintf("%s/.hardtack.lock", place->directory);
	if (file_make_directories(place->directory, 0700, err) < 0)
		return -1;
	place->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (place->lock_fd < 0)
		return err_set_errno(err, CODE_IO, "create %s", path);
	if (fcntl(place->lock_fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return err_set_errno(err, CODE_IO, "lock %s", path);
	err_set(err, CODE_PREFLIGHT, "another run is at work in %s", place->directory);
	return err_hint(err, "wait until it is done, then run this again");
}

bool place_is_locked(const struct place *place)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	AUTO_FREE char *path = xprintf("%s/.hardtack.lock", place->directory);
	BUG_ON(place->lock_fd >= 0);
	AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int place_require_installed(const struct place *place, struct err *err)
{
	struct last_run last;
	if (access(place->compose_file, R_OK) == 0)
		return 0;
	err_set(err, CODE_USAGE, "nothing is installed in %s", place->directory);
	AUTO(arena) arena = arena_new();
	if (place->lock_fd < 0 && last_run_look(place, arena, &last) != LAST_RUN_WELL &&
		last.unfinished)
		return err_hint(err, "%s; %s", last.text, last.remedy);
	return err_hint(err, "install it first, or name the place with --dir and --project-name");
}

struct compose_project place_compose(
	const struct place *place, const struct session *session, struct arena *arena)
{
	const struct manifest *manifest = session->manifest;
	const char **profiles =
		arena_alloc(arena, (manifest->profile_count + 1) * sizeof(*profiles));
	for (size_t i = 0; i < manifest->profile_count; i++)
		profiles[i] = manifest->profiles[i];
	return (struct compose_project){
		.name = place->project,
		.directory = place->directory,
		.file = place->compose_file,
		.env_file = access(place->env_file, R_OK) == 0 ? place->env_file : NULL,
		.profiles = profiles,
	};
}

void place_remove(struct place *place)
{
	static const char *const ours[] = {".hardtack.lock", "journal.jsonl", "receipt.json",
		"receipt.uninstalled.json"};
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, ours[i]);
		unlink(path);
	}
	rmdir(place->directory);
}

void place_clear(struct place *place)
{
	if (place->lock_fd >= 0)
		close(place->lock_fd);
	place->lock_fd = -1;
}
