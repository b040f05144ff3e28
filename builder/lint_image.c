/* Tags that move; Postgres 18 and later over /var/lib/postgresql/data. */
#include "lint_image.h"

#include <string.h>

#include "number.h"
#include "text.h"

enum { POSTGRES_NEW_LAYOUT = 18 }; /* docker-library/postgres#1259 */

/* The parts of a reference as it is written. */
struct reference {
	const char *repository; /* with registry */
	const char *tag;        /* NULL: none */
	bool has_digest;
};

static struct reference split(struct arena *arena, const char *image)
{
	struct reference reference = {0};
	const char *at = strchr(image, '@');
	const char *name = at ? arena_strndup(arena, image, (size_t)(at - image)) : image;
	const char *slash = strrchr(name, '/');
	const char *colon = strchr(slash ? slash : name, ':');
	reference.has_digest = at != NULL;
	reference.repository = colon ? arena_strndup(arena, name, (size_t)(colon - name)) : name;
	reference.tag = colon ? colon + 1 : NULL;
	return reference;
}

/* A tag that names one release: a number with a dot in it ("2.95.12", "v1.7-alpine"), or a date or
 * revision of at least eight digits or hex digits. */
static bool is_exact_tag(const char *tag)
{
	size_t hex = strspn(tag, "0123456789abcdef");
	if (hex >= 7 && (!tag[hex] || tag[hex] == '-'))
		return true;
	const char *digits = tag + strcspn(tag, "0123456789");
	size_t n = strspn(digits, "0123456789");
	if (n >= 8)
		return true;
	bool date = n == 4 && digits[n] == '-'; /* RELEASE.2025-01-20T14-49-07Z */
	return n > 0 && (digits[n] == '.' || date) && digits[n + 1] >= '0' && digits[n + 1] <= '9';
}

static void check_tag(const struct compose_service *service, const struct reference *reference,
	struct finding_list *findings)
{
	if (reference->has_digest || (reference->tag && is_exact_tag(reference->tag)))
		return;
	struct finding *finding;
	const struct compose_place *place = &service->image_place;
	if (!reference->tag || strcmp(reference->tag, "latest") == 0)
		finding = finding_add(findings, FINDING_WARNING, "floating-tag", place->file->path,
			place->line, "%s means another image every few weeks", service->image);
	else
		finding = finding_add(findings, FINDING_WARNING, "floating-tag", place->file->path,
			place->line, "%s: the tag \"%s\" moves from release to release",
			service->image, reference->tag);
	/* "2" becomes "2.x.y": nobody but the maker knows which release was tried. */
	bool major =
		reference->tag && strspn(reference->tag, "0123456789") == strlen(reference->tag);
	finding_remedy(findings, finding, "name one release in full: image: %s:%s",
		reference->repository,
		major ? arena_printf(findings->arena, "%s.x.y", reference->tag) : "x.y.z");
}

/* Is it the official image, from Docker Hub or a mirror of it? */
static bool is_official_postgres(const char *repository)
{
	const char *slash = strrchr(repository, '/');
	if (strcmp(slash ? slash + 1 : repository, "postgres") != 0)
		return false;
	return !slash || text_ends_with(repository, "/library/postgres") ||
	       strcmp(repository, "library/postgres") == 0 ||
	       strcmp(repository, "docker.io/postgres") == 0;
}

/* The mount that the image of 18 refuses; NULL: none, or PGDATA says otherwise. */
static const struct compose_mount *old_volume(const struct compose_service *service)
{
	for (size_t i = 0; i < service->variable_count; i++)
		if (strcmp(service->environment[i].name, "PGDATA") == 0)
			return NULL;
	for (size_t i = 0; i < service->mount_count; i++) {
		const char *target = service->mounts[i].target;
		if (strcmp(target, "/var/lib/postgresql/data") == 0 ||
			strcmp(target, "/var/lib/postgresql/data/") == 0)
			return &service->mounts[i];
	}
	return NULL;
}

/* "18.1-alpine" -> 18; 0 when the tag begins with no number. */
static unsigned major_of(struct arena *arena, const char *tag)
{
	uint64_t value = 0;
	size_t n = strspn(tag, "0123456789");
	return n && number_parse_u64(arena_strndup(arena, tag, n), &value) && value < 1000
		       ? (unsigned)value
		       : 0;
}

/* "17" with what the tag says of the base system ("-alpine"). */
static const char *replacement(struct arena *arena, const struct reference *reference)
{
	const char *tag = reference->tag ? reference->tag : "";
	const char *suffix = "";
	if (major_of(arena, tag)) {
		const char *dash = strchr(tag, '-');
		suffix = dash ? dash : "";
	} else if (text_starts_with(tag, "alpine")) {
		suffix = "-alpine";
	}
	return arena_printf(arena, "image: %s:17%s", reference->repository, suffix);
}

static void add_fatal(const struct compose_service *service, const struct compose_mount *mount,
	const struct reference *reference, unsigned major, struct finding_list *findings)
{
	const struct compose_place *place = &service->image_place;
	struct finding *finding = finding_add(findings, FINDING_ERROR, "postgres-18-volume",
		place->file->path, place->line,
		"%s is Postgres %u, which refuses to start over a volume at %s (line %u)",
		service->image, major, mount->target, mount->place.line);
	finding_remedy(findings, finding, "write  %s", replacement(findings->arena, reference));
}

static void check_postgres(const struct compose_service *service, const struct reference *reference,
	struct finding_list *findings)
{
	const struct compose_mount *mount = old_volume(service);
	if (!mount || !is_official_postgres(reference->repository))
		return;
	unsigned major = reference->tag ? major_of(findings->arena, reference->tag) : 0;
	if (major >= POSTGRES_NEW_LAYOUT) {
		add_fatal(service, mount, reference, major, findings);
		return;
	}
	if (major || reference->has_digest)
		return;
	const struct compose_place *place = &service->image_place;
	struct finding *finding = finding_add(findings, FINDING_WARNING, "postgres-18-volume",
		place->file->path, place->line,
		"%s now means Postgres 18 or later, which refuses to start over a volume at %s "
		"(line %u)",
		service->image, mount->target, mount->place.line);
	finding_remedy(findings, finding, "write  %s", replacement(findings->arena, reference));
}

void lint_image_check(const struct compose_service *service, struct finding_list *findings)
{
	if (!service->image)
		return;
	struct reference reference = split(findings->arena, service->image);
	check_tag(service, &reference, findings);
	check_postgres(service, &reference, findings);
}

void lint_image_check_config(const struct compose_service *service, const char *const *image_env,
	size_t image_env_count, struct finding_list *findings)
{
	const struct compose_mount *mount = old_volume(service);
	if (!mount || !service->image)
		return;
	struct reference reference = split(findings->arena, service->image);
	for (size_t i = 0; i < image_env_count; i++) {
		if (!text_starts_with(image_env[i], "PG_MAJOR="))
			continue;
		unsigned major = major_of(findings->arena, image_env[i] + strlen("PG_MAJOR="));
		if (major >= POSTGRES_NEW_LAYOUT)
			add_fatal(service, mount, &reference, major, findings);
	}
}
