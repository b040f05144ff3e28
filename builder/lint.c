/* Advice about a compose project. */
#include "lint.h"

#include <string.h>

#include "compose_path.h"
#include "compose_value.h"
#include "database_image.h"
#include "file_io.h"
#include "lint_image.h"
#include "lint_secret.h"

struct lint {
	const struct compose_project *project;
	struct finding_list *findings;
};

static struct finding *warn(struct lint *lint, const char *rule, const struct compose_place *place,
	const char *format, const char *what)
{
	return finding_add(lint->findings, FINDING_WARNING, rule, place->file->path, place->line,
		format, what);
}

/* Ports */

/* The mapping with the loopback address in front, as it would be written. */
static const char *loopback_line(const struct lint *lint, const struct compose_port *port)
{
	const char *protocol = strcmp(port->protocol, "tcp") == 0
				       ? ""
				       : arena_printf(lint->findings->arena, "/%s", port->protocol);
	return arena_printf(lint->findings->arena, "\"127.0.0.1:%s:%s%s\"",
		*port->published_raw ? port->published_raw : port->target_raw, port->target_raw,
		protocol);
}

static bool is_public(const struct compose_port *port)
{
	return !*port->host_ip || strcmp(port->host_ip, "0.0.0.0") == 0 ||
	       strcmp(port->host_ip, "::") == 0;
}

/* Unquoted 22:22 is a number in base 60 to YAML 1.1 and so to compose v1. */
static bool is_base_60(const struct compose_port *port)
{
	const char *at = port->place.file->bytes + port->place.begin;
	const char *end = port->place.file->bytes + port->place.end;
	bool colon = false;
	unsigned last = 0;
	for (; at < end; at++) {
		if (*at == ':') {
			colon = true;
			last = 0;
		} else if (*at >= '0' && *at <= '9') {
			last = last * 10 + (unsigned)(*at - '0');
		} else {
			return false;
		}
		if (last > 65535 || (colon && last > 59))
			return false;
	}
	return colon;
}

static void check_ports(struct lint *lint, const struct compose_service *service)
{
	const struct database_image *database =
		service->image ? database_image_find(service->image) : NULL;
	for (size_t i = 0; i < service->port_count; i++) {
		const struct compose_port *port = &service->ports[i];
		struct finding *finding;
		if (is_base_60(port)) {
			finding = warn(lint, "base-60-port", &port->place,
				"%s without quotes is a number in base 60 to compose v1",
				port->raw);
			finding_remedy(lint->findings, finding, "write \"%s\"", port->raw);
		}
		if (!is_public(port))
			continue;
		if (database)
			finding = warn(lint, "public-database", &port->place,
				"the database \"%s\" is open to the whole network", service->name);
		else
			finding = warn(lint, "public-port", &port->place,
				"the service \"%s\" is open to the whole network", service->name);
		finding_remedy(lint->findings, finding,
			database ? "take the port out (services reach it by name), or write %s"
				 : "if only this machine needs it, write %s",
			loopback_line(lint, port));
	}
}

/* Mounts */

static void check_mount(
	struct lint *lint, const struct compose_service *service, const struct compose_mount *mount)
{
	struct finding *finding;
	if (mount->one_letter) {
		finding = finding_add(lint->findings, FINDING_ERROR, "one-letter-volume",
			mount->place.file->path, mount->place.line,
			"compose v2 reads the volume name \"%s\" as a Windows drive and fails",
			mount->source);
		finding_remedy(lint->findings, finding,
			"give the volume a longer name, here and under the top-level volumes:");
	}
	if (mount->kind != COMPOSE_VOLUME_BIND)
		return;
	if (text_ends_with(mount->source, "docker.sock")) {
		finding = warn(lint, "docker-socket", &mount->place,
			"the service \"%s\" controls the whole engine through its socket",
			service->name);
		finding_remedy(
			lint->findings, finding, "take the mount out unless it is the point");
	} else if (mount->source[0] == '/') {
		finding = warn(lint, "host-path", &mount->place,
			"%s must exist on the target's host; it does not travel", mount->source);
		finding_remedy(lint->findings, finding,
			"use a named volume, or a copy below the project directory");
	} else if (database_image_keeps(service->image, mount->target)) {
		finding = warn(lint, "database-bind", &mount->place,
			"a database's data in the folder %s: slow on a Mac, wrong owner on Linux; "
			"its "
			"content does not travel",
			mount->source);
		finding_remedy(lint->findings, finding, "use a named volume:  - %s_data:%s",
			service->name, mount->target);
	}
}

static void check_mounts(struct lint *lint, const struct compose_service *service)
{
	for (size_t i = 0; i < service->mount_count; i++)
		check_mount(lint, service, &service->mounts[i]);
}

/* Life of a service */

static const char *healthcheck_lines(const struct lint *lint, const struct database_image *database)
{
	return arena_printf(lint->findings->arena,
		"healthcheck:\n  %s\n  interval: 3s\n  timeout: 3s\n  retries: 20",
		database->healthcheck);
}

