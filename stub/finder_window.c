/* Keeping the window of a double-click open. */
#include "finder_window.h"

#ifdef __APPLE__
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

void finder_window_wait(struct ui *ui, int argc, char *const *argv)
{
	char here[4096], answer[8];
	const char *home = getenv("HOME");
	struct err ignored = ERR_INIT;
	if (argc == 1 && argv[0][0] == '/' && home && getcwd(here, sizeof(here)) &&
		strcmp(here, home) == 0 && ui_can_ask(ui))
		ui_ask(ui, T("Press Enter to close"), NULL, false, answer, sizeof(answer),
			&ignored);
}
#else
void finder_window_wait(struct ui *ui, int argc, char *const *argv)
{
	(void)ui, (void)argc, (void)argv;
}
#endif
