/* A receipt that nobody can read: without it an older file would pass for the first installation,
 * over data that a newer one has made. */
#include <unistd.h>

#include "file_owner.h"
#include "preflight_check.h"
#include "receipt_lost.h"

static void refuse_unknown(struct preflight *preflight, const char *name, const struct err *damage)
{
	struct err problem = ERR_INIT;
	/* Not damaged: somebody else's. No word of the person makes that a first installation. */
	if (file_owner_refused(damage)) {
		preflight_error(preflight, "permission", damage);
		return;
	}
	err_set(&problem, CODE_PREFLIGHT,
		"%s: so nobody can tell which version the data in %s is of; an older one might not "
		"understand it",
		damage->text, preflight->place->directory);
	err_hint(&problem,
		"restore a backup, or begin anew with --erase-data; if you know that this file is "
		"not the older one: --ignore-preflight %s (each of them backs up first what is "
		"there)",
		name);
	preflight->unknown = session_ignores(preflight->session, name);
	preflight_error(preflight, name, &problem);
}

static bool has_env(const struct place *place)
{
	return access(place->env_file, F_OK) == 0;
}

/* Where nothing says of what version: is there anything that it could matter for? volume: one of
 * those that there are, or NULL. */
static int is_installed(
	struct preflight *preflight, bool *installed, const char **volume, struct err *err)
{
	const struct place *place = preflight->place;
	struct docker_container *containers;
	const char **volumes;
	size_t count = 0, volume_count = 0;
	*volume = NULL;
	*installed = access(place->compose_file, F_OK) == 0 || has_env(place);
	if (!preflight_can_look(preflight))
		return 0;
	if (docker_project_containers(
		    &preflight->docker, place->project, &containers, &count, err) < 0 ||
		docker_project_volumes(
			&preflight->docker, place->project, &volumes, &volume_count, err) < 0)
		return -1;
	*installed = *installed || count > 0 || volume_count > 0;
	if (volume_count > 0)
		*volume = volumes[0];
	return 0;
}

static void warn(struct preflight *preflight, const struct receipt *receipt)
{
	struct err problem = ERR_INIT;
	if (receipt->inferred)
		err_set(&problem, CODE_PREFLIGHT, "%s; what %s says is used", receipt->damage,
			receipt->path);
	else
		err_set(&problem, CODE_PREFLIGHT, "%s; its copy %s is used", receipt->damage,
			receipt->path);
	err_hint(&problem, "an installation that succeeds writes a new one");
	preflight_warning(preflight, "receipt", &problem);
}

/* The receipt is no receipt, and neither is its copy. */
static int check_damaged(struct preflight *preflight, struct err *damage, struct err *err)
{
	const char *volume;
	bool installed;
	AUTO_FREE char *journal = xprintf("%s/journal.jsonl", preflight->place->directory);
	if (is_installed(preflight, &installed, &volume, err) < 0)
		return -1;
	if (installed || access(journal, F_OK) == 0) {
		refuse_unknown(preflight, "receipt", damage);
		return 0;
	}
	err_hint(damage, "an installation that succeeds writes a new one");
	preflight_warning(preflight, "receipt", damage);
	return 0;
}

/* Somebody's own project lies where this one is to go. */
static void refuse_compose_file(struct preflight *preflight)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT,
		"%s is there already, and nothing shows that an installer wrote it",
		preflight->place->compose_file);
	err_hint(&problem,
		"choose an empty directory with --dir DIR, or move that file away; to have it "
		"replaced (it stays as .old): --ignore-preflight receipt");
	preflight_error(preflight, "receipt", &problem);
}

/* There is none, and there should be, by what is left. */
static int check_gone(struct preflight *preflight, struct err *err)
{
	const struct place *place = preflight->place;
	struct receipt_lost lost;
	struct err damage = ERR_INIT;
	const char *volume;
	bool installed;
	receipt_lost_look(&lost, place, preflight->session);
	if (lost.never)
		return 0;
	if (lost.receipt) {
		if (!lost.uninstalled) /* else preflight_check_version() compares */
			warn(preflight, lost.receipt);
		return 0;
	}
	/* A first time as a rule, and docker is not asked; of volumes to which nothing is left
	 * preflight_check_data() and preflight_check_project() speak. */
	if (!lost.trace && !has_env(place))
		return 0;
	if (is_installed(preflight, &installed, &volume, err) < 0)
		return -1;
	if (lost.trace == place->compose_file && !volume && !has_env(place)) {
		refuse_compose_file(preflight);
		return 0;
	}
	if (lost.trace && (volume || (installed && !lost.uninstalled)))
		err_set(&damage, CODE_PREFLIGHT, "%s and %s are gone from %s, though %s is there",
			RECEIPT_NAME, RECEIPT_COPY, place->directory, lost.trace);
	else if (!lost.trace && volume)
		err_set(&damage, CODE_PREFLIGHT,
			"Docker has the volume %s of a project %s, and there is no %s in %s",
			volume, place->project, RECEIPT_NAME, place->directory);
	else
		return 0;
	refuse_unknown(preflight, "receipt", &damage);
	return 0;
}

int preflight_check_receipt(struct preflight *preflight, struct err *err)
{
	const struct session *session = preflight->session;
	struct err damage = ERR_INIT;
	struct receipt *receipt;
	if (!preflight->place || session->options->erase_data || preflight->restoring)
		return 0;
	const char *directory = preflight->place->directory;
	if (receipt_read(directory, session->arena, &receipt, &damage) < 0)
		return check_damaged(preflight, &damage, err);
	if (receipt) {
		if (receipt->damage)
			warn(preflight, receipt);
		return 0;
	}
	if (receipt_read_retired(directory, session->arena, &receipt, &damage) < 0)
		refuse_unknown(preflight, "data", &damage);
	else if (!receipt)
		return check_gone(preflight, err);
	return 0;
}
