/* stop: containers stop and stay; so does all data. */
#include "docker_services.h"
#include "installed.h"
#include "message.h"
#include "verbs.h"

static int stop(struct session *session, struct installed *installed, struct err *err)
{
	ui_step_begin(session->ui, "stop", "%s", T("Stopping the services"));
	if (docker_services_stop(&installed->docker, &installed->project, session->ui, err) < 0)
		return err_hint(err, "look at what it says; run this again when the cause is gone");
	ui_step_end(session->ui, UI_DONE, "%s", T("The services are stopped; data stays"));
	return 0;
}

int verb_stop(struct session *session, struct err *err)
{
	static const struct installed_change change = {.verb = "stop", .change = stop};
	return installed_change(&change, session, err);
}
