/* Names that are taken. */
#include "docker_project.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker_run.h"

/* The same directory by another name is no other directory. */
static bool is_same_directory(const char *a, const char *b)
{
	struct stat first, second;
	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

bool docker_project_is_gone(const char *from)
{
	return *from && access(from, F_OK) < 0 && errno == ENOENT;
}

/* Is this one to be told? One from a folder that is there weighs more than one from a folder that
 * is gone. An old compose wrote no such label: nobody can tell. */
static bool is_stranger(const char *where, const char *directory, const char *told)
{
	if (!*where || is_same_directory(where, directory))
		return false;
	return !*told || (docker_project_is_gone(told) && !docker_project_is_gone(where));
}

int docker_project_stranger(struct docker_cli *docker, const char *project, const char *directory,
	const char **container, const char **from, struct err *err)
{
	const char **lines;
	size_t count;
	struct docker_command command = {0};
	*container = NULL;
	*from = "";
	docker_command_add(&command, docker->path, "ps", "-a", "--filter",
		arena_printf(docker->arena, "label=com.docker.compose.project=%s", project),
		"--format", "{{.Names}} {{.Label \"com.docker.compose.project.working_dir\"}}");
	if (docker_command_lines(docker, &command, &lines, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(lines[i], " ");
		const char *where = lines[i] + length + (lines[i][length] == ' ');
		if (!is_stranger(where, directory, *from))
			continue;
		*container = arena_strndup(docker->arena, lines[i], length);
		*from = where;
	}
	return 0;
}

void docker_project_find_stranger(const struct docker_container *containers, size_t count,
	const char *directory, const char **container, const char **from)
{
	*container = NULL;
	*from = "";
	for (size_t i = 0; i < count; i++) {
		if (!is_stranger(containers[i].directory, directory, *from))
			continue;
		*container = containers[i].name;
		*from = containers[i].directory;
	}
}

int docker_container_project(struct docker_cli *docker, const char *name, bool *found,
	const char **project, struct err *err)
{
	const char **lines;
	size_t count, name_length = strlen(name);
	struct docker_command command = {0};
	*found = false;
	*project = "";
	/* The filter finds parts of names, too. */
	docker_command_add(&command, docker->path, "ps", "-a", "--filter",
		arena_printf(docker->arena, "name=%s", name), "--format",
		"{{.Names}} {{.Label \"com.docker.compose.project\"}}");
	if (docker_command_lines(docker, &command, &lines, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(lines[i], " ");
		if (length != name_length || strncmp(lines[i], name, length) != 0)
			continue;
		*found = true;
		*project = lines[i] + length + (lines[i][length] == ' ');
	}
	return 0;
}
