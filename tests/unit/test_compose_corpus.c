/*
 * Files of real projects' shape (tests/corpus/compose): each loads, is rewritten, and rewriting the
 * result changes nothing. With COMPOSE_DUMP=DIR also writes what was read and rewritten, for
 * tests/compose_oracle.py to hold against docker compose itself.
 */
#include "check.h"
#include "corpus_folder.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "compose_closure.h"
#include "compose_rewrite.h"
#include "file_io.h"
#include "lint.h"
#include "text.h"

#define CORPUS TEST_DATA "/corpus/compose"

struct overlay {
	struct compose_reader reader;
	const struct compose_project *project;
	const struct compose_rewritten *files;
};

static int overlay_read(struct compose_reader *reader, const char *path, struct arena *arena,
	char **bytes, size_t *length, struct err *err)
{
	struct overlay *overlay = (struct overlay *)reader;
	for (size_t i = 0; i < overlay->project->file_count; i++) {
		if (strcmp(overlay->project->files[i]->path, path) != 0)
			continue;
		*length = overlay->files[i].length;
		*bytes = arena_strndup(arena, overlay->files[i].bytes, *length);
		return 0;
	}
	return overlay->project->reader->read(
		overlay->project->reader, path, arena, bytes, length, err);
}

static const char *find_file(struct arena *arena, const char *name)
{
	static const char *const names[] = {
		"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat st;
		const char *path = arena_printf(arena, CORPUS "/%s/%s", name, names[i]);
		if (stat(path, &st) == 0)
			return path;
	}
	return NULL;
}

static struct compose_image *new_images(
	struct arena *arena, const struct compose_project *project, size_t *count)
{
	struct compose_image *images =
		arena_alloc(arena, (project->service_count + 1) * sizeof(*images));
	*count = 0;
	for (size_t i = 0; i < project->service_count; i++)
		if (project->services[i].packed && project->services[i].image)
			images[(*count)++] = (struct compose_image){project->services[i].name,
				arena_printf(arena, "hardtack.test/%s:1.0-0123456789ab",
					project->services[i].name)};
	return images;
}

static void dump_ports(struct text *out, const struct compose_service *service)
{
	text_add(out, ",\"ports\":[");
	for (size_t i = 0; i < service->port_count; i++) {
		const struct compose_port *port = &service->ports[i];
		text_addf(out, "%s[", i ? "," : "");
		text_add_json(out, port->host_ip);
		text_addf(out, ",%u,%u,%u,%u,\"%s\"]", port->published_begin, port->published_end,
			port->target_begin, port->target_end, port->protocol);
	}
	text_add(out, "]");
}

static void dump_rest(struct text *out, const struct compose_service *service)
{
	static const char *const kinds[] = {"volume", "volume", "bind", "tmpfs", "other"};
	static const char *const conditions[] = {
		"service_started", "service_healthy", "service_completed_successfully"};
	text_add(out, ",\"mounts\":[");
	for (size_t i = 0; i < service->mount_count; i++) {
		text_addf(out, "%s[\"%s\",", i ? "," : "", kinds[service->mounts[i].kind]);
		text_add_json(out, service->mounts[i].target);
		text_addf(out, ",%s]", service->mounts[i].read_only ? "true" : "false");
	}
	text_add(out, "],\"depends_on\":{");
	for (size_t i = 0; i < service->dependency_count; i++) {
		text_add(out, i ? "," : "");
		text_add_json(out, service->depends_on[i].service);
		text_addf(out, ":\"%s\"", conditions[service->depends_on[i].condition]);
	}
	text_add(out, "},\"environment\":{");
	for (size_t i = 0; i < service->variable_count; i++) {
		text_add(out, i ? "," : "");
		text_add_json(out, service->environment[i].name);
		text_add(out, ":");
		text_add_json(
			out, service->environment[i].value ? service->environment[i].value : "");
	}
	text_addf(out, "},\"profiles\":%zu,\"replicas\":%u,\"privileged\":%s",
		service->profile_count, service->replicas, service->privileged ? "true" : "false");
}

static void dump_text(struct text *out, const char *key, const char *value)
{
	text_addf(out, ",\"%s\":", key);
	if (value)
		text_add_json(out, value);
	else
		text_add(out, "null");
}

