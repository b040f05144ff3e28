/* The checks of `doctor`, in order. */
#include "doctor.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fallback.h"
#include "file_owner.h"
#include "health_watch.h"
#include "image_proof.h"
#include "interrupt.h"
#include "last_run.h"
#include "restore_state.h"
#include "rollback.h"
#include "message.h"

/* Below this a database soon cannot write. */
enum { LOW_DISK_MIB = 512 };

/* 10 beats 14 beats 13 beats 11. */
static int worse(int a, int b)
{
	static const int order[] = {CODE_DOCKER, CODE_CRASH_LOOP, CODE_UNHEALTHY, CODE_PREFLIGHT};
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

static void find(struct doctor *doctor, int code, const struct diagnosis_finding *finding,
	const char *service)
{
	*ARENA_PUSH(doctor->session->arena, doctor->findings, doctor->count, doctor->capacity) =
		(struct doctor_finding){*finding, service};
	diagnosis_show_finding(finding, service, doctor->session->ui);
	if (finding->warning)
		return;
	doctor->errors++;
	doctor->code = worse(doctor->code, code);
}

static void find_plain(
	struct doctor *doctor, int code, const char *rule, const char *cause, const char *remedy)
{
	struct diagnosis_finding finding = {
		.rule = rule, .warning = code == CODE_OK, .cause = cause, .remedy = remedy};
	find(doctor, code, &finding, NULL);
}

/* ---- what is installed ---- */

static int find_place(struct doctor *doctor, struct err *err)
{
	struct session *session = doctor->session;
	struct err problem = ERR_INIT;
	if (session_open_bundle(session, err) < 0 || place_choose(&doctor->place, session, err) < 0)
		return -1;
	if (place_require_installed(&doctor->place, &problem) < 0 && problem.code == CODE_IO)
		return *err = problem, -1;
	doctor->installed = problem.code == 0;
	const char *story = fallback_story(session, &doctor->place);
	if (story)
		ui_note(session->ui, "%s", story);
	secret_mask_init(&doctor->mask, session->arena);
	err_clear(&problem);
	doctor->env_readable = env_files_plan(&doctor->env, session, &doctor->place, &problem) == 0;
	if (doctor->env_readable) {
		secret_mask_add_env_files(&doctor->mask, &doctor->env);
		return 0;
	}
	if (problem.code == CODE_USAGE)
		return *err = problem, -1; /* --set and the like */
	if (!file_owner_refused(&problem)) /* else check_access() tells */
		find_plain(doctor, CODE_PREFLIGHT, "env-unreadable",
			arena_strdup(session->arena, problem.text),
			T("correct that file; each line is NAME=value"));
	doctor->env = (struct env_files){
		.arena = session->arena, .items = ARENA_NEW(session->arena, struct env_file)};
	variable_set_init(&doctor->env.variables, session->arena);
	return 0;
}

/* What another user keeps for himself (root, by sudo) stops the next verb that needs it. */
static int check_access(struct doctor *doctor, struct err *err)
{
	struct err problem = ERR_INIT;
	(void)err;
	if ((doctor->installed || !doctor->env_readable) &&
		place_check_access(&doctor->place, doctor->session->arena, &problem) < 0)
		find_plain(doctor, CODE_IO, "permission",
			arena_strdup(doctor->session->arena, problem.text),
			arena_strdup(doctor->session->arena, problem.hint));
	return 0;
}

/* A run that was killed or interrupted left work undone; of one that failed, the checks find the
 * cause if it is still there. */
static int check_last_run(struct doctor *doctor, struct err *err)
{
	struct last_run last;
	(void)err;
	if (last_run_look(&doctor->place, doctor->session->arena, &last) != LAST_RUN_WELL)
		find_plain(doctor,
			last.state == LAST_RUN_UNREADABLE ? CODE_IO
			: last.unfinished                 ? CODE_PREFLIGHT
							  : CODE_OK,
			"last-run", last.text, last.remedy);
	if (doctor->installed && last.state != LAST_RUN_AT_WORK &&
		last_run_env_is_newer(&doctor->place))
		find_plain(doctor, CODE_OK, "env-newer",
			arena_printf(doctor->session->arena,
				T("%s was changed after the last run"), doctor->place.env_file),
			T("run `start`: then it counts"));
	return 0;
}

static int check_stray(struct doctor *doctor, struct err *err)
{
	struct rollback_point *stray;
	struct arena *arena = doctor->session->arena;
	struct err ignored = ERR_INIT; /* check_last_run() tells of one that cannot be read */
	(void)err;
	if (rollback_find_stray(doctor->place.directory, arena, &stray, &ignored) == 0 && stray)
		find_plain(doctor, CODE_OK, "rollback-stray", rollback_describe_stray(stray, arena),
			rollback_stray_way_out());
	return 0;
}

static int check_restore(struct doctor *doctor, struct err *err)
{
	struct err problem = ERR_INIT;
	(void)err;
	if (restore_state_require_none(&doctor->place, doctor->session->arena, &problem) < 0)
		find_plain(doctor, CODE_PREFLIGHT, "restore-unfinished",
			arena_strdup(doctor->session->arena, problem.text),
			arena_strdup(doctor->session->arena, problem.hint));
	return 0;
}

/* ---- the machine ---- */

/* Shown already; kept for the report. */
static void keep_finding(void *context, const char *name, bool warning, const struct err *problem)
{
	struct doctor *doctor = context;
	struct arena *arena = doctor->session->arena;
	struct doctor_finding *kept =
		ARENA_PUSH(arena, doctor->findings, doctor->count, doctor->capacity);
	kept->finding = (struct diagnosis_finding){.rule = name,
		.warning = warning,
		.cause = arena_strdup(arena, problem->text),
		.remedy = arena_strdup(arena, problem->hint)};
}

static int check_machine(struct doctor *doctor, struct err *err)
{
	struct err problem = ERR_INIT;
	doctor->preflight = (struct preflight){.session = doctor->session,
		.place = &doctor->place,
		.env = &doctor->env,
		.found = keep_finding,
		.found_context = doctor};
	if (preflight_run(&doctor->preflight, &problem) == 0)
		return 0;
	if (interrupt_pending() || doctor->preflight.errors == 0)
		return *err = problem, -1;
	doctor->errors += doctor->preflight.errors;
	doctor->code = worse(doctor->code, problem.code);
	return 0;
}

/* And it is the one that has the images, volumes and services which are looked at next. */
static bool engine_is_ready(const struct doctor *doctor)
{
	return doctor->preflight.engine.state == DOCKER_READY && doctor->code != CODE_DOCKER &&
	       !doctor->preflight.other_engine;
}

/* Room where the installation lies; the preflight looked at what loading needs. */
static int check_disk(struct doctor *doctor, struct err *err)
{
	struct statvfs fs;
	AUTO_TEXT left = TEXT_INIT;
	(void)err;
	if (!doctor->installed || statvfs(doctor->place.directory, &fs) < 0)
		return 0;
	uint64_t bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (bytes >= (uint64_t)LOW_DISK_MIB << 20)
		return 0;
	text_add_size(&left, bytes);
	find_plain(doctor, CODE_OK, "disk-low",
		arena_printf(doctor->session->arena, T("only %s are left on the disk of %s"),
			left.bytes, doctor->place.directory),
		T("make room there before a database stops for want of it"));
	return 0;
}

/* ---- images ---- */

static int check_images(struct doctor *doctor, struct err *err)
{
	const struct manifest *manifest = doctor->session->manifest;
	struct ui *ui = doctor->session->ui;
	size_t good = 0, used = 0;
	if (!doctor->installed || !engine_is_ready(doctor))
		return 0;
	ui_step_begin(ui, "images", "%s", T("Checking that Docker has exactly these images"));
	bool *checked =
		arena_alloc(doctor->session->arena, (manifest->image_count + 1) * sizeof(*checked));
	const char **why =
		arena_alloc(doctor->session->arena, (manifest->image_count + 1) * sizeof(*why));
	for (size_t i = 0; i < manifest->image_count; i++)
		checked[i] = manifest_uses_image(manifest, i, true);
	if (interrupt_check(err) < 0 ||
		image_proof_check(&doctor->preflight.docker, manifest->images,
			manifest->image_count, checked, IMAGE_PROOF_FULL, why, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest->image_count; i++) {
		used += checked[i];
		good += checked[i] && !why[i];
		if (checked[i] && why[i])
			find_plain(doctor, CODE_PREFLIGHT, "image",
				arena_printf(doctor->session->arena,
					T("image %s is not the one of this installation: %s"),
					manifest->images[i].reference, why[i]),
				T("run the installer's install again: it loads what is missing"));
	}
	if (good == used)
		ui_step_end(ui, UI_DONE, T("Docker has exactly these images: %zu"), good);
	else
		ui_step_end(
			ui, UI_FAILED, T("Images that are not the right ones: %zu"), used - good);
	return 0;
}

/* ---- .env ---- */

static void check_env_file(struct doctor *doctor, const struct env_file *file)
{
	struct arena *arena = doctor->session->arena;
	AUTO_TEXT names = TEXT_INIT;
	struct stat about;
	if (!file->exists && file->template.count > 0) {
		find_plain(doctor, CODE_PREFLIGHT, "env-missing",
			arena_printf(arena, T("%s is gone, and with it the passwords of the data"),
				file->path),
			T("put it back from a backup; only when there is no data, run the "
			  "installer's install again: it makes a new one"));
		return;
	}
	for (size_t i = 0; file->exists && i < file->template.count; i++)
		if (file->missing[i])
			text_addf(&names, "%s%s", names.length ? ", " : "",
				file->template.entries[i].source.name);
	if (names.length)
		find_plain(doctor, CODE_PREFLIGHT, "env-names",
			arena_printf(arena, T("%s lacks: %s"), file->path, names.bytes),
			T("run the installer's install again: it adds what is missing and keeps "
			  "the rest"));
	if (file->exists && stat(file->path, &about) == 0 && (about.st_mode & 077) != 0)
		find_plain(doctor, CODE_OK, "env-open",
			arena_printf(arena, T("others on this machine may read %s"), file->path),
			arena_printf(arena, T("chmod 600 \"%s\""), file->path));
}

static int check_env(struct doctor *doctor, struct err *err)
{
	(void)err;
	for (size_t i = 0; doctor->installed && doctor->env_readable && i < doctor->env.count; i++)
		check_env_file(doctor, &doctor->env.items[i]);
	return 0;
}

/* ---- services ---- */

static int diagnose(struct doctor *doctor, const struct diagnosis_context *context,
	const struct health_service *service, struct err *err)
{
	struct diagnosis diagnosis;
	int code = service->state == HEALTH_RESTARTING ? CODE_CRASH_LOOP : CODE_UNHEALTHY;
	if (diagnosis_of_service(context, service, doctor->session->arena, &diagnosis, err) < 0)
		return -1;
	for (size_t i = 0; i < diagnosis.count; i++) {
		struct diagnosis_finding finding = diagnosis.findings[i];
		finding.warning = finding.warning || i > 0; /* one cause; the others are hints */
		find(doctor, code, &finding, service->name);
	}
	/* Where no rule knows better, the person has to read. */
	if (diagnosis.count > 0 && !diagnosis.findings[0].known)
		diagnosis_show_excerpt(&diagnosis, doctor->session->ui);
	return 0;
}

static int check_services(struct doctor *doctor, struct err *err)
{
	struct session *session = doctor->session;
	struct diagnosis_context context = {.docker = &doctor->preflight.docker,
		.known_issues = session->manifest->known_issues_json,
		.mask = &doctor->mask};
	if (!doctor->installed || !engine_is_ready(doctor))
		return 0;
	health_init(&doctor->health, &doctor->preflight.docker, session->manifest,
		doctor->place.project, session->arena);
	if (health_watch_look(&doctor->health, session->manifest,
		    last_run_was_stop(&doctor->place, session->arena), err) < 0)
		return -1;
	doctor->looked = true;
	for (size_t i = 0; i < doctor->health.count; i++) {
		const struct health_service *service = &doctor->health.services[i];
		health_watch_show(service, NULL, &doctor->mask, session);
		if (!health_watch_is_well(service) && diagnose(doctor, &context, service, err) < 0)
			return -1;
	}
	return 0;
}

static int check_volumes(struct doctor *doctor, struct err *err)
{
	const char **names;
	size_t count;
	if (!doctor->installed || !engine_is_ready(doctor))
		return 0;
	if (docker_project_volumes(
		    &doctor->preflight.docker, doctor->place.project, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct ui_field fields[] = {UI_TEXT("name", names[i])};
		UI_RECORD(doctor->session->ui, "volume", fields, T("volume %s: there"), names[i]);
	}
	return 0;
}

int doctor_examine(struct doctor *doctor, struct err *err)
{
	static int (*const checks[])(struct doctor *, struct err *) = {find_place, check_access,
		check_last_run, check_stray, check_restore, check_machine, check_disk, check_env, check_images, check_volumes,
		check_services};
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (interrupt_check(err) < 0 || checks[i](doctor, err) < 0)
			return -1;
	return 0;
}
