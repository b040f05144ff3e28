/* Asking what lies in a directory for its project. */
#include "place_owner.h"

#include <unistd.h>

#include "journal.h"
#include "receipt.h"
#include "variant_choice.h"

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
	struct err ignored = ERR_INIT;
	if (variant_choice_read(directory, arena, &choice, &ignored) < 0 || !choice ||
		!place_is_project_name(choice->project))
		return false;
	owner->project = choice->project;
	return true;
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
	struct err ignored = ERR_INIT;
	struct receipt *receipt = NULL;
	const char *control = arena_printf(arena, "%s/" MANIFEST_CONTROL_NAME, directory);
	*owner = (struct place_owner){.traces = access(control, F_OK) == 0};
	if (ask_receipt(receipt_read(directory, arena, &receipt, &ignored), receipt, owner) ||
		ask_choice(directory, arena, owner))
		return;
	err_clear(&ignored);
	if (!ask_receipt(receipt_read_retired(directory, arena, &receipt, &ignored), receipt, owner))
		ask_journal(directory, arena, owner);
}
