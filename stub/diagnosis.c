/* From symptoms to causes. */
#include "diagnosis.h"

#include <string.h>

#include "message.h"

enum { LOG_LINES = 400, EXCERPT_LINES = 6 };

/* What is known about one service. */
struct symptoms {
	const struct health_service *service;
	struct docker_container container;
	bool found; /* the container */
	struct log_lines lines;
};

const char *diagnosis_exit_words(int64_t exit_code)
{
	switch (exit_code) {
	case 0:
		return T("it ends by itself without an error, but is meant to stay");
	case 126:
		return T("its program was found but could not be executed");
	case 127:
		return T("its program, or one that its script calls, was not found");
	case 128:
		return T("Docker could not start it");
	case 132:
		return T("illegal instruction: its program does not fit this processor");
	case 134:
		return T("it aborted itself");
	case 137:
		return T("it was killed: memory ran out, or it did not stop in time");
	case 139:
		return T("its program crashed (segmentation fault)");
	case 143:
		return T("it was asked to end (SIGTERM)");
	default:
		return "";
	}
}

/* ---- gathering ---- */

static int gather(const struct diagnosis_context *context, const struct health_service *service,
	struct arena *arena, struct symptoms *out, struct err *err)
{
	AUTO_TEXT words = TEXT_INIT;
	AUTO_TEXT errors = TEXT_INIT;
	*out = (struct symptoms){.service = service};
	if (!service->container_id[0])
		return 0;
	if (docker_container_find(
		    context->docker, service->container_id, &out->container, &out->found, err) < 0)
		return -1;
	if (!out->found)
		return 0;
	for (size_t i = 0; i < out->container.environment_count; i++) {
		const char *pair = out->container.environment[i], *equals = strchr(pair, '=');
		if (equals)
			secret_mask_add_variable(context->mask,
				arena_strndup(arena, pair, (size_t)(equals - pair)), equals + 1);
	}
	if (docker_container_log_streams(
		    context->docker, service->container_id, LOG_LINES, &words, &errors, err) < 0)
		return -1;
	/* While it runs, the attempt that failed may be the one before; not when it is this one that
	 * does not get healthy. */
	bool before = out->container.running && !out->container.restarting &&
		      service->state != HEALTH_UNHEALTHY;
	const char *since = before ? "" : out->container.started_at;
	log_lines_read(
		&out->lines, words.bytes, words.length, errors.bytes, errors.length, since, arena);
	return 0;
}

/* ---- findings ---- */

static struct diagnosis_finding *add_finding(struct diagnosis *diagnosis, const char *rule)
{
	static struct diagnosis_finding surplus;
	struct diagnosis_finding *finding = diagnosis->count < DIAGNOSIS_FINDINGS
						    ? &diagnosis->findings[diagnosis->count++]
						    : &surplus;
	*finding = (struct diagnosis_finding){.rule = rule, .cause = "", .remedy = ""};
	return finding;
}

static const char *evidence_line(
	const struct diagnosis_context *context, const char *line, size_t at, struct arena *arena)
{
	const char *masked = secret_mask_text(context->mask, line, arena);
	size_t length = strlen(masked);
	return log_excerpt_cut(masked, LOG_EXCERPT_COLUMNS, at < length ? at : length, arena);
}

/* What an earlier attempt met, such as a database that was not up yet, is not why the last failed.
 */
static bool is_cause(const struct known_issue_hit *hit)
{
	return hit->last_run && !hit->note;
}

static void add_hit(struct diagnosis *diagnosis, const struct diagnosis_context *context,
	const struct known_issue_hit *hit, struct arena *arena)
{
	struct diagnosis_finding *finding = add_finding(diagnosis, hit->id);
	finding->warning = !is_cause(hit) || diagnosis->stopped;
	finding->waits = hit->waits;
	finding->known = true;
	finding->cause = secret_mask_text(context->mask, hit->cause, arena);
	finding->remedy = hit->remedy;
	finding->evidence[0] = evidence_line(context, hit->evidence, hit->evidence_at, arena);
	for (size_t i = 0; i < KNOWN_ISSUE_MORE && hit->more[i]; i++)
		finding->evidence[1 + i] = evidence_line(context, hit->more[i], 0, arena);
}

