/* A receipt that nobody can read: without it an older file would pass for the first installation,
 * over data that a newer one has made. */
#include <unistd.h>

#include "preflight_check.h"
#include "receipt.h"

static void refuse_unknown(struct preflight *preflight, const char *name, const struct err *damage)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT,
		"%s: so nobody can tell which version the data in %s is of; an older one might not "
		"understand it",
		damage->text, preflight->place->directory);
	err_hint(&problem,
		"restore a backup, or begin anew with --erase-data (which makes one first); if you "
		"know that this file is not the older one: make a backup, then say "
		"--ignore-preflight %s",
		name);
	preflight_error(preflight, name, &problem);
}

/* Beside a receipt that says nothing: is there anything that it could be about? */
static int is_installed(struct preflight *preflight, bool *installed, struct err *err)
{
	const struct place *place = preflight->place;
	struct docker_container *containers;
	const char **volumes;
	size_t count = 0, volume_count = 0;
	AUTO_FREE char *journal = xprintf("%s/journal.jsonl", place->directory);
	*installed = access(place->compose_file, F_OK) == 0 ||
		     access(place->env_file, F_OK) == 0 || access(journal, F_OK) == 0;
	if (*installed || !preflight_can_look(preflight))
		return 0;
	if (docker_project_containers(
		    &preflight->docker, place->project, &containers, &count, err) < 0 ||
		docker_project_volumes(
			&preflight->docker, place->project, &volumes, &volume_count, err) < 0)
		return -1;
	*installed = count > 0 || volume_count > 0;
	return 0;
}

static void warn(struct preflight *preflight, const struct receipt *receipt)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT, "%s; its copy %s is used", receipt->damage,
		receipt->path);
	err_hint(&problem, "an installation that succeeds writes a new one");
	preflight_warning(preflight, "receipt", &problem);
}

int preflight_check_receipt(struct preflight *preflight, struct err *err)
{
	const struct session *session = preflight->session;
	struct err damage = ERR_INIT;
	struct receipt *receipt;
	bool installed;
	if (!preflight->place || session->options->erase_data || preflight->restoring)
		return 0;
	const char *directory = preflight->place->directory;
	if (receipt_read(directory, session->arena, &receipt, &damage) == 0) {
		if (receipt && receipt->damage)
			warn(preflight, receipt);
		else if (!receipt && receipt_read_retired(directory, session->arena, &receipt,
					     &damage) < 0)
			refuse_unknown(preflight, "data", &damage);
		return 0;
	}
	if (is_installed(preflight, &installed, err) < 0)
		return -1;
	if (installed) {
		refuse_unknown(preflight, "receipt", &damage);
		return 0;
	}
	err_hint(&damage, "an installation that succeeds writes a new one");
	preflight_warning(preflight, "receipt", &damage);
	return 0;
}
