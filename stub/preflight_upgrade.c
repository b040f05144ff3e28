/* What is installed already, against this file: is it newer, and can its data be read? */
#include <stdlib.h>
#include <string.h>

#include "database_major.h"
#include "docker_volume.h"
#include "journal.h"
#include "message.h"
#include "preflight_check.h"
#include "receipt_lost.h"
#include "rollback.h"
#include "version_order.h"
#include "volume_copy.h"

enum { VERSION_FILE_LIMIT = 16 };

static enum version_change change_from(
	const struct preflight *preflight, const char *version, const char *root)
{
	const struct session *session = preflight->session;
	char own[SHA256_HEX_LENGTH + 1];
	sha256_to_hex(&session->layout.locator.root, own);
	return version_change(version, root, session->manifest->version, own);
}

static void refuse_installed(struct preflight *preflight, const struct receipt *receipt)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT,
		"version %s is installed in %s, and this file is the older %s: what the newer one "
		"has made of the data, the older one may not understand",
		receipt->version, receipt->directory, preflight->session->manifest->version);
	err_hint(&problem,
		"run the newer installer (%s); to go back all the same, restore a backup that the "
		"older version made, or begin anew with --erase-data",
		receipt->installer);
	preflight_error(preflight, "version", &problem);
}

/* Uninstalled, and the data is still there; false: of a newer version. */
static bool check_retired(struct preflight *preflight)
{
	struct err problem = ERR_INIT;
	struct receipt *receipt;
	struct err ignored = ERR_INIT; /* preflight_check_receipt() has told of it */
	if (receipt_find_retired(preflight->place, preflight->session, &receipt, &ignored) < 0 ||
		!receipt)
		return true;
	enum version_change change = change_from(preflight, receipt->version, receipt->root);
	if (change != VERSION_SAME && change != VERSION_OLDER)
		preflight->kept = receipt;
	if (change != VERSION_OLDER)
		return true;
	err_set(&problem, CODE_PREFLIGHT,
		"the data that lies here is of version %s, and this file is the older %s: it may "
		"not understand them",
		receipt->version, preflight->session->manifest->version);
	err_hint(&problem,
		"run the newer installer (%s); if its data is gone, or you know better, say "
		"--ignore-preflight data",
		receipt->installer);
	preflight_error(preflight, "data", &problem);
	return false;
}

/* A newer version failed here after its services had begun: no receipt tells of it, the journal does. */
static int check_started(struct preflight *preflight, struct err *err)
{
	struct err problem = ERR_INIT;
	struct journal_start start;
	const char **volumes;
	size_t count = 0;
	const struct place *place = preflight->place;
	if (!preflight_can_look(preflight) ||
		!journal_last_start(place, preflight->session->arena, &start) ||
		change_from(preflight, start.version, start.root) != VERSION_OLDER)
		return 0;
	if (docker_project_volumes(&preflight->docker, place->project, &volumes, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	err_set(&problem, CODE_PREFLIGHT,
		"version %s was started over the data in %s (%s) and may have changed it; this file "
		"is the older %s",
		start.version, place->directory, start.at, preflight->session->manifest->version);
	err_hint(&problem,
		"run the newer installer again, or restore a backup of before (the folder backups "
		"beside that one has what was saved); if the data is unchanged, say "
		"--ignore-preflight data");
	preflight_error(preflight, "data", &problem);
	return 0;
}

static void refuse_unfinished(struct preflight *preflight, const struct rollback_point *point)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT,
		"an upgrade to version %s is not finished in %s, and this file is the older %s",
		point->to.version, point->directory, preflight->session->manifest->version);
	err_hint(&problem, "finish it with %s, or go back with \"%s/hardtack-control\" rollback",
		arena_shell_word(preflight->session->arena, point->to.installer), point->directory);
	preflight_error(preflight, "version", &problem);
}

/* A receipt that cannot be read is told by those who need it. */
int preflight_check_version(struct preflight *preflight, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct receipt *receipt;
	struct rollback_point *point;
	if (!preflight->place || preflight->session->options->erase_data || preflight->restoring ||
		preflight->session->manifest->installer)
		return 0;
	const char *directory = preflight->place->directory;
	struct arena *arena = preflight->session->arena;
	if (receipt_find(preflight->place, preflight->session, &receipt, &ignored) == 0 && !receipt &&
		check_retired(preflight) && check_started(preflight, err) < 0)
		return -1;
	if (!receipt || rollback_find_unfinished(directory, arena, &point, &ignored) < 0)
		return 0;
	if (point &&
		change_from(preflight, point->from.version, point->from.root) == VERSION_SAME)
		return 0; /* it goes back */
	if (point &&
		change_from(preflight, point->to.version, point->to.root) == VERSION_OLDER)
		refuse_unfinished(preflight, point);
	else if (change_from(preflight, receipt->version, receipt->root) == VERSION_OLDER)
		refuse_installed(preflight, receipt);
	return 0;
}

