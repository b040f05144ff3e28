/*
 * logs: what the services wrote, as compose shows it, made harmless (log_filter.h) wherever it
 * goes: a file is shown on a terminal sooner or later. Secrets are not masked here: it is the
 * person's own log, and a search for what an application printed must find it.
 */
#include <errno.h>
#include <unistd.h>

#include "file_owner.h"
#include "installed.h"
#include "log_filter.h"
#include "message.h"
#include "verbs.h"

static int show(struct session *session, struct installed *installed, struct log_filter *out,
	struct log_filter *errors, struct err *err)
{
	const struct stub_options *options = session->options;
	struct err problem = ERR_INIT;
	int status = docker_compose_logs(&installed->docker, &installed->project,
		(const char *const *)session->arguments, options->follow, options->tail, &out->sink,
		&errors->sink, err);
	if ((log_filter_finish(out, &problem) < 0 || log_filter_finish(errors, &problem) < 0) &&
		status == 0)
		*err = problem, status = -1;
	if (status == 0 || err->sys_errno != EPIPE)
		return status;
	err_clear(err); /* who reads has seen enough (`| head`) */
	return 0;
}

int verb_logs(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	struct log_filter out, errors;
	if (ui_is_json(session->ui))
		return err_set(err, CODE_USAGE, "`%s` knows no --json", "logs");
	/* Without its .env compose would find mistakes in the compose file that are none. */
	if (installed_open(&installed, session, false, err) < 0 ||
		file_owner_check(installed.place.env_file, R_OK, err) < 0)
		return -1;
	log_filter_init(&out, STDOUT_FILENO, T("standard output"));
	log_filter_init(&errors, STDERR_FILENO, T("standard error"));
	int status = show(session, &installed, &out, &errors, err);
	log_filter_clear(&out);
	log_filter_clear(&errors);
	return status;
}
