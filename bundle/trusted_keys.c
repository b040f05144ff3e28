/* The keys that a machine trusts: a named one, or a folder of them. */
#include "trusted_keys.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

enum { MOST_KEYS = 1000 };

static const char *default_folder(struct arena *arena)
{
	const char *home = getenv("HOME");
#ifdef __APPLE__
	if (home && *home == '/')
		return arena_printf(
			arena, "%s/Library/Application Support/hardtack/trusted-keys", home);
#else
	const char *xdg = getenv("XDG_CONFIG_HOME");
	/* "All paths must be absolute; if not, ignore" (XDG base directory specification). */
	if (xdg && *xdg == '/')
		return arena_printf(arena, "%s/hardtack/trusted-keys", xdg);
	if (home && *home == '/')
		return arena_printf(arena, "%s/.config/hardtack/trusted-keys", home);
#endif
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_writers(const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	if (!(st.st_mode & S_IWOTH) || (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return 0;
	err_set(err, CODE_INPUT, "everybody may write to %s, so it is no reason to trust", path);
	return err_hint(err, "chmod o-w '%s'", path);
}

/* Paths of the *.pem files, sorted. *found false: there is no such folder. */
static int list_folder(const char *folder, struct arena *arena, const char ***paths, size_t *count,
	bool *found, struct err *err)
{
	size_t capacity = 0;
	DIR *handle = opendir(folder);
	*paths = NULL;
	*count = 0;
	*found = handle != NULL;
	if (!handle)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_set_errno(err, CODE_INPUT, "open %s", folder);
	errno = 0;
	for (const struct dirent *item; (item = readdir(handle)) && *count <= MOST_KEYS; errno = 0)
		if (item->d_name[0] != '.' && text_ends_with(item->d_name, ".pem"))
			*ARENA_PUSH(arena, *paths, *count, capacity) =
				arena_printf(arena, "%s/%s", folder, item->d_name);
	int failure = errno; /* a list cut short is not an empty one */
	closedir(handle);
	errno = failure;
	if (failure)
		return err_set_errno(err, CODE_INPUT, "read %s", folder);
	if (*count > MOST_KEYS)
		return err_set(err, CODE_INPUT, "%s holds more than %d keys", folder, MOST_KEYS);
	if (*count)
		qsort(*paths, *count, sizeof(**paths), by_name);
	return 0;
}

static int read_all(struct trusted_keys *out, const char *const *paths, size_t count,
	const char *place, struct arena *arena, struct err *err)
{
	struct public_key *keys = arena_alloc(arena, count * sizeof(*keys));
	for (size_t i = 0; i < count; i++)
		if (check_writers(paths[i], err) < 0 ||
			public_key_read(&keys[i], paths[i], arena, err) < 0)
			return -1;
	*out = (struct trusted_keys){keys, count, place};
	return 0;
}

static int read_folder(struct trusted_keys *out, const char *folder, bool wanted,
	struct arena *arena, struct err *err)
{
	const char **paths;
	size_t count;
	bool found;
	if (list_folder(folder, arena, &paths, &count, &found, err) < 0)
		return -1;
	if (!count && wanted) {
		err_set(err, CODE_INPUT, "%s holds no key", folder);
		return err_hint(err, "HARDTACK_TRUSTED_KEYS names it: put the makers' .pub.pem "
				     "files there");
	}
	if (!count)
		return 0;
	return check_writers(folder, err) < 0 ? -1
					      : read_all(out, paths, count, folder, arena, err);
}

int trusted_keys_read(
	struct trusted_keys *out, const char *named, struct arena *arena, struct err *err)
{
	const char *folder = getenv("HARDTACK_TRUSTED_KEYS");
	*out = (struct trusted_keys){0};
	if (named)
		return read_all(out, &named, 1, named, arena, err);
	if (folder && *folder)
		return read_folder(out, folder, true, arena, err);
	folder = default_folder(arena);
	return folder ? read_folder(out, folder, false, arena, err) : 0;
}

bool trusted_keys_have(const struct trusted_keys *trusted, const struct public_key *signer)
{
	for (size_t i = 0; signer && i < trusted->count; i++)
		if (public_key_equal(&trusted->keys[i], signer))
			return true;
	return false;
}

int trusted_keys_check(const struct trusted_keys *trusted, const struct public_key *signer,
	const char *file, struct err *err)
{
	char fingerprint[SHA256_DIGEST_LENGTH + 1];
	if (!trusted->count || trusted_keys_have(trusted, signer))
		return 0;
	if (!signer) {
		err_set(err, CODE_INTEGRITY,
			"%s is unsigned, and only files signed by a key in %s are accepted", file,
			trusted->place);
		return err_hint(err, "ask its maker for a signed one; nothing on this machine was "
				     "changed");
	}
	public_key_fingerprint(signer, fingerprint);
	err_set(err, CODE_INTEGRITY, "%s is signed by %s, which is not a key in %s", file,
		fingerprint, trusted->place);
	return err_hint(err,
		"compare that fingerprint with its maker's by another way than the file's; nothing "
		"on this machine was changed");
}
