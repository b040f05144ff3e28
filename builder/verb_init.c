/* `hardtack init DIR [--from FILE]`: a project directory to say more in than a compose file can. */
#include "message.h"
#include "options.h"
#include "project.h"

int verb_init(struct verb *verb, struct err *err)
{
	(void)verb;
	return err_set(err, CODE_USAGE, "not in this version");
}
