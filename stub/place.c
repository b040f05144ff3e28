/* Choosing, making and locking the directory of an installation. */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child_guard.h"
#include "file_io.h"
#include "file_owner.h"
#include "journal.h"
#include "last_run.h"
#include "orphan_wait.h"
#include "place_owner.h"
#include "receipt.h"
#include "rollback_point.h"
#include "secret_mask.h"
#include "variant_choice.h"

bool place_is_project_name(const char *name)
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

/* ---- the control program ---- */

static const char *parent_of(const char *path, struct arena *arena)
{
	const char *base = file_base_name(path);
	return arena_strndup(arena, path, (size_t)(base - path - (base - path > 1)));
}

static int use_variant(
	struct session *session, const char *name, const char *directory, struct err *err)
{
	size_t variant = session_find_variant(session, name);
	if (variant < session->variant_count) {
		session_use_variant(session, variant);
		return 0;
	}
	err_set(err, CODE_PREFLIGHT,
		"what is installed in %s is the variant %s, which this file does not have",
		directory, name);
	return err_hint(err,
		"its own program is %s/%s/%s; remove it with that one (its data stays), or install "
		"beside it with --project-name",
		directory, name, MANIFEST_CONTROL_NAME);
}

/* An installation that was not finished has no receipt, but a variant's choice. */
static int control_of_variant(struct place *place, struct session *session, const char *directory,
	bool *found, struct err *err)
{
	struct variant_choice *choice;
	const char *above = parent_of(directory, session->arena);
	for (int up = 0; up < 2 && !*found; up++, directory = above) {
		if (variant_choice_read(directory, session->arena, &choice, err) < 0)
			return -1;
		if (!choice)
			continue;
		place->first_project = choice->project;
		place->first_directory = directory;
		*found = true;
		if (use_variant(session, choice->variant, directory, err) < 0)
			return -1;
	}
	return 0;
}

/* Where place_by_name() puts it, its folder has the project's name; NULL: elsewhere. */
static const char *name_by_folder(const char *directory, struct arena *arena)
{
	const char *home = getenv("HOME"), *name = file_base_name(directory);
	return home && place_is_project_name(name) &&
			       strcmp(directory,
				       arena_printf(arena, "%s/hardtack/%s", home, name)) == 0
		       ? name
		       : NULL;
}

static int fail_unknown(const char *directory, struct err *err)
{
	err_set(err, CODE_USAGE, "nothing in %s says of which project it is", directory);
	return err_hint(
		err, "say which it is: --project-name NAME --dir \"%s\"", directory);
}

static int fail_application(const struct place *place, const struct place_owner *owner,
	const struct session *session, struct err *err)
{
	err_set(err, CODE_USAGE, "what lies in %s is %s, and this file is %s",
		place->first_directory, owner->name, session->manifest->name);
	return err_hint(err,
		"name another place with --dir DIR, and another project with --project-name NAME");
}

static int fail_variant(const struct place *place, const struct place_owner *owner,
	struct arena *arena, struct err *err)
{
	err_set(err, CODE_USAGE, "%s is the folder of the variant %s", place->first_directory,
		owner->variant);
	return err_hint(err, "name the one above it: --dir \"%s\"",
		parent_of(place->first_directory, arena));
}

/* Where this user may not look, nothing would seem to be installed. */
static int check_entry(const char *directory, struct err *err)
{
	if (access(directory, X_OK) == 0 || errno != EACCES)
		return 0;
	AUTO_FREE char *within = xprintf("%s/", directory);
	err_set_errno(err, CODE_IO, "open %s", directory);
	return file_owner_hint(err, within);
}

/* first_project, for first_directory: what lies there decides, then who asks, then the folder's
 * name; *found false: nothing of all that. */
static int settle_project(struct place *place, const struct session *session, const char *asked,
	bool *found, struct err *err)
{
	const char *directory = place->first_directory;
	struct place_owner owner;
	if (check_entry(directory, err) < 0)
		return -1;
	place_owner_find(directory, session->arena, &owner);
	if (owner.name && strcmp(owner.name, session->manifest->name) != 0)
		return fail_application(place, &owner, session, err);
	if (owner.variant)
		return fail_variant(place, &owner, session->arena, err);
	if (owner.project && asked && strcmp(owner.project, asked) != 0) {
		err_set(err, CODE_USAGE, "what lies in %s is of the project %s, not of %s",
			directory, owner.project, asked);
		return err_hint(
			err, "leave --project-name out, or name another place with --dir DIR");
	}
	place->first_project = owner.project ? owner.project
			       : asked	     ? asked
					     : name_by_folder(directory, session->arena);
	*found = place->first_project != NULL;
	if (!*found && owner.refused.code)
		return *err = owner.refused, -1;
	return !*found && owner.traces ? fail_unknown(directory, err) : 0;
}

