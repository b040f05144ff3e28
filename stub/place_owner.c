/* Asking what lies in a directory for its project. */
#include "place_owner.h"

#include <unistd.h>

#include "file_owner.h"
#include "journal.h"
#include "receipt.h"
#include "variant_choice.h"

/* Damaged is not refused: the one says nothing more to anybody. */
static void keep_refusal(struct place_owner *owner, const struct err *problem)
{
	if (!owner->refused.code && file_owner_refused(problem))
		owner->refused = *problem;
}

static bool ask_receipt(int status, const struct receipt *receipt, struct place_owner *owner)
{
	owner->traces = owner->traces || status < 0 || receipt;
	if (status < 0 || !receipt)
		return false;
	owner->project = receipt->project;
	owner->name = receipt->name;
	owner->variant = receipt->variant;
	return true;
}

static bool ask_choice(const char *directory, struct arena *arena, struct place_owner *owner)
{
	struct variant_choice *choice;
	struct err problem = ERR_INIT;
	if (variant_choice_read(directory, arena, &choice, &problem) < 0)
		keep_refusal(owner, &problem);
	else if (choice && place_is_project_name(choice->project)) {
		owner->project = choice->project;
		return true;
	}
	return false;
}

static void ask_journal(const char *directory, struct arena *arena, struct place_owner *owner)
{
	struct journal_past past;
	journal_look(directory, arena, &past);
	if (past.project && place_is_project_name(past.project))
		owner->project = past.project;
}

void place_owner_find(const char *directory, struct arena *arena, struct place_owner *owner)
{
	struct err problem = ERR_INIT;
	struct receipt *receipt = NULL;
	const char *control = arena_printf(arena, "%s/" MANIFEST_CONTROL_NAME, directory);
	*owner = (struct place_owner){.traces = access(control, F_OK) == 0};
	if (ask_receipt(receipt_read(directory, arena, &receipt, &problem), receipt, owner))
		return;
	keep_refusal(owner, &problem);
	if (ask_choice(directory, arena, owner))
		return;
	err_clear(&problem);
	if (ask_receipt(receipt_read_retired(directory, arena, &receipt, &problem), receipt, owner))
		return;
	keep_refusal(owner, &problem);
	ask_journal(directory, arena, owner);
}
