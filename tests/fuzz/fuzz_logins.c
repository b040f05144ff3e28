/* Docker's config.json (before the first 0xfe) and what credential helpers answer (behind it):
 * child_run() and the search for programs are this file's own (FUZZ_WRAP). */
#include "fuzz_folder.h"

#include <string.h>

#include "child_process.h"
#include "credential.h"

int __wrap_child_run(
	const struct child_request *request, struct child_result *result, struct err *err);
const char *__wrap_child_find_program(const char *name, const char *paths, struct arena *arena);

static const char *answer;
static size_t answer_length;

int __wrap_child_run(
	const struct child_request *request, struct child_result *result, struct err *err)
{
	(void)request, (void)err;
	*result = (struct child_result)CHILD_RESULT_INIT;
	text_add_bytes(&result->out.head, answer, answer_length);
	result->out.total = answer_length;
	text_add(&result->err.head, "");
	result->exit_code = answer_length % 2;
	return 0;
}

const char *__wrap_child_find_program(const char *name, const char *paths, struct arena *arena)
{
	(void)paths;
	FUZZ_PROMISE(!strchr(name, '/'));
	return arena_printf(arena, "/bin/%s", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {"ghcr.io", "registry-1.docker.io", "127.0.0.1:5000"};
	struct err err = ERR_INIT;
	AUTO(credential_store) store = NULL;
	const uint8_t *split = memchr(data, 0xfe, size);
	size_t length = split ? (size_t)(split - data) : size;
	fuzz_folder_put("config.json", data, length);
	answer = split ? (const char *)split + 1 : "";
	answer_length = split ? size - length - 1 : 0;
	if (credential_store_open(&store, fuzz_folder(), &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		const struct credential *found = credential_find(store, hosts[i]);
		if (!found)
			continue;
		FUZZ_PROMISE(found->from && (found->username || found->identity_token ||
						    found->registry_token));
		FUZZ_PROMISE(credential_find(store, hosts[i]) == found);
	}
	return 0;
}
