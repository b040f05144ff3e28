/* doctor: all that can be found out at any time, and a report of it for whoever helps. */
#include <unistd.h>

#include "doctor.h"
#include "installed.h"
#include "message.h"
#include "verbs.h"

static int refuse_existing(const char *file, struct err *err)
{
	if (!file || access(file, F_OK) != 0)
		return 0;
	err_set(err, CODE_USAGE, "%s exists already", file);
	return err_hint(err, "choose another name, or remove it first");
}

static int judge(const struct doctor *doctor, struct err *err)
{
	if (doctor->code == CODE_DOCKER || (doctor->installed && doctor->errors > 0))
		return err_set(err, doctor->code, "problems found: %zu", doctor->errors);
	if (!doctor->installed) {
		if (place_is_uninstalled(&doctor->place))
			installed_show_kept(doctor->session, &doctor->place, NULL);
		return installed_require(&doctor->place, doctor->session, err);
	}
	ui_note(doctor->session->ui, "%s", T("Nothing is wrong as far as can be seen."));
	return 0;
}

int verb_doctor(struct session *session, struct err *err)
{
	const char *file = session->options->report;
	struct doctor doctor = {.session = session, .place = PLACE_INIT};
	if (refuse_existing(file, err) < 0)
		return -1;
	int status = doctor_examine(&doctor, err);
	if (status == 0 && file)
		status = doctor_write_report(&doctor, file, err);
	if (status == 0)
		status = judge(&doctor, err);
	place_clear(&doctor.place);
	return status;
}