/* The control program lies in the installation that it is for. */
static int place_of_control(
	struct place *place, struct session *session, bool *found, struct err *err)
{
	*found = false;
	if (!session->manifest->installer || session->options->directory ||
		session->options->project_name || !strchr(session->path, '/'))
		return 0;
	const char *directory = parent_of(session->path, session->arena);
	if (control_of_variant(place, session, directory, found, err) < 0)
		return -1;
	if (*found)
		return 0;
	place->first_directory = directory;
	return settle_project(place, session, NULL, found, err);
}

/* ---- by name ---- */

static int fail_name(const char *project, struct err *err)
{
	err_set(err, CODE_USAGE, "\"%s\" is not a valid project name", project);
	return err_hint(
		err, "use lower-case letters, digits, - and _; begin with a letter or digit");
}

/* asked: NULL for the bundle's name, unless something else lies there. */
static int place_by_name(
	struct place *place, const struct session *session, const char *asked, struct err *err)
{
	const struct stub_options *options = session->options;
	struct arena *arena = session->arena;
	const char *home = getenv("HOME"), *name = asked ? asked : session->manifest->name;
	bool found;
	if (!place_is_project_name(name))
		return fail_name(name, err);
	if (options->directory) {
		if (absolute(options->directory, arena, &place->first_directory, err) < 0)
			return -1;
	} else if (home && *home == '/') {
		place->first_directory = arena_printf(arena, "%s/hardtack/%s", home, name);
	} else {
		err_set(err, CODE_USAGE, "HOME is not set: where shall it be installed?");
		return err_hint(err, "say it with --dir DIR");
	}
	if (settle_project(place, session, asked, &found, err) < 0)
		return -1;
	if (!found)
		place->first_project = name;
	return 0;
}

/* From the first choice's names to those of the variant that the session uses. */
static int name_files(struct place *place, const struct session *session, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	struct arena *arena = session->arena;
	place->project = place->first_project;
	place->directory = place->first_directory;
	if (manifest->variant) {
		place->project =
			arena_printf(arena, "%s-%s", place->first_project, manifest->variant);
		place->directory =
			arena_printf(arena, "%s/%s", place->first_directory, manifest->variant);
		if (!place_is_project_name(place->project))
			return fail_name(place->project, err);
	}
	place->compose_file = arena_printf(arena, "%s/%s", place->directory, manifest->compose);
	place->env_file = arena_printf(arena, "%s/.env", place->directory);
	return 0;
}

/* What was chosen by hand and removed by hand chooses nothing. */
static int choose_variant(const struct place *place, struct session *session, struct err *err)
{
	struct variant_choice *choice;
	const char *directory = place->first_directory;
	if (variant_choice_read(directory, session->arena, &choice, err) < 0)
		return -1;
	session_use_variant(session, 0);
	if (!choice || strcmp(choice->project, place->first_project) != 0 ||
		access(arena_printf(session->arena, "%s/%s", directory, choice->variant), F_OK) < 0)
		return 0;
	return use_variant(session, choice->variant, directory, err);
}

int place_choose(struct place *place, struct session *session, struct err *err)
{
	const char *name = session->options->project_name;
	bool found;
	*place = (struct place)PLACE_INIT;
	if (place_of_control(place, session, &found, err) < 0)
		return -1;
	if (!found &&
		(place_by_name(place, session, name, err) < 0 ||
			choose_variant(place, session, err) < 0))
		return -1;
	return name_files(place, session, err);
}

int place_choose_as(
	struct place *place, const struct session *session, const char *project, struct err *err)
{
	if (place_by_name(place, session, project, err) < 0)
		return -1;
	return name_files(place, session, err);
}

int place_of_variant(struct place *place, const struct place *beside, const struct session *session,
	struct err *err)
{
	*place = (struct place)PLACE_INIT;
	place->first_project = beside->first_project;
	place->first_directory = beside->first_directory;
	return name_files(place, session, err);
}

/* ---- the lock ---- */

static int elsewhere(struct err *err)
{
	return err_hint(err, "choose another place with --dir DIR");
}

