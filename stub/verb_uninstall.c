/* uninstall: containers, network and images go; volumes and .env stay, unless --purge-data. */
#include <string.h>
#include <unistd.h>

#include "installed.h"
#include "message.h"
#include "project_files.h"
#include "receipt.h"
#include "verbs.h"

static int confirm(struct session *session, struct installed *installed, struct err *err)
{
	bool purge = session->options->purge_data, yes = false;
	char answer[128];
	if (session->options->yes)
		return 0;
	if (!ui_can_ask(session->ui)) {
		err_set(err, CODE_USAGE, "nobody can be asked here: there is no terminal");
		return err_hint(err, "say --yes to agree");
	}
	if (!purge) {
		AUTO_FREE char *question =
			xprintf(T("Remove %s? Its data stays."), installed->place.project);
		if (ui_confirm(session->ui, question, false, &yes, err) < 0)
			return -1;
	} else {
		AUTO_FREE char *question = xprintf(T("ALL DATA of %s will be deleted, without a "
						     "backup. Type its name to agree"),
			installed->place.project);
		if (ui_ask(session->ui, question, NULL, false, answer, sizeof(answer), err) < 0)
			return -1;
		yes = strcmp(answer, installed->place.project) == 0;
	}
	return yes ? 0 : err_set(err, CODE_INTERRUPTED, "declined; nothing was changed");
}

/* Only our private tags; an image that something else still uses stays. */
static int remove_images(struct session *session, struct installed *installed, struct err *err)
{
	for (size_t i = 0; i < session->manifest->image_count; i++) {
		bool removed;
		if (docker_image_remove(&installed->docker, session->manifest->images[i].tag,
			    &removed, err) < 0)
			return -1;
	}
	return 0;
}

/* The compose file is what makes the place an installation: without it nothing is installed. The
 * other files stay with the data they belong to. */
static void forget(const struct session *session, struct installed *installed, bool purge)
{
	if (purge) {
		unlink(installed->place.env_file);
		project_files_remove(session, &installed->place);
	}
	unlink(installed->place.compose_file);
	receipt_remove(installed->place.directory);
	if (purge)
		place_remove(&installed->place);
}

static void say_what_stays(struct session *session, const struct installed *installed)
{
	const char **volumes;
	size_t count;
	struct err ignored = ERR_INIT;
	struct docker_cli docker = installed->docker;
	if (session->options->purge_data)
		return;
	ui_note(session->ui, T("%s stays, with the passwords of the data."),
		installed->place.env_file);
	if (docker_project_volumes(&docker, installed->place.project, &volumes, &count, &ignored) <
		0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct ui_field fields[] = {UI_TEXT("name", volumes[i])};
		UI_RECORD(session->ui, "volume", fields, T("data stays in the volume %s"),
			volumes[i]);
	}
}

static int uninstall(struct session *session, struct installed *installed, struct err *err)
{
	bool purge = session->options->purge_data;
	ui_step_begin(session->ui, "down", "%s", T("Removing the containers"));
	if (docker_compose_down(&installed->docker, &installed->project, purge, err) < 0 ||
		remove_images(session, installed, err) < 0)
		return -1;
	forget(session, installed, purge);
	ui_step_end(session->ui, UI_DONE, "%s",
		purge ? T("Containers, images and data are removed")
		      : T("Containers and images are removed"));
	say_what_stays(session, installed);
	return 0;
}

int verb_uninstall(struct session *session, struct err *err)
{
	static const struct installed_change change = {
		.verb = "uninstall", .agree = confirm, .change = uninstall};
	return installed_change(&change, session, err);
}