static const struct known_issue *table_row(const char *id)
{
	const struct known_issue *row = known_issue_table;
	while (row->id && strcmp(row->id, id) != 0)
		row++;
	BUG_ON(!row->id);
	return row;
}

static void add_out_of_memory(struct diagnosis *diagnosis)
{
	const struct known_issue *row = table_row("out-of-memory");
	struct diagnosis_finding *finding = add_finding(diagnosis, row->id);
	finding->known = true;
	finding->cause = T(row->cause);
	finding->remedy = T(row->remedy);
	finding->evidence[0] = "State.OOMKilled";
}

/* The last line of what the healthcheck said. */
static const char *healthcheck_words(const struct diagnosis_context *context,
	const struct symptoms *symptoms, struct arena *arena)
{
	struct log_lines lines;
	const char *output = symptoms->found ? symptoms->container.health_output : "";
	log_lines_read(&lines, output, strlen(output), "", 0, "", arena);
	return lines.count ? evidence_line(context, lines.items[lines.count - 1].text, 0, arena)
			   : NULL;
}

static void add_exit_code(
	struct diagnosis *diagnosis, const struct symptoms *symptoms, struct arena *arena)
{
	const struct health_service *service = symptoms->service;
	const char *words = diagnosis_exit_words(service->exit_code);
	struct diagnosis_finding *finding = add_finding(diagnosis, "exit-code");
	if (!service->exit_seen)
		finding->cause =
			T("it ends soon after each start; no known issue fits what it wrote");
	else
		finding->cause =
			*words ? words
			       : arena_printf(arena,
					 T("it ended itself with exit code %lld; no known issue "
					   "fits what it wrote"),
					 (long long)service->exit_code);
	finding->remedy =
		T("see its last lines (`logs`); `doctor --report FILE` collects everything for "
		  "whoever made this installer");
}

/* What the state alone says, when no rule knows more. */
static void add_state(struct diagnosis *diagnosis, const struct diagnosis_context *context,
	const struct symptoms *symptoms, struct arena *arena)
{
	const struct health_service *service = symptoms->service;
	struct diagnosis_finding *finding;
	switch (service->state) {
	case HEALTH_READY:
	case HEALTH_DONE:
		return;
	case HEALTH_MISSING:
		finding = add_finding(diagnosis, "no-container");
		finding->cause = T("Docker has no container for it");
		finding->remedy = T("run `start`, or the installer's install again");
		return;
	case HEALTH_STOPPED:
		finding = add_finding(diagnosis, "stopped");
		finding->cause = T("it was stopped");
		finding->remedy = T("run `start`");
		return;
	case HEALTH_STARTING:
		finding = add_finding(diagnosis, "starting");
		finding->cause = T("it is still starting");
		finding->remedy = T("wait a little and look again with `status`; a slow machine "
				    "needs longer: --timeout");
		finding->waits = true;
		finding->evidence[0] = healthcheck_words(context, symptoms, arena);
		return;
	case HEALTH_UNHEALTHY:
		finding = add_finding(diagnosis, "unhealthy");
		finding->cause = T("it runs, but its healthcheck fails");
		finding->remedy = T("see its last lines (`logs`); `doctor --report FILE` collects "
				    "everything for whoever made this installer");
		finding->evidence[0] = healthcheck_words(context, symptoms, arena);
		return;
	case HEALTH_RESTARTING:
	case HEALTH_FAILED:
		add_exit_code(diagnosis, symptoms, arena);
		if (service->error[0])
			diagnosis->findings[diagnosis->count - 1].evidence[0] =
				evidence_line(context, service->error, 0, arena);
	}
}

static bool has_cause(const struct diagnosis *diagnosis)
{
	return diagnosis->count > 0 && !diagnosis->findings[0].warning;
}

/* The lines as they may be shown: masked before they are cut. */
static void make_excerpt(const struct diagnosis_context *context, const struct log_lines *lines,
	struct arena *arena, struct log_excerpt *out)
{
	struct log_lines masked = {
		.items = arena_alloc(arena, (lines->count + 1) * sizeof(*masked.items))};
	for (size_t i = 0; i < lines->count; i++)
		if (lines->items[i].last_run)
			masked.items[masked.count++] = (struct log_line){
				secret_mask_text(context->mask, lines->items[i].text, arena), true};
	log_excerpt_make(out, &masked, EXCERPT_LINES, arena);
}