static int lock(const char *directory, int *fd, struct err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	AUTO_FREE char *path = xprintf("%s/.hardtack.lock", directory);
	if (file_make_directories(directory, 0700, err) < 0)
		return elsewhere(err);
	*fd = file_owner_open(path, O_RDWR);
	if (*fd < 0) {
		err_set_errno(err, CODE_IO, "create %s", path);
		file_owner_hint(err, path);
		return elsewhere(err);
	}
	if (fcntl(*fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return err_set_errno(err, CODE_IO, "lock %s", path);
	err_set(err, CODE_PREFLIGHT, "another run is at work in %s", directory);
	return err_hint(err, "wait until it is done, then run this again");
}

/* 0, or why nothing can be made in it (errno). */
static int cannot_make_in(const char *directory)
{
	struct stat status;
	if (stat(directory, &status) < 0)
		return errno;
	if (!S_ISDIR(status.st_mode))
		return ENOTDIR;
	return access(directory, W_OK | X_OK) < 0 ? errno : 0;
}

int place_check_writable(const struct place *place, struct err *err)
{
	AUTO_FREE char *lock = xprintf("%s/.hardtack.lock", place->directory);
	AUTO_FREE char *at = xprintf("%s", place->directory);
	int cause;
	/* The nearest one that is there is where the others will be made. */
	while ((cause = cannot_make_in(at)) == ENOENT) {
		char *slash = strrchr(at, '/');
		if (!slash || slash == at)
			break;
		*slash = '\0';
	}
	if (cause == 0 && access(lock, R_OK | W_OK) < 0 && errno != ENOENT)
		cause = errno;
	if (cause == 0 || cause == ENOENT)
		return 0;
	errno = cause;
	err_set_errno(err, CODE_IO, "create %s", lock);
	if (strcmp(at, place->directory) == 0)
		file_owner_hint(err, lock);
	return elsewhere(err);
}

int place_check_access(const struct place *place, struct arena *arena, struct err *err)
{
	/* What is only replaced need not be written. */
	const struct {
		const char *path;
		int mode;
	} files[] = {{".", R_OK | W_OK | X_OK}, {".hardtack.lock", R_OK | W_OK},
		{ORPHAN_HOLD, R_OK | W_OK}, {"journal.jsonl", R_OK | W_OK}, {RECEIPT_NAME, R_OK},
		{RECEIPT_COPY, R_OK}, {".env", R_OK}, {VARIANT_CHOICE_NAME, R_OK},
		{"restore.json", R_OK}, {ROLLBACK_FOLDER, R_OK | W_OK | X_OK},
		{ROLLBACK_FOLDER "/state.json", R_OK}};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *path = i == 0 ? place->directory
					  : arena_printf(arena, "%s/%s", place->directory,
						    files[i].path);
		if (file_owner_check(path, files[i].mode, err) < 0)
			return -1;
	}
	return file_owner_check(place->compose_file, R_OK, err);
}

int place_lock(struct place *place, const struct session *session, struct err *err)
{
	bool variant = strcmp(place->directory, place->first_directory) != 0;
	file_owner_follow(place->first_directory);
	if (variant && lock(place->first_directory, &place->first_lock_fd, err) < 0)
		return -1;
	if (lock(place->directory, &place->lock_fd, err) < 0)
		return -1;
	return orphan_wait(place->first_directory, session, err);
}

bool place_is_locked(const struct place *place)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	AUTO_FREE char *path = xprintf("%s/.hardtack.lock", place->directory);
	BUG_ON(place->lock_fd >= 0);
	AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static struct receipt *read_retired(const struct place *place, struct arena *arena)
{
	struct receipt *receipt;
	struct err ignored = ERR_INIT;
	return place->directory && access(place->compose_file, F_OK) < 0 &&
			       receipt_read_retired(place->directory, arena, &receipt, &ignored) ==
				       0
		       ? receipt
		       : NULL;
}

bool place_is_uninstalled(const struct place *place)
{
	AUTO(arena) arena = arena_new();
	return read_retired(place, arena) != NULL;
}

static int fail_uninstalled(const struct place *place, const struct receipt *receipt,
	struct arena *arena, struct err *err)
{
	struct journal_past past;
	const char *what = receipt->version
				   ? arena_printf(arena, "%s %s", receipt->name, receipt->version)
				   : receipt->name;
	journal_look(place->directory, arena, &past);
	bool known = past.verb && strcmp(past.verb, "uninstall") == 0 && *past.at;
	if (known)
		err_set(err, CODE_USAGE, "%s was uninstalled from %s (%s); its data was kept", what,
			place->directory, past.at);
	else
		err_set(err, CODE_USAGE, "%s was uninstalled from %s; its data was kept", what,
			place->directory);
	/* Its images are gone: the control program could not reach the volumes for a backup. */
	const char *usual = name_by_folder(place->first_directory, arena);
	const char *where = usual && strcmp(usual, place->first_project) == 0
				    ? ""
				    : arena_printf(arena, " --project-name %s --dir \"%s\"",
					      place->first_project, place->first_directory);
	return err_hint(err,
		"to come back to it: \"%s\" install%s; to delete the data too: \"%s\" uninstall "
		"--purge-data%s",
		receipt->installer, where, receipt->installer, where);
}

int place_require_installed(const struct place *place, struct err *err)
{
	struct last_run last;
	if (access(place->compose_file, R_OK) == 0)
		return 0;
	if (file_owner_check(place->compose_file, R_OK, err) < 0)
		return -1;
	AUTO(arena) arena = arena_new();
	const struct receipt *retired = read_retired(place, arena);
	bool unfinished = place->lock_fd < 0 &&
			  last_run_look(place, arena, &last) != LAST_RUN_WELL && last.unfinished;
	if (retired && !unfinished)
		return fail_uninstalled(place, retired, arena, err);
	err_set(err, CODE_USAGE, "nothing is installed in %s", place->directory);
	if (unfinished)
		return err_hint(err, "%s; %s", last.text, last.remedy);
	if (geteuid() != 0)
		return err_hint(err, "install it first, or name the place with --dir and "
				     "--project-name; if it was installed with sudo, run this with "
				     "sudo");
	return err_hint(err, "install it first, or name the place with --dir and --project-name");
}

struct owner {
	const struct place *place;
	const struct session *session;
};

static void hide_secrets(const struct compose_project *project, struct err *err)
{
	const struct owner *owner = project->owner;
	struct env_files env;
	struct secret_mask mask;
	struct err ignored = ERR_INIT;
	secret_mask_init(&mask, owner->session->arena);
	char *bytes;
	size_t length;
	if (env_files_plan(&env, owner->session, owner->place, &ignored) == 0)
		secret_mask_add_env_files(&mask, &env);
	else if (file_read_all(owner->place->env_file, DOTENV_LIMIT_BYTES, mask.arena, &bytes,
			 &length, &ignored) == 0)
		secret_mask_add_lines(&mask, bytes);
	secret_mask_err(&mask, err);
}

struct compose_project place_compose(
	const struct place *place, const struct session *session, struct arena *arena)
{
	const struct manifest *manifest = session->manifest;
	const char **profiles =
		arena_alloc(arena, (manifest->profile_count + 1) * sizeof(*profiles));
	struct owner *owner = ARENA_NEW(arena, struct owner);
	*owner = (struct owner){place, session};
	for (size_t i = 0; i < manifest->profile_count; i++)
		profiles[i] = manifest->profiles[i];
	return (struct compose_project){
		.name = place->project,
		.directory = place->directory,
		.file = place->compose_file,
		.env_file = access(place->env_file, R_OK) == 0 ? place->env_file : NULL,
		.profiles = profiles,
		.hide = hide_secrets,
		.owner = owner,
	};
}

void place_remove(struct place *place)
{
	static const char *const ours[] = {
		".hardtack.lock", ORPHAN_HOLD, "journal.jsonl", VARIANT_CHOICE_NAME};
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		AUTO_FREE char *path = xprintf("%s/%s", place->directory, ours[i]);
		unlink(path);
	}
	receipt_remove(place->directory);
	rmdir(place->directory);
}

static bool is_of_a_run(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, ".hardtack.lock") == 0 || strcmp(name, ORPHAN_HOLD) == 0 ||
	       strcmp(name, "journal.jsonl") == 0 || strcmp(name, VARIANT_CHOICE_NAME) == 0;
}

void place_leave(struct place *place)
{
	bool empty = true;
	DIR *handle = opendir(place->directory);
	if (!handle)
		return;
	for (const struct dirent *item; empty && (item = readdir(handle));)
		empty = is_of_a_run(item->d_name);
	closedir(handle);
	if (empty)
		place_remove(place);
}

void place_clear(struct place *place)
{
	if (place->lock_fd >= 0) {
		child_guard_drop(); /* first: who has the lock has the hold */
		close(place->lock_fd);
	}
	if (place->first_lock_fd >= 0)
		close(place->first_lock_fd);
	place->lock_fd = place->first_lock_fd = -1;
}
