/* status: one look at the services. 0 all well, 13 not, 14 one crashes again and again. */
#include "health_watch.h"
#include "installed.h"
#include "last_run.h"
#include "restore_state.h"
#include "message.h"
#include "receipt_lost.h"
#include "rollback.h"
#include "verbs.h"

static void fill_mask(
	struct secret_mask *mask, const struct session *session, const struct place *place)
{
	struct env_files env;
	struct err ignored = ERR_INIT; /* a broken .env is the doctor's business */
	secret_mask_init(mask, session->arena);
	if (env_files_plan(&env, session, place, &ignored) == 0)
		secret_mask_add_env_files(mask, &env);
}

/* Shows each; the error is about the worst. */
static int show_all(struct session *session, const struct health *health,
	const struct diagnosis_context *context, struct err *err)
{
	struct diagnosis worst = {0};
	const struct health_service *culprit = NULL;
	for (size_t i = 0; i < health->count; i++) {
		const struct health_service *service = &health->services[i];
		struct diagnosis found = {0};
		if (!health_watch_is_well(service) &&
			diagnosis_of_service(context, service, session->arena, &found, err) < 0)
			return -1;
		health_watch_show(
			service, found.count ? &found.findings[0] : NULL, context->mask, session);
		if (health_watch_is_well(service) ||
			(culprit && (culprit->state == HEALTH_RESTARTING ||
					    service->state != HEALTH_RESTARTING)))
			continue;
		culprit = service;
		worst = found;
	}
	if (!culprit)
		return 0;
	const char *state = health_describe(culprit, session->arena);
	if (culprit->state == HEALTH_RESTARTING)
		err_set(err, CODE_CRASH_LOOP, "service %s crashes again and again: %s",
			culprit->name, state);
	else
		err_set(err, CODE_UNHEALTHY, "service %s: %s", culprit->name, state);
	diagnosis_explain(&worst, culprit->name, err);
	secret_mask_err(context->mask, err);
	return -1;
}

/* From the receipt; without one nothing is known of it. */
static void show_installation(struct session *session, const struct place *place)
{
	struct receipt *receipt;
	struct err problem = ERR_INIT;
	if (receipt_find(place, session, &receipt, &problem) < 0)
		ui_warning(session->ui,
			*problem.hint ? problem.hint
				      : T("run the installer's install: it says what can be done"),
			"%s", problem.text);
	if (!receipt)
		return;
	if (receipt->damage)
		ui_warning(session->ui, T("run the installer's install again: it writes a new one"),
			receipt->inferred ? T("%s; what %s says is used")
					  : T("%s; its copy %s is used"),
			receipt->damage, receipt->path);
	struct ui_field fields[] = {UI_TEXT("name", receipt->name),
		UI_TEXT("version", receipt->version), UI_TEXT("directory", place->directory),
		UI_TEXT("installed_at", receipt->installed_at),
		UI_TEXT("first_installed_at", receipt->first_installed_at),
		UI_TEXT("installer", receipt->installer)};
	UI_RECORD(session->ui, "installation", fields, T("%s%s%s, installed %s from %s"),
		receipt->name, receipt->version ? " " : "",
		receipt->version ? receipt->version : "", receipt->installed_at,
		receipt->installer);
}

/* Services that are in another engine, or another folder's, are not this installation's: 13, and no
 * advice to start them. */
static int refuse_elsewhere(
	struct session *session, const struct installed *installed, struct err *err)
{
	if (installed_refuse_elsewhere(installed, session, err) == 0)
		return 0;
	if (err->code == CODE_PREFLIGHT)
		err->code = CODE_UNHEALTHY;
	return -1;
}

/* One that cannot be read is last_run's to tell. */
static void show_stray(struct session *session, const struct place *place)
{
	struct rollback_point *stray;
	struct err ignored = ERR_INIT;
	if (rollback_find_stray(place->directory, session->arena, &stray, &ignored) == 0 && stray)
		ui_warning(session->ui, rollback_stray_way_out(), "%s",
			rollback_describe_stray(stray, session->arena));
}

int verb_status(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct last_run last;
	struct health health;
	struct secret_mask mask;
	if (installed_open(&installed, session, false, err) < 0) {
		if (err->code == CODE_USAGE && place_is_uninstalled(&installed.place))
			installed_show_kept(session, &installed.place, NULL);
		return -1;
	}
	last_run_look(&installed.place, session->arena, &last);
	last_run_show(&last, session->ui);
	if (last.state != LAST_RUN_AT_WORK && last_run_env_is_newer(&installed.place))
		ui_warning(session->ui, T("run `start`: then it counts"),
			T("%s was changed after the last run"), installed.place.env_file);
	show_installation(session, &installed.place);
	if (refuse_elsewhere(session, &installed, err) < 0)
		return -1;
	restore_state_tell(&installed.place, session->arena, session->ui);
	show_stray(session, &installed.place);
	fill_mask(&mask, session, &installed.place);
	struct diagnosis_context context = {.docker = &installed.docker,
		.known_issues = session->manifest->known_issues_json,
		.mask = &mask};
	health_init(&health, &installed.docker, session->manifest, installed.place.project,
		session->arena);
	if (health_watch_look(&health, session->manifest,
		    last_run_was_stop(&installed.place, session->arena), err) < 0)
		return -1;
	return show_all(session, &health, &context, err);
}