int diagnosis_of_service(const struct diagnosis_context *context,
	const struct health_service *service, struct arena *arena, struct diagnosis *out,
	struct err *err)
{
	struct symptoms symptoms;
	struct known_issue_hit hits[KNOWN_ISSUE_HITS];
	struct err problem = ERR_INIT;
	size_t count = 0;
	*out = (struct diagnosis){
		.service = service->name,
		.state = health_describe(service, arena),
		.stopped = service->state == HEALTH_STOPPED && !service->oom_killed};
	if (gather(context, service, arena, &symptoms, err) < 0)
		return -1;
	const char *words[] = {context->compose_words, context->http_answer,
		symptoms.found ? symptoms.container.health_output : NULL, service->error};
	struct known_issue_texts texts = {.service = service->name,
		.lines = &symptoms.lines,
		.words = words,
		.word_count = ARRAY_SIZE(words),
		.http_status = context->http_status,
		.project_json = context->known_issues};
	/* Rules that cannot be read are the maker's fault and no reason to say nothing. */
	if (known_issue_search(&texts, arena, hits, &count, &problem) < 0) {
		texts.project_json = NULL;
		BUG_ON(known_issue_search(&texts, arena, hits, &count, &problem) < 0);
	}
	if (service->oom_killed)
		add_out_of_memory(out);
	for (size_t i = 0; i < count; i++)
		if (is_cause(&hits[i]) && !out->stopped &&
			(!service->oom_killed || strcmp(hits[i].id, "out-of-memory") != 0))
			add_hit(out, context, &hits[i], arena);
	if (!has_cause(out))
		add_state(out, context, &symptoms, arena);
	for (size_t i = 0; i < count; i++)
		if (!is_cause(&hits[i]) || out->stopped)
			add_hit(out, context, &hits[i], arena);
	make_excerpt(context, &symptoms.lines, arena, &out->excerpt);
	out->state = secret_mask_text(context->mask, out->state, arena);
	return 0;
}

int diagnosis_of_stack(const struct diagnosis_context *context, const struct health *health,
	const struct health_service *culprit, struct arena *arena, struct diagnosis *out,
	struct err *err)
{
	enum { MOST = 20 };
	if (diagnosis_of_service(context, culprit, arena, out, err) < 0)
		return -1;
	if (has_cause(out) && out->findings[0].known && !out->findings[0].waits)
		return 0;
	for (size_t i = 0; i < health->count && i < MOST; i++) {
		const struct health_service *other = &health->services[i];
		struct diagnosis found;
		if (other == culprit || other->state == HEALTH_READY ||
			other->state == HEALTH_DONE || other->state == HEALTH_MISSING)
			continue;
		if (diagnosis_of_service(context, other, arena, &found, err) < 0)
			return -1;
		bool decisive = has_cause(&found) && !found.findings[0].waits;
		/* A culprit that only waits gives way to any; another only to what a rule knows. */
		if (decisive && (found.findings[0].known ||
					(out->findings[0].known && out->findings[0].waits))) {
			*out = found;
			return 0;
		}
	}
	return 0;
}

