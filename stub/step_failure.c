/* Telling why a service failed. */
#include "step_failure.h"

#include <string.h>

#include "message.h"

struct diagnosis_context step_failure_context(const struct step_run *run, struct secret_mask *mask)
{
	const struct sop *sop = run->sop;
	secret_mask_init(mask, sop->session->arena);
	secret_mask_add_env_files(mask, sop->env);
	return (struct diagnosis_context){.docker = sop->docker,
		.known_issues = sop->session->manifest->known_issues_json,
		.mask = mask};
}

static int explain(const struct step_run *run, const struct health_service *culprit,
	struct diagnosis_context *context, struct err *err)
{
	struct diagnosis diagnosis;
	struct err ignored = ERR_INIT;
	/* When Docker does not answer any more, what failed first is still the news. */
	if (!culprit || diagnosis_of_stack(context, &run->health, culprit, run->sop->session->arena,
				&diagnosis, &ignored) < 0) {
		secret_mask_err(context->mask, err);
		return -1;
	}
	diagnosis_show(&diagnosis, run->sop->session->ui);
	diagnosis_explain(&diagnosis, culprit->name, err);
	secret_mask_err(context->mask, err);
	return -1;
}

int step_failure_explain(const struct step_run *run, const struct health_service *culprit,
	const struct step_answer *answer, struct err *err)
{
	struct secret_mask mask;
	struct diagnosis_context context = step_failure_context(run, &mask);
	if (answer) {
		context.http_status = answer->http_status;
		context.http_answer = answer->line;
	}
	return explain(run, culprit, &context, err);
}

void step_failure_show(const struct step_run *run, const struct health_service *culprit)
{
	struct err ignored = ERR_INIT;
	step_failure_explain(run, culprit, NULL, &ignored);
}

static const struct health_service *find_culprit(const struct health *health)
{
	const struct health_service *culprit = NULL;
	for (size_t i = 0; i < health->count; i++) {
		const struct health_service *service = &health->services[i];
		if (service->state == HEALTH_RESTARTING || service->state == HEALTH_FAILED ||
			service->state == HEALTH_UNHEALTHY)
			culprit = service;
	}
	return culprit;
}

/* Compose's words alone: nothing of it has come to a container. */
static int explain_words(
	const struct step_run *run, struct diagnosis_context *context, struct err *err)
{
	struct diagnosis diagnosis;
	struct err words = *err;
	diagnosis_of_words(context, run->sop->session->arena, &diagnosis);
	if (diagnosis.count == 0) {
		secret_mask_err(context->mask, err);
		return -1;
	}
	diagnosis_show(&diagnosis, run->sop->session->ui);
	err_clear(err);
	err_set(err, words.code, "compose could not start the services; %s",
		diagnosis.findings[0].cause);
	return err_hint(err, "%s", diagnosis.findings[0].remedy);
}

int step_failure_of_up(struct step_run *run, struct err *err)
{
	struct err look_err = ERR_INIT;
	struct secret_mask mask;
	struct diagnosis_context context = step_failure_context(run, &mask);
	const struct health_service *culprit = NULL;
	const char *words = arena_strdup(run->sop->session->arena, err->text);
	for (int look = 0; look < 4 && !culprit; look++) {
		if (health_look(&run->health, false, &look_err) < 0)
			return -1;
		culprit = find_culprit(&run->health);
	}
	context.compose_words = words;
	if (!culprit)
		return explain_words(run, &context, err);
	int code = err->code;
	AUTO(arena) arena = arena_new();
	err_clear(err);
	if (culprit->state == HEALTH_RESTARTING || culprit->restart_count > culprit->first_count)
		err_set(err, CODE_CRASH_LOOP, "service %s crashes again and again: %s",
			culprit->name, health_describe(culprit, arena));
	else
		err_set(err, code, "service %s: %s", culprit->name,
			health_describe(culprit, arena));
	return explain(run, culprit, &context, err);
}
