/* Opening an existing installation. */
#include "installed.h"

#include <unistd.h>

#include "docker_project.h"
#include "elsewhere.h"
#include "home_engine.h"
#include "journal.h"
#include "message.h"
#include "preflight.h"
#include "rollback_point.h"

static int refuse_other_engine(
	const struct installed *installed, const struct session *session, struct err *err)
{
	struct docker_cli docker = installed->docker;
	struct receipt *receipt;
	struct err problem = ERR_INIT; /* a damaged one tells nothing */
	bool elsewhere;
	if (receipt_read(installed->place.directory, session->arena, &receipt, &problem) < 0)
		return 0;
	err_clear(&problem);
	if (home_engine_check(&docker, &installed->engine, receipt, &installed->place, &elsewhere,
		    &problem, err) < 0)
		return -1;
	if (!elsewhere)
		return 0;
	*err = problem;
	return home_engine_hint(err);
}

int installed_refuse_elsewhere(
	const struct installed *installed, const struct session *session, struct err *err)
{
	const struct place *place = &installed->place;
	struct docker_cli own = installed->docker;
	const char *container, *from;
	if (docker_project_stranger(
		    &own, place->project, place->directory, &container, &from, err) < 0)
		return -1;
	if (!container)
		return refuse_other_engine(installed, session, err);
	if (docker_project_is_gone(from))
		return 0;
	err_set(err, CODE_PREFLIGHT,
		"Docker has another project with the name %s, from %s (container %s)",
		place->project, from, container);
	return err_hint(err,
		"it is that folder's: for an installation in it say --dir \"%s\", or use its own "
		"hardtack-control",
		from);
}

int installed_require(const struct place *place, const struct session *session, struct err *err)
{
	struct docker_cli docker;
	struct docker_engine engine;
	struct elsewhere own;
	struct err ignored = ERR_INIT;
	const char *container, *from;
	if (place_require_installed(place, err) == 0)
		return 0;
	if (err->code != CODE_USAGE || access(place->directory, F_OK) == 0 ||
		preflight_engine(&docker, &engine, session, false, false, &ignored) < 0 ||
		docker_project_stranger(&docker, place->project, place->directory, &container,
			&from, &ignored) < 0 ||
		!container || !elsewhere_look(&own, session, from))
		return -1;
	err->hint[0] = '\0';
	if (own.needs_sudo)
		return err_hint(err,
			"it runs from %s, which is not this user's: run this with sudo, and --dir "
			"\"%s\"",
			from, own.directory);
	return err_hint(err, "it runs from %s: add --dir \"%s\"", from, own.directory);
}

int installed_open(struct installed *installed, struct session *session, bool lock, struct err *err)
{
	if (session_open_bundle(session, err) < 0 ||
		place_choose(&installed->place, session, err) < 0 ||
		installed_require(&installed->place, session, err) < 0 ||
		(lock && place_lock(&installed->place, session, err) < 0))
		return -1;
	installed->project = place_compose(&installed->place, session, session->arena);
	if (preflight_engine(&installed->docker, &installed->engine, session, true, lock, err) < 0)
		return -1;
	return lock ? installed_refuse_elsewhere(installed, session, err) : 0;
}

int installed_change(
	const struct installed_change *change, struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct journal journal = JOURNAL_INIT;
	struct err ignored = ERR_INIT;
	if (installed_open(&installed, session, true, err) < 0 ||
		(change->agree && change->agree(session, &installed, err) < 0))
		return -1;
	if (journal_open(&journal, &installed.place, change->verb, session->arena, &ignored) == 0)
		journal_begin(&journal, change->verb, &ignored);
	int status = change->change(session, &installed, err);
	journal_close(&journal, status, err);
	return status;
}

void installed_show_kept(
	const struct session *session, const struct place *place, const struct docker_cli *docker)
{
	const char **volumes;
	size_t count;
	struct err ignored = ERR_INIT;
	struct docker_engine engine;
	struct docker_cli own;
	AUTO_FREE char *kept = xprintf("%s/%s", place->directory, ROLLBACK_KEPT_BACKUP);
	const char *const secret[] = {place->env_file, kept};
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		if (access(secret[i], F_OK) == 0)
			ui_note(session->ui, T("%s stays, with the passwords of the data."),
				secret[i]);
	if (docker)
		own = *docker;
	else if (preflight_engine(&own, &engine, session, false, false, &ignored) < 0)
		return;
	if (docker_project_volumes(&own, place->project, &volumes, &count, &ignored) < 0)
		return;
	if (count == 0 && !docker)
		ui_note(session->ui, T("Docker has no volume of the project %s: no data is there."),
			place->project);
	for (size_t i = 0; i < count; i++) {
		struct ui_field fields[] = {UI_TEXT("name", volumes[i])};
		UI_RECORD(session->ui, "volume", fields, T("data stays in the volume %s"),
			volumes[i]);
	}
}

void installed_close(struct installed *installed)
{
	place_clear(&installed->place);
}