void diagnosis_of_words(
	const struct diagnosis_context *context, struct arena *arena, struct diagnosis *out)
{
	struct known_issue_hit hits[KNOWN_ISSUE_HITS];
	struct err ignored = ERR_INIT;
	size_t count = 0;
	struct known_issue_texts texts = {.words = &context->compose_words,
		.word_count = 1,
		.project_json = context->known_issues};
	*out = (struct diagnosis){.service = "compose", .state = ""};
	if (known_issue_search(&texts, arena, hits, &count, &ignored) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		add_hit(out, context, &hits[i], arena);
}

bool diagnosis_is_hopeless(void *context, const struct health_service *service)
{
	struct err ignored = ERR_INIT;
	struct diagnosis found;
	AUTO(arena) arena = arena_new();
	if (diagnosis_of_service(context, service, arena, &found, &ignored) < 0)
		return false;
	return has_cause(&found) && found.findings[0].known && !found.findings[0].waits;
}

/* ---- showing ---- */

static void raise_finding(
	const struct diagnosis_finding *finding, const char *service, struct ui *ui)
{
	AUTO_TEXT evidence = TEXT_INIT;
	for (size_t i = 0; i < DIAGNOSIS_EVIDENCE && finding->evidence[i]; i++)
		text_addf(&evidence, "%s%s", i ? "\n" : "", finding->evidence[i]);
	struct ui_field fields[] = {
		UI_TEXT("rule", finding->rule),
		UI_TEXT("severity", finding->warning ? "warning" : "error"),
		UI_TEXT("service", service),
		UI_TEXT("cause", finding->cause),
		UI_TEXT("remedy", finding->remedy),
		UI_TEXT("evidence", evidence.length ? evidence.bytes : NULL),
	};
	UI_RECORD(ui, "finding", fields, "%s", "");
}

void diagnosis_show_finding(
	const struct diagnosis_finding *finding, const char *service, struct ui *ui)
{
	if (ui_is_json(ui)) {
		raise_finding(finding, service, ui);
		return;
	}
	AUTO_TEXT text = TEXT_INIT;
	text_addf(&text, service ? T("service %s: %s") : "%.0s%s", service ? service : "",
		finding->cause);
	ui_problem(ui, finding->warning ? UI_PROBLEM_WARNING : UI_PROBLEM_ERROR, finding->rule,
		text.bytes, finding->remedy);
	for (size_t i = 0; i < DIAGNOSIS_EVIDENCE && finding->evidence[i]; i++)
		ui_note(ui, "  | %s", finding->evidence[i]);
}

static bool is_visible(const struct log_excerpt *excerpt, const char *line)
{
	for (size_t i = 0; i < excerpt->count; i++)
		if (text_starts_with(excerpt->lines[i], line))
			return true;
	return false;
}

static void show_for_programs(const struct diagnosis *diagnosis, struct ui *ui)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		raise_finding(&diagnosis->findings[i], diagnosis->service, ui);
	diagnosis_show_excerpt(diagnosis, ui);
}

void diagnosis_show_excerpt(const struct diagnosis *diagnosis, struct ui *ui)
{
	AUTO_TEXT log = TEXT_INIT;
	if (diagnosis->excerpt.count && !ui_is_json(ui)) {
		ui_note(ui, T("The last lines of service %s:"), diagnosis->service);
		for (size_t i = 0; i < diagnosis->excerpt.count; i++)
			ui_note(ui, "  | %s", diagnosis->excerpt.lines[i]);
		return;
	}
	for (size_t i = 0; i < diagnosis->excerpt.count; i++)
		text_addf(&log, "%s\n", diagnosis->excerpt.lines[i]);
	struct ui_field fields[] = {
		UI_TEXT("service", diagnosis->service), UI_TEXT("text", log.bytes)};
	if (log.length)
		UI_RECORD(ui, "log", fields, "%s", "");
}

void diagnosis_show(const struct diagnosis *diagnosis, struct ui *ui)
{
	const struct diagnosis_finding *first = &diagnosis->findings[0];
	if (ui_is_json(ui)) {
		show_for_programs(diagnosis, ui);
		return;
	}
	diagnosis_show_excerpt(diagnosis, ui);
	bool headed = false;
	for (size_t i = 0; diagnosis->count && i < DIAGNOSIS_EVIDENCE && first->evidence[i]; i++) {
		if (is_visible(&diagnosis->excerpt, first->evidence[i]))
			continue;
		if (!headed)
			ui_note(ui, "%s", T("What tells it:"));
		headed = true;
		ui_note(ui, "  | %s", first->evidence[i]);
	}
	for (size_t i = 1; i < diagnosis->count; i++)
		ui_note(ui, T("Also seen: %s"), diagnosis->findings[i].cause);
}

void diagnosis_explain(const struct diagnosis *diagnosis, const char *culprit, struct err *err)
{
	const struct diagnosis_finding *first = &diagnosis->findings[0];
	struct err old = *err;
	if (!has_cause(diagnosis))
		return;
	err_clear(err);
	if (strcmp(diagnosis->service, culprit) != 0)
		err_set(err, old.code, "service %s: %s; %s", diagnosis->service, diagnosis->state,
			first->cause);
	else if (strcmp(first->rule, "starting") == 0 || strcmp(first->rule, "unhealthy") == 0 ||
		 strcmp(first->rule, "stopped") == 0 || strcmp(first->rule, "no-container") == 0)
		err_set(err, old.code, "%s", old.text); /* the state says it already */
	else
		err_set(err, old.code, "%s; %s", old.text, first->cause);
	err_hint(err, "%s", first->remedy);
}
