/* Noting what has been proven. */
#include "proof.h"

void proof_add(
	const struct session *session, const char *kind, const char *name, const char *result)
{
	struct proof_list *list = session->proofs;
	if (!list)
		return;
	struct proof *proof = ARENA_PUSH(session->arena, list->items, list->count, list->capacity);
	proof->kind = kind;
	proof->name = arena_strdup(session->arena, name);
	proof->result = arena_strdup(session->arena, result);
	journal_time(proof->at, sizeof(proof->at));
}

const char *proof_tries(const struct session *session, unsigned tries)
{
	return tries > 1 ? arena_printf(session->arena, ", %u tries", tries) : "";
}
