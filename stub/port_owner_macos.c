/* macOS: lsof knows, and is always there. */
#ifdef __APPLE__
#include "port_owner.h"

#include <stdlib.h>
#include <string.h>

#include "child_environment.h"
#include "child_process.h"
#include "number.h"
#include "text.h"

enum { LSOF_TIMEOUT_MS = 10 * 1000 };

/* With -F p and c: a line "p<pid>", then one "c<command>". */
static bool parse(const char *at, struct arena *arena, const char **name, long *pid)
{
	uint64_t value = 0;
	bool have_pid = false;
	for (; *at; at += *at == '\n') {
		size_t length = strcspn(at, "\n");
		if (*at == 'p')
			have_pid =
				number_parse_u64(arena_strndup(arena, at + 1, length - 1), &value);
		if (*at == 'c' && have_pid) {
			AUTO_TEXT printable = TEXT_INIT;
			text_add_printable(&printable, at + 1, length - 1);
			*name = arena_strdup(arena, printable.bytes);
			*pid = (long)value;
			return true;
		}
		at += length;
	}
	return false;
}

bool port_owner_find(unsigned number, bool udp, struct arena *arena, const char **name, long *pid)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct err ignored = ERR_INIT;
	const char *lsof = child_find_program("lsof", "/usr/sbin:/usr/bin", arena);
	if (!lsof)
		lsof = child_find_program("lsof", getenv("PATH"), arena);
	const char *argv[] = {lsof, "-nP", "-F", "pc",
		arena_printf(arena, "-i%s:%u", udp ? "UDP" : "TCP", number),
		udp ? NULL : "-sTCP:LISTEN", NULL};
	struct child_request request = {.argv = argv,
		.environment = child_environment(arena),
		.timeout_ms = LSOF_TIMEOUT_MS};
	if (!lsof || child_run(&request, &result, &ignored) < 0 || result.exit_code != 0)
		return false;
	return parse(result.out.head.bytes, arena, name, pid);
}
#endif
