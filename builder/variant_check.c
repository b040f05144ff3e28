/* Comparing where the variants keep their data. */
#include "variant_check.h"

#include <string.h>

#include "text.h"

/* Where the engine, not the project's name, decides: the volume's own name, or a folder of the
 * host. NULL: it is the variant's own. */
static const char *shared_name(
	const struct compose_project *compose, const struct compose_mount *mount)
{
	/* Interfaces of the host, not data. */
	static const char *const system[] = {"/var/run/", "/run/", "/dev/", "/proc/", "/sys/"};
	if (mount->read_only)
		return NULL;
	if (mount->kind == COMPOSE_VOLUME_BIND) {
		for (size_t i = 0; i < ARRAY_SIZE(system); i++)
			if (text_starts_with(mount->source, system[i]))
				return NULL;
		return mount->source[0] == '/' || mount->source[0] == '~' ? mount->source : NULL;
	}
	for (size_t i = 0; mount->kind == COMPOSE_VOLUME_NAMED && i < compose->volume_count; i++) {
		const struct compose_resource *volume = &compose->volumes[i];
		if (strcmp(volume->name, mount->source) == 0)
			return volume->label      ? volume->label
			       : volume->external ? volume->name
						  : NULL;
	}
	return NULL;
}

static const struct compose_service *find_user(
	const struct compose_project *compose, enum compose_volume_kind kind, const char *name)
{
	for (size_t i = 0; i < compose->service_count; i++)
		for (size_t m = 0; m < compose->services[i].mount_count; m++) {
			const struct compose_mount *mount = &compose->services[i].mounts[m];
			const char *shared = shared_name(compose, mount);
			if (shared && mount->kind == kind && strcmp(shared, name) == 0)
				return &compose->services[i];
		}
	return NULL;
}

static void check_mount(const struct project *variant, const struct project *other,
	const struct compose_service *service, const struct compose_mount *mount,
	struct finding_list *findings)
{
	const char *name = shared_name(variant->compose, mount);
	const struct compose_service *user =
		name ? find_user(other->compose, mount->kind, name) : NULL;
	if (!user)
		return;
	struct finding *finding = finding_add(findings, FINDING_ERROR, "fallback-shared-data",
		mount->place.file->path, mount->place.line,
		"service %s keeps its data in %s, where %s:%u (service %s) keeps its own: what one "
		"variant has migrated the other cannot read",
		service->name, name, user->place.file->path, user->place.line, user->name);
	finding_remedy(findings, finding,
		"give each variant its own: without name: and external: a volume is named after "
		"the "
		"variant's project, and ./folders lie in its own directory");
}

static void check_data(
	const struct project *variant, const struct project *other, struct finding_list *findings)
{
	const struct compose_project *compose = variant->compose;
	for (size_t i = 0; i < compose->service_count; i++)
		for (size_t m = 0; m < compose->services[i].mount_count; m++)
			check_mount(variant, other, &compose->services[i],
				&compose->services[i].mounts[m], findings);
}

/* A variant is installed in a folder of its name below the first choice's. */
static void check_name(
	const struct project *variant, const struct closure *first, struct finding_list *findings)
{
	size_t length = strlen(variant->variant);
	for (size_t i = 0; i < first->count; i++) {
		const char *packed = first->entries[i].packed;
		if (strncmp(packed, variant->variant, length) != 0 ||
			(packed[length] != '/' && packed[length] != '\0'))
			continue;
		struct finding *finding = finding_add(findings, FINDING_ERROR, "fallback-name",
			variant->file->path, 0,
			"the project has %s, and the variant %s is installed in a folder of that "
			"name",
			packed, variant->variant);
		finding_remedy(findings, finding, "give the variant another name");
		return;
	}
}

void variant_check(const struct project *project, const struct closure *closures,
	struct finding_list *findings)
{
	for (size_t i = 0; i < project->fallback_count; i++) {
		const struct project *variant = &project->fallback[i];
		check_name(variant, &closures[0], findings);
		for (size_t j = 0; j <= i; j++)
			check_data(variant, project_variant(project, j), findings);
	}
}
