/* What is installed already, against this file: is it newer? */
#include <string.h>

#include "message.h"
#include "preflight_check.h"
#include "rollback_point.h"
#include "version_order.h"

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

/* Uninstalled, and the data is still there. */
static void check_retired(struct preflight *preflight, const char *directory)
{
	struct err problem = ERR_INIT;
	struct receipt *receipt;
	receipt_read_retired(directory, preflight->session->arena, &receipt);
	if (!receipt || change_from(preflight, receipt->version, receipt->root) != VERSION_OLDER)
		return;
	err_set(&problem, CODE_PREFLIGHT,
		"the data that lies here is of version %s, and this file is the older %s: it may "
		"not understand them",
		receipt->version, preflight->session->manifest->version);
	err_hint(&problem,
		"run the newer installer (%s); if its data is gone, or you know better, say "
		"--ignore-preflight data",
		receipt->installer);
	preflight_error(preflight, "data", &problem);
}

static void refuse_unfinished(struct preflight *preflight, const struct rollback_point *point)
{
	struct err problem = ERR_INIT;
	err_set(&problem, CODE_PREFLIGHT,
		"an upgrade to version %s is not finished in %s, and this file is the older %s",
		point->to.version, point->directory, preflight->session->manifest->version);
	err_hint(&problem, "finish it with %s, or go back with \"%s/hardtack-control\" rollback",
		point->to.installer, point->directory);
	preflight_error(preflight, "version", &problem);
}

/* A receipt that cannot be read is told by those who need it. */
int preflight_check_version(struct preflight *preflight, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct receipt *receipt;
	struct rollback_point *point;
	(void)err;
	if (!preflight->place || preflight->session->options->erase_data || preflight->restoring ||
		preflight->session->manifest->installer)
		return 0;
	const char *directory = preflight->place->directory;
	struct arena *arena = preflight->session->arena;
	if (receipt_read(directory, arena, &receipt, &ignored) == 0 && !receipt)
		check_retired(preflight, directory);
	if (!receipt || rollback_point_read(directory, arena, &point, &ignored) < 0)
		return 0;
	bool unfinished = point && strcmp(point->to.root, receipt->root) != 0;
	if (unfinished &&
		change_from(preflight, point->from.version, point->from.root) == VERSION_SAME)
		return 0; /* it goes back */
	if (unfinished &&
		change_from(preflight, point->to.version, point->to.root) == VERSION_OLDER)
		refuse_unfinished(preflight, point);
	else if (change_from(preflight, receipt->version, receipt->root) == VERSION_OLDER)
		refuse_installed(preflight, receipt);
	return 0;
}
