/* Users and groups. */
#include "guest.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void passwd_to_darwin(struct darwin_passwd *to, const struct passwd *from)
{
	*to = (struct darwin_passwd){.name = from->pw_name,
		.passwd = from->pw_passwd,
		.uid = from->pw_uid,
		.gid = from->pw_gid,
		.class = "",
		.gecos = from->pw_gecos,
		.dir = from->pw_dir,
		.shell = from->pw_shell};
}

static struct darwin_passwd *keep(const struct passwd *found)
{
	static struct darwin_passwd last;

	if (found == NULL)
		return NULL;
	passwd_to_darwin(&last, found);
	return &last;
}

static struct darwin_passwd *guest_getpwuid(uint32_t user)
{
	return keep(getpwuid(user));
}

static struct darwin_passwd *guest_getpwnam(const char *name)
{
	return keep(getpwnam(name));
}

static int finish(int error, const struct passwd *found, struct darwin_passwd *to,
	struct darwin_passwd **result)
{
	*result = NULL;
	if (error == 0 && found != NULL) {
		passwd_to_darwin(to, found);
		*result = to;
	}
	return errno_to_darwin(error);
}

static int guest_getpwuid_r(uint32_t user, struct darwin_passwd *to, char *room, size_t size,
	struct darwin_passwd **result)
{
	struct passwd host, *found = NULL;
	int error = getpwuid_r(user, &host, room, size, &found);

	return finish(error, found, to, result);
}

static int guest_getpwnam_r(const char *name, struct darwin_passwd *to, char *room, size_t size,
	struct darwin_passwd **result)
{
	struct passwd host, *found = NULL;
	int error = getpwnam_r(name, &host, room, size, &found);

	return finish(error, found, to, result);
}

static int guest_getgrgid_r(
	gid_t group, struct group *to, char *room, size_t size, struct group **result)
{
	return errno_to_darwin(getgrgid_r(group, to, room, size, result));
}

static int guest_getgrnam_r(
	const char *name, struct group *to, char *room, size_t size, struct group **result)
{
	return errno_to_darwin(getgrnam_r(name, to, room, size, result));
}

const struct shim shim_user[] = {
	SHIM(getpwuid, guest_getpwuid),
	SHIM(getpwnam, guest_getpwnam),
	SHIM(getpwuid_r, guest_getpwuid_r),
	SHIM(getpwnam_r, guest_getpwnam_r),
	DIRECT(getgrgid),
	DIRECT(getgrnam),
	SHIM(getgrgid_r, guest_getgrgid_r),
	SHIM(getgrnam_r, guest_getgrnam_r),
	DIRECT(getgrouplist),
	DIRECT(getlogin),
	DIRECT(getlogin_r),
	SHIM_END,
};
