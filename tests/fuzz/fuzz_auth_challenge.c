/* WWW-Authenticate: whatever comes, the values are texts, and what is chosen can be answered. */
#include "fuzz.h"

#include <string.h>

#include "auth_challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct auth_challenge all[AUTH_CHALLENGES];
	const char *header = arena_strndup(arena, (const char *)data, size);
	size_t count = auth_challenge_parse(header, arena, all);
	FUZZ_PROMISE(count <= AUTH_CHALLENGES);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(all[i].realm) + strlen(all[i].service) +
				strlen(all[i].scope) + strlen(all[i].error);
		FUZZ_PROMISE(length <= strlen(header));
		FUZZ_PROMISE(!strchr(all[i].realm, '\n') && !strchr(all[i].service, '\n'));
	}
	const struct auth_challenge *chosen = auth_challenge_choose(all, count);
	FUZZ_PROMISE(!chosen || chosen->scheme == AUTH_BASIC ||
		     (chosen->scheme == AUTH_BEARER && chosen->realm[0]));
	return 0;
}
