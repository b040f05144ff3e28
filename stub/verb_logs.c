/* logs: what the services wrote, as compose shows it. */
#include "installed.h"
#include "verbs.h"

int verb_logs(struct session *session, struct err *err)
{
	AUTO_INSTALLED installed = INSTALLED_INIT;
	const struct stub_options *options = session->options;
	if (ui_is_json(session->ui))
		return err_set(err, CODE_USAGE, "`%s` knows no --json", "logs");
	if (installed_open(&installed, session, false, err) < 0)
		return -1;
	return docker_compose_logs(&installed.docker, &installed.project,
		(const char *const *)session->arguments, options->follow, options->tail, err);
}