/* An upgrade saves the volumes first: as many bytes as the engine reckons that they have. */
uint64_t preflight_backup_bytes(const struct preflight *preflight)
{
	const struct session *session = preflight->session;
	struct docker_cli docker = preflight->docker;
	struct receipt *receipt;
	struct err ignored = ERR_INIT;
	const char **names;
	size_t count;
	uint64_t bytes = 0;
	if (!preflight_can_look(preflight) || session->options->erase_data ||
		session->manifest->installer ||
		receipt_find(preflight->place, session, &receipt, &ignored) < 0 || !receipt ||
		change_from(preflight, receipt->version, receipt->root) == VERSION_SAME ||
		docker_project_volumes(
			&docker, preflight->place->project, &names, &count, &ignored) < 0 ||
		docker_volume_sizes(&docker, names, count, &bytes, &ignored) < 0)
		return 0;
	return bytes;
}

/* ---- PostgreSQL ---- */

/* One active service with a PostgreSQL that is known; NULL: none, or several, and nobody can tell
 * whose volume is whose. */
static int find_only_postgres(const struct session *session, const struct manifest_service **only,
	unsigned *major, struct err *err)
{
	const struct manifest *manifest = session->manifest;
	size_t found = 0;
	for (size_t i = 0; i < manifest->service_count; i++) {
		const struct manifest_service *service = &manifest->services[i];
		unsigned of_image = 0;
		if (service->active &&
			database_major_of_image(
				session, &manifest->images[service->image], &of_image, err) < 0)
			return -1;
		if (of_image == 0)
			continue;
		*only = service;
		*major = of_image;
		found++;
	}
	if (found != 1)
		*only = NULL;
	return 0;
}

static void refuse_kept(struct preflight *preflight, const char *volume, unsigned old,
	const struct manifest_service *service, unsigned new)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT,
		"the volume %s holds data of PostgreSQL %u, and service %s of this file is "
		"PostgreSQL %u, which does not start over it",
		volume, old, service->name, new);
	err_hint(&problem,
		"install the version that the data is of, and take the data over from there "
		"(pg_dumpall); or begin anew with --erase-data");
	preflight_error(preflight, "database", &problem);
}

int preflight_check_kept_data(struct preflight *preflight, struct err *err)
{
	const struct session *session = preflight->session;
	const char *project = preflight->place->project;
	const struct manifest_service *service = NULL;
	const char **volumes;
	size_t count;
	unsigned major = 0;
	/* preflight_check_database() has asked the containers that are there. */
	if (session->options->erase_data || preflight->container_count > 0)
		return 0;
	if (docker_project_volumes(&preflight->docker, project, &volumes, &count, err) < 0 ||
		(count > 0 && find_only_postgres(session, &service, &major, err) < 0))
		return -1;
	for (size_t i = 0; service && i < count; i++) {
		struct volume_copy copy = {.docker = &preflight->docker,
			.project = project,
			.image = session->manifest->images[service->image].tag,
			.source = volumes[i]};
		const char *version;
		if (volume_copy_read_file(&copy, "PG_VERSION", VERSION_FILE_LIMIT, &version, err) <
			0)
			return -1;
		unsigned old = version ? (unsigned)strtoul(version, NULL, 10) : 0;
		if (old > 0 && old != major)
			refuse_kept(preflight, volumes[i], old, service, major);
	}
	return preflight->errors ? err_set(err, preflight->code,
					   "the data that was kept does not fit; only files and "
					   "images were brought")
				 : 0;
}

