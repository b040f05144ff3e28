/* open: the first page that the services serve, in the person's browser. */
#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "env_file.h"
#include "installed.h"
#include "message.h"
#include "place.h"
#include "port.h"
#include "verbs.h"

extern char **environ;

enum { BROWSER_TIMEOUT_MS = 20 * 1000 };

/* The desktop's own opener; it needs the person's environment (DISPLAY and its like). */
static int open_browser(struct session *session, const char *url, bool *opened, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	*opened = false;
#ifdef __APPLE__
	const char *opener = child_find_program("open", "/usr/bin", session->arena);
#else
	const char *opener = child_find_program("xdg-open", getenv("PATH"), session->arena);
#endif
	if (!opener)
		return 0;
	struct child_request request = {.argv = (const char *const[]){opener, url, NULL},
		.environment = (const char *const *)environ,
		.timeout_ms = BROWSER_TIMEOUT_MS,
		.outlives_us = true};
	if (child_run(&request, &result, err) < 0)
		return -1;
	*opened = result.exit_code == 0;
	return 0;
}

int verb_open(struct session *session, struct err *err)
{
	AUTO_PLACE place = PLACE_INIT;
	struct env_files env;
	struct port *ports;
	size_t count;
	const char *url = NULL;
	bool opened;
	if (session_open_bundle(session, err) < 0 || place_choose(&place, session, err) < 0 ||
		installed_require(&place, session, err) < 0 ||
		env_files_plan(&env, session, &place, err) < 0 ||
		port_list(session->manifest, &env.variables, session->arena, &ports, &count, err) <
			0)
		return -1;
	for (size_t i = 0; i < count && !url; i++)
		if (ports[i].first &&
			text_starts_with(port_url(&ports[i], session->arena), "http:"))
			url = port_url(&ports[i], session->arena);
	if (!url)
		return err_set(err, CODE_USAGE, "no service has a page to open");
	if (open_browser(session, url, &opened, err) < 0)
		return -1;
	if (!opened)
		ui_note(session->ui, "%s",
			T("No browser could be started; open this address yourself:"));
	struct ui_field fields[] = {UI_TEXT("url", url), UI_BOOL("opened", opened)};
	UI_RECORD(session->ui, "url", fields, "%s", url);
	return 0;
}
