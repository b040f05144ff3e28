/*
 * What docker and compose answer, whatever it is: every query of docker_cli.h over answers of the
 * fuzzer's making. child_run() is this file's own (FUZZ_WRAP), so all above it is the real thing.
 *
 * The first byte chooses the query; the rest is answers, each of them an exit code, stdout, 0xfe,
 * stderr, 0xfe. Behind the last one docker says nothing and exits with 1.
 */
#include "fuzz.h"

#include <string.h>

#include "docker_cli.h"
#include "docker_project.h"
#include "health.h"

int __wrap_child_run(
	const struct child_request *request, struct child_result *result, struct err *err);
int __wrap_child_run_together(const struct child_request *requests, struct child_result *results,
	size_t count, struct err *err);

static const char *left, *end;

static void take_part(struct child_output *out)
{
	const char *stop = memchr(left, '\xfe', (size_t)(end - left));
	size_t length = (size_t)((stop ? stop : end) - left);
	text_add_bytes(&out->head, left, length);
	out->total = length;
	left = stop ? stop + 1 : end;
}

int __wrap_child_run(
	const struct child_request *request, struct child_result *result, struct err *err)
{
	FUZZ_PROMISE(request->argv[0] && !request->argv[0][strspn(request->argv[0], "/bindocker")]);
	*result = (struct child_result)CHILD_RESULT_INIT;
	text_add(&result->out.head, "");
	text_add(&result->err.head, "");
	result->exit_code = 1;
	(void)err;
	if (left == end)
		return 0;
	unsigned char how = (unsigned char)*left++;
	result->exit_code = how == 255 ? -1 : how;
	result->signal = how == 255 ? 9 : 0;
	result->timed_out = how == 254;
	take_part(&result->out);
	take_part(&result->err);
	return 0;
}

/* In order: answers are dealt from one stack. */
int __wrap_child_run_together(const struct child_request *requests, struct child_result *results,
	size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		__wrap_child_run(&requests[i], &results[i], err);
	return 0;
}

static void check(int status, const struct err *err)
{
	FUZZ_PROMISE(status == 0 || (err->code && err->text[0]));
}

static void try_engine(struct docker_cli *docker, struct err *err)
{
	struct docker_engine engine;
	FUZZ_PROMISE(docker_engine_probe(docker, &engine, err) == 0);
	FUZZ_PROMISE(engine.detail && engine.endpoint && engine.context && engine.os);
	if (engine.state == DOCKER_READY)
		FUZZ_PROMISE(engine.os[0] && engine.architecture && engine.version);
	int status = docker_engine_check(&engine, docker->arena, err);
	FUZZ_PROMISE((status == 0) == (engine.state == DOCKER_READY));
	check(status, err);
}

static void try_image(struct docker_cli *docker, struct err *err)
{
	struct docker_image image;
	static const char *const both[] = {"docker.io/library/a:1", "docker.io/b:2"};
	struct docker_image images[2];
	const char *refusals[2];
	bool found;
	check(docker_images_inspect(docker, both, 2, images, err), err);
	int status = docker_image_inspect(docker, both[0], &image, &found, err);
	check(status, err);
	if (status == 0 && found) {
		FUZZ_PROMISE(image.id && image.os && image.architecture && image.variant);
		for (size_t i = 0; i < image.diff_id_count; i++)
			FUZZ_PROMISE(strlen(image.diff_ids[i]) < 1 << 20);
	}
	status = docker_images_try_create(docker, both, 2, refusals, err);
	check(status, err);
	for (size_t i = 0; status == 0 && i < 2; i++)
		FUZZ_PROMISE(!refusals[i] || refusals[i][0]);
}

static void check_container(const struct docker_container *container)
{
	FUZZ_PROMISE(container->id && container->name && container->service && container->status);
	FUZZ_PROMISE(container->health && container->error && container->image &&
		     container->started_at && container->health_output);
	for (size_t i = 0; i < container->environment_count; i++)
		FUZZ_PROMISE(container->environment[i]);
}

static void try_containers(struct docker_cli *docker, struct err *err)
{
	struct docker_container *containers, one;
	size_t count;
	bool found;
	int status = docker_project_containers(docker, "project", &containers, &count, err);
	check(status, err);
	for (size_t i = 0; status == 0 && i < count; i++)
		check_container(&containers[i]);
	status = docker_container_find(docker, "0123456789ab", &one, &found, err);
	check(status, err);
	if (status == 0 && found)
		check_container(&one);
}

static void try_health(struct docker_cli *docker, struct err *err)
{
	struct manifest_service services[] = {{.name = "web", .active = true},
		{.name = "db", .active = true, .has_healthcheck = true}, {.name = "off"}};
	struct manifest manifest = {.services = services, .service_count = 3};
	struct health health;
	health_init(&health, docker, &manifest, "project", docker->arena);
	for (int look = 0; look < 3; look++) {
		int status = health_look(&health, look == 2, err);
		check(status, err);
		for (size_t i = 0; status == 0 && i < health.count; i++)
			FUZZ_PROMISE(health_describe(&health.services[i], docker->arena)[0] &&
				     health_name(health.services[i].state)[0]);
	}
}

static void try_names(struct docker_cli *docker, struct err *err)
{
	const char **volumes, *name, *project, *from;
	size_t count;
	bool found;
	check(docker_containers_match(docker, &(const char *){"name=a"}, 1, false, &found, err), err);
	check(docker_project_volumes(docker, "project", &volumes, &count, err), err);
	check(docker_port_owner(docker, 80, false, &name, &project, err), err);
	check(docker_project_stranger(docker, "project", "/x", &name, &from, err), err);
	check(docker_container_project(docker, "db", &found, &project, err), err);
	if (docker_compose_find(docker, &found, err) == 0 && found)
		FUZZ_PROMISE(docker->compose_path && docker->compose_version &&
			     docker->compose_major < 1000 && docker->compose_minor < 100000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct docker_cli *, struct err *) = {
		try_engine, try_image, try_containers, try_health, try_names};
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	static const char *const environment[] = {NULL};
	struct docker_cli docker = {
		.arena = arena, .path = "/bin/docker", .environment = environment};
	if (size == 0)
		return 0;
	left = (const char *)data + 1;
	end = (const char *)data + size;
	tries[data[0] % 5](&docker, &err);
	return 0;
}
