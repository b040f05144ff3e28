/* Docker on Linux: a system's service, a person's own, or a desktop product's virtual machine. */
#ifdef __linux__
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker_product.h"
#include "file_io.h"

enum { OS_RELEASE_LIMIT = 64 << 10, MAX_GROUPS = 256 };

const struct docker_product docker_products[] = {
	{"Docker", "/var/run/docker.sock", "/run/systemd/system",
		(const char *const[]){"systemctl", "--no-ask-password", "start", "docker", NULL},
		"systemctl start docker", true},
	{"Docker", "/var/run/docker.sock", "service",
		(const char *const[]){"service", "docker", "start", NULL}, "service docker start",
		true},
	{"rootless Docker", "/run/user/%u/docker.sock", "/run/systemd/system",
		(const char *const[]){"systemctl", "--user", "start", "docker", NULL},
		"systemctl --user start docker", false},
	{"Docker Desktop", "~/.docker/desktop/docker.sock", "/run/systemd/system",
		(const char *const[]){"systemctl", "--user", "start", "docker-desktop", NULL},
		"systemctl --user start docker-desktop", false},
	{"Rancher Desktop", "~/.rd/docker.sock", NULL, NULL, NULL, false},
	{"Colima", "~/.colima/default/docker.sock", "colima",
		(const char *const[]){"colima", "start", NULL}, "colima start", false},
};
const size_t docker_product_count = ARRAY_SIZE(docker_products);
const bool docker_product_any = false;

/* Does /etc/os-release name this system, as ID or among ID_LIKE? */
static bool system_is(const char *release, const char *id)
{
	for (const char *line = release; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");
		const char *value = strncmp(line, "ID=", 3) == 0        ? line + 3
				    : strncmp(line, "ID_LIKE=", 8) == 0 ? line + 8
									: NULL;
		const char *hit = value ? strstr(value, id) : NULL;
		if (hit && hit < line + length)
			return true;
		line += length;
	}
	return false;
}

static const struct {
	const char *id, *engine, *compose;
} packages[] = {
	/* Ubuntu is like Debian, but names compose v2 otherwise. */
	{"ubuntu", "sudo apt-get install docker.io docker-compose-v2",
		"sudo apt-get install docker-compose-v2"},
	{"debian", "sudo apt-get install docker.io docker-compose",
		"sudo apt-get install docker-compose"},
	{"alpine", "sudo apk add docker docker-cli-compose", "sudo apk add docker-cli-compose"},
	{"arch", "sudo pacman -S docker docker-compose", "sudo pacman -S docker-compose"},
};

/* The system's own command; NULL when it is not known. */
static const char *install_command(struct arena *arena, bool compose)
{
	struct err ignored = ERR_INIT;
	char *release;
	size_t length;
	if (file_read_all("/etc/os-release", OS_RELEASE_LIMIT, arena, &release, &length, &ignored) <
		0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (system_is(release, packages[i].id))
			return compose ? packages[i].compose : packages[i].engine;
	return NULL;
}

int docker_product_hint_install(struct arena *arena, struct err *err)
{
	const char *command = install_command(arena, false);
	if (command)
		return err_hint(err,
			"install it (here: `%s`; or https://docs.docker.com/engine/install/), "
			"start it, "
			"then run this file again",
			command);
	return err_hint(err, "install it (https://docs.docker.com/engine/install/), start it, then "
			     "run this file again");
}

int docker_product_hint_compose(struct arena *arena, struct err *err)
{
	const char *command = install_command(arena, true);
	if (command)
		return err_hint(err,
			"install it (here: `%s`), or put the compose binary into "
			"~/.docker/cli-plugins/docker-compose; then run this file again",
			command);
	return err_hint(err, "install the compose plugin, or put its binary into "
			     "~/.docker/cli-plugins/docker-compose; then run this file again");
}

static bool is_member(const struct group *group)
{
	const struct passwd *person = getpwuid(getuid());
	for (char **member = group->gr_mem; person && member && *member; member++)
		if (strcmp(*member, person->pw_name) == 0)
			return true;
	return false;
}

/* The socket's group is who may use it: nearly always "docker". */
int docker_product_hint_permission(
	const struct docker_engine *engine, struct arena *arena, struct err *err)
{
	static const char unix_prefix[] = "unix://";
	const struct group *group = NULL;
	struct stat st;
	(void)arena;
	if (text_starts_with(engine->endpoint, unix_prefix) &&
		stat(engine->endpoint + strlen(unix_prefix), &st) == 0 && st.st_gid != 0)
		group = getgrgid(st.st_gid);
	if (!group)
		group = getgrnam("docker");
	if (!group)
		return err_hint(err, "run this file as root (with sudo), or ask whoever looks "
				     "after this machine");
	if (is_member(group))
		return err_hint(err,
			"you are in the group %s, but this login does not know it yet: log out and "
			"in again (or `newgrp %s`), then run this file again",
			group->gr_name, group->gr_name);
	return err_hint(err,
		"add yourself to the group (`sudo usermod -aG %s $USER`), log out and in again, "
		"or run this file with sudo",
		group->gr_name);
}
#endif