static void check_dependencies(struct lint *lint, const struct compose_service *service)
{
	for (size_t i = 0; i < service->dependency_count; i++) {
		const struct compose_dependency *dependency = &service->depends_on[i];
		const struct compose_service *other =
			compose_project_service(lint->project, dependency->service);
		if (!other || !other->image || !dependency->bare)
			continue;
		const struct database_image *database = database_image_find(other->image);
		if (!other->has_healthcheck && !database)
			continue;
		struct finding *finding = warn(lint, "bare-depends-on", &dependency->place,
			"depends_on without a condition does not wait until \"%s\" is ready",
			dependency->service);
		const char *lines = arena_printf(lint->findings->arena,
			"depends_on:\n  %s:\n    condition: service_healthy", dependency->service);
		if (other->has_healthcheck || !database)
			finding_remedy(lint->findings, finding, "%s", lines);
		else
			finding_remedy(lint->findings, finding, "%s\nand in the service %s:\n%s",
				lines, dependency->service, healthcheck_lines(lint, database));
	}
}

static void check_restart(struct lint *lint, const struct compose_service *service)
{
	if (service->restart || service->awaited_to_complete || service->profile_count)
		return;
	struct finding *finding = warn(lint, "no-restart", &service->place,
		"the service \"%s\" does not come back after a crash or a reboot", service->name);
	finding_remedy(lint->findings, finding, "%s", "restart: unless-stopped");
}

static void check_privileges(struct lint *lint, const struct compose_service *service)
{
	struct finding *finding;
	if (service->container_name) {
		finding = warn(lint, "container-name", &service->container_name_place,
			"the fixed container name \"%s\" collides with a second installation",
			service->container_name);
		finding_remedy(lint->findings, finding, "take container_name out");
	}
	if (service->network_mode && strcmp(service->network_mode, "host") == 0) {
		finding = warn(lint, "host-network", &service->network_mode_place,
			"network_mode: %s is another machine's network on a Mac",
			service->network_mode);
		finding_remedy(lint->findings, finding, "publish the ports with ports:");
	}
	if (service->privileged) {
		finding = warn(lint, "privileged", &service->privileged_place,
			"the service \"%s\" may do everything on the host", service->name);
		finding_remedy(lint->findings, finding, "name what it needs with cap_add:");
	}
}

/* The project */

static void check_version(struct lint *lint)
{
	if (!lint->project->version)
		return;
	struct finding *finding = warn(lint, "obsolete-version", &lint->project->version_place,
		"version: '%s' is obsolete; compose v2 ignores it", lint->project->version);
	finding_remedy(lint->findings, finding, "take the line out");
}

static void check_external(struct lint *lint)
{
	const struct compose_project *project = lint->project;
	for (size_t i = 0; i < project->volume_count; i++)
		if (project->volumes[i].external)
			warn(lint, "external-volume", &project->volumes[i].place,
				"the volume \"%s\" must exist on the target before the start",
				project->volumes[i].name);
	for (size_t i = 0; i < project->network_count; i++)
		if (project->networks[i].external)
			warn(lint, "external-network", &project->networks[i].place,
				"the network \"%s\" must exist on the target before the start",
				project->networks[i].name);
}

static void check_sources(struct lint *lint)
{
	for (size_t i = 0; i < lint->project->secret_count; i++) {
		const struct compose_source *secret = &lint->project->secrets[i];
		if (secret->path)
			warn(lint, "secret-file", &secret->place,
				"the secret file %s travels as it is, readable to whoever has the "
				"installer",
				secret->path);
		if (secret->content)
			warn(lint, "inline-secret", &secret->place,
				"%s is written in the compose file and travels with it",
				secret->name);
	}
}

/* compose alone would merge it; an installer names its compose file. */
static void check_override(struct lint *lint)
{
	static const char *const names[] = {"compose.override.yaml", "compose.override.yml",
		"docker-compose.override.yaml", "docker-compose.override.yml"};
	const struct compose_project *project = lint->project;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *path = compose_path_open(project->arena, project->directory, names[i]);
		struct err ignored = ERR_INIT;
		char *bytes = NULL;
		size_t length;
		if (project->reader->read(
			    project->reader, path, project->arena, &bytes, &length, &ignored) < 0 ||
			!bytes)
			continue;
		finding_add(lint->findings, FINDING_WARNING, "override-file", path, 0,
			"%s is not part of what travels", names[i]);
	}
}

void lint_project(const struct compose_project *project, struct finding_list *findings)
{
	struct lint lint = {project, findings};
	check_version(&lint);
	check_external(&lint);
	check_sources(&lint);
	check_override(&lint);
	for (size_t i = 0; i < project->service_count; i++) {
		const struct compose_service *service = &project->services[i];
		if (!service->packed)
			continue;
		lint_image_check(service, findings);
		lint_secret_check(service, findings);
		check_ports(&lint, service);
		check_mounts(&lint, service);
		check_dependencies(&lint, service);
		check_restart(&lint, service);
		check_privileges(&lint, service);
	}
}

void lint_known_fatal(const struct compose_project *project, const struct compose_service *service,
	const char *const *image_env, size_t image_env_count, struct finding_list *findings)
{
	(void)project;
	lint_image_check_config(service, image_env, image_env_count, findings);
}