static void refuse_major(struct preflight *preflight, const struct docker_container *container,
	unsigned old, unsigned new)
{
	struct err problem = ERR_INIT;
	const char *installer = preflight->session->path;
	err_set(&problem, CODE_PREFLIGHT,
		"the data of service %s is of PostgreSQL %u, and this file brings PostgreSQL %u, "
		"which does not start over it",
		container->service, old, new);
	err_hint(&problem,
		"either use an installer that keeps PostgreSQL %u, or take the data over: "
		"1. docker exec %s sh -c 'pg_dumpall -U \"${POSTGRES_USER:-postgres}\"' > all.sql; "
		"2. \"%s\" install --erase-data; "
		"3. docker exec -i %s sh -c 'psql -U \"${POSTGRES_USER:-postgres}\" -d postgres' < "
		"all.sql",
		old, container->name, installer, container->name);
	preflight_error(preflight, "database", &problem);
}

static const struct docker_container *find_container(
	const struct docker_container *containers, size_t count, const char *service)
{
	for (size_t i = 0; i < count; i++)
		if (!containers[i].one_off && strcmp(containers[i].service, service) == 0)
			return &containers[i];
	return NULL;
}

/* A container that stands there says where its data lies; without one, the engine has nothing to
 * show before images are loaded: preflight_check_kept_data(). */
int preflight_check_database(struct preflight *preflight, struct err *err)
{
	const struct session *session = preflight->session;
	const struct manifest *manifest = session->manifest;
	if (!preflight_can_look(preflight) || session->options->erase_data ||
		preflight->restoring || manifest->installer)
		return 0;
	if (preflight_look(preflight, err) < 0)
		return -1;
	const struct docker_container *containers = preflight->containers;
	size_t count = preflight->container_count;
	for (size_t i = 0; count > 0 && i < manifest->service_count; i++) {
		const struct manifest_service *service = &manifest->services[i];
		const struct docker_container *container =
			find_container(containers, count, service->name);
		unsigned old = 0, new = 0;
		if (!service->active || !container)
			continue;
		if (database_major_of_image(session, &manifest->images[service->image], &new, err) <
				0 ||
			(new > 0 && database_major_of_container(
					    &preflight->docker, container, &old, err) < 0))
			return -1;
		if (old > 0 && old != new)
			refuse_major(preflight, container, old, new);
	}
	return 0;
}

/* ---- new secrets ---- */

static bool template_has(const struct env_files *env, const char *target, const char *name)
{
	for (size_t i = 0; i < env->count; i++)
		for (size_t j = 0; strcmp(env->items[i].target, target) == 0 &&
				   j < env->items[i].template.count;
			j++)
			if (strcmp(env->items[i].template.entries[j].source.name, name) == 0)
				return true;
	return false;
}

/* The installed version's place, in the variant that runs there. */
static bool use_variant(const struct preflight *preflight, struct session *old, struct place *place)
{
	const char *variant = preflight->session->manifest->variant;
	size_t number = variant ? session_find_variant(old, variant) : 0;
	struct err ignored = ERR_INIT;
	if (number == old->variant_count)
		return false;
	session_use_variant(old, number);
	return place_of_variant(place, preflight->place, old, &ignored) == 0;
}

static const char *first_lost(const struct env_files *env, const struct env_files *before)
{
	for (size_t i = 0; i < env->count; i++)
		for (size_t j = 0; j < env->items[i].template.count; j++) {
			const struct env_template_entry *entry = &env->items[i].template.entries[j];
			if (env->items[i].missing[j] &&
				(entry->kind == ENV_TEMPLATE_SECRET_HEX ||
					entry->kind == ENV_TEMPLATE_SECRET_BASE64) &&
				template_has(before, env->items[i].target, entry->source.name))
				return entry->source.name;
		}
	return NULL;
}

/* The version that is installed says, by its control program, which secrets its data knows. */
const char *preflight_lost_secret(const struct preflight *preflight)
{
	const struct session *session = preflight->session;
	const char *lost = preflight->env->new_secret;
	struct stub_options options = {.directory = preflight->place->directory,
		.project_name = preflight->place->project};
	struct session old = SESSION_INIT;
	struct place place = PLACE_INIT;
	struct env_files before;
	struct receipt *receipt;
	struct err ignored = ERR_INIT;
	if (preflight->upgrading)
		return NULL;
	if (!lost || !preflight->env->items[0].exists ||
		receipt_find(preflight->place, session, &receipt, &ignored) < 0 || !receipt)
		return lost;
	if (session_open_other(&old, session,
		    arena_printf(session->arena, "%s/" MANIFEST_CONTROL_NAME, options.directory),
		    &options, &ignored) == 0 &&
		use_variant(preflight, &old, &place) &&
		env_files_plan(&before, &old, &place, &ignored) == 0)
		lost = first_lost(preflight->env, &before);
	session_close(&old);
	return lost;
}