static void dump_services(struct text *out, const struct compose_project *project)
{
	text_add(out, "{");
	for (size_t i = 0; i < project->service_count; i++) {
		const struct compose_service *service = &project->services[i];
		text_add(out, i ? ",\n" : "\n");
		text_add_json(out, service->name);
		text_add(out, ":{\"image\":");
		text_add_json(out, service->image ? service->image : "");
		dump_text(out, "platform", service->platform);
		dump_text(out, "container_name", service->container_name);
		dump_text(out, "network_mode", service->network_mode);
		dump_text(out, "pull_policy", service->pull_policy);
		dump_ports(out, service);
		dump_rest(out, service);
		text_add(out, "}");
	}
	text_add(out, "}\n");
}

static void dump(struct arena *arena, const char *name, const struct compose_project *project,
	const struct compose_rewritten *files)
{
	const char *directory = getenv("COMPOSE_DUMP");
	struct err err = ERR_INIT;
	AUTO_TEXT services = TEXT_INIT;
	if (!directory)
		return;
	dump_services(&services, project);
	const char *out = arena_printf(arena, "%s/%s", directory, name);
	CHECK_OK(file_make_directories(out, 0755, &err));
	CHECK_OK(file_write_all(
		arena_printf(arena, "%s.json", out), services.bytes, services.length, 0644, &err));
	for (size_t i = 0; i < project->file_count; i++) {
		char *path = arena_printf(arena, "%s/%s", out, project->files[i]->packed);
		char *slash = strrchr(path, '/');
		*slash = '\0';
		CHECK_OK(file_make_directories(path, 0755, &err));
		*slash = '/';
		CHECK_OK(file_write_all(path, files[i].bytes, files[i].length, 0644, &err));
	}
}

static bool contains(const char *line, size_t length, const char *word)
{
	return memmem(line, length, word, strlen(word)) != NULL;
}

/* May this line of the original change? Images, policies, the name, aliases of whole services. */
static bool may_change(const char *line, size_t length)
{
	return contains(line, length, "image") || contains(line, length, "pull_policy") ||
	       contains(line, length, "name:") || contains(line, length, ": *");
}

/* All other lines are there, in their order. */
static bool lines_stay(const struct compose_rewritten *file)
{
	const char *old = file->file->bytes, *new = file->bytes;
	while (*old) {
		size_t n = strcspn(old, "\n");
		bool found = may_change(old, n);
		while (!found && *new) {
			size_t m = strcspn(new, "\n");
			found = n == m && memcmp(old, new, n) == 0;
			new += m + (new[m] == '\n');
		}
		if (!found)
			return false;
		old += n + (old[n] == '\n');
	}
	return true;
}

static void check_project(const char *name)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct finding_list findings;
	struct closure closure;
	const struct closure_options closure_options = {.pack_secrets = true};
	const char *path = find_file(arena, name);
	CHECK(path != NULL);
	finding_list_init(&findings, arena);
	struct compose_project *project =
		path ? compose_project_load(arena, path, NULL, NULL, &err) : NULL;
	if (!project) {
		check_report(__FILE__, __LINE__, "%s: %s", name, err.text);
		return;
	}
	lint_project(project, &findings);
	CHECK_OK(compose_closure(project, &closure_options, &closure, &findings, &err));
	finding_list_sort(&findings);
	if (finding_count(&findings, FINDING_ERROR) > 0) {
		finding_list_fail(&findings, &err);
		check_report(__FILE__, __LINE__, "%s: %s", name, err.text);
	}
	size_t count;
	struct compose_image *images = new_images(arena, project, &count);
	struct compose_rewritten *files, *again;
	if (compose_rewrite(arena, project, images, count, &files, &err) < 0) {
		check_report(__FILE__, __LINE__, "%s: %s", name, err.text);
		return;
	}
	for (size_t i = 0; i < project->file_count; i++)
		if (!strstr(name, "block-scalar") && !strstr(name, "json") &&
			!lines_stay(&files[i]))
			check_report(__FILE__, __LINE__, "%s: %s lost a line:\n%s", name,
				project->files[i]->packed, files[i].bytes);
	struct overlay overlay = {{overlay_read}, project, files};
	struct compose_options options = {.reader = &overlay.reader};
	struct compose_project *packed = compose_project_load(arena, path, &options, NULL, &err);
	CHECK_STR(err.text, "");
	CHECK(packed && packed->service_count == project->service_count);
	if (packed && compose_rewrite(arena, packed, images, count, &again, &err) == 0)
		for (size_t i = 0; i < packed->file_count; i++)
			CHECK_STR(again[i].bytes, files[i].bytes);
	CHECK_STR(err.text, "");
	dump(arena, name, project, files);
}

TEST(every_project_of_the_corpus_survives_the_round_trip)
{
	CHECK(corpus_folder_each(CORPUS, check_project) >= 30);
}
