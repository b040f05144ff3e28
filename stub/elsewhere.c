/* Recognizing one's own application in another folder. */
#include "elsewhere.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file_io.h"
#include "file_owner.h"
#include "receipt.h"

static const char *above(const char *path, struct arena *arena)
{
	AUTO_FREE char *directory = file_directory(path);
	return arena_strdup(arena, directory);
}

static const char *owner_of(const char *path, struct arena *arena)
{
	AUTO_FREE char *name = file_owner_name(path);
	return name ? arena_strdup(arena, name) : NULL;
}

/* Nobody can tell what is in it; it may well be ours. */
static bool look_at_closed(
	struct elsewhere *elsewhere, const struct session *session, const char *from)
{
	const char *variant = session->manifest->variant;
	bool inner = variant && strcmp(file_base_name(from), variant) == 0;
	elsewhere->directory = inner ? above(from, session->arena) : from;
	elsewhere->owner = owner_of(from, session->arena);
	elsewhere->needs_sudo = true;
	return true;
}

bool elsewhere_look(
	struct elsewhere *elsewhere, const struct session *session, const char *from)
{
	struct arena *arena = session->arena;
	struct receipt *receipt = NULL;
	struct err problem = ERR_INIT;
	*elsewhere = (struct elsewhere){0};
	if (access(from, X_OK) < 0)
		return errno == EACCES && look_at_closed(elsewhere, session, from);
	if (receipt_read(from, arena, &receipt, &problem) < 0 && file_owner_refused(&problem))
		return look_at_closed(elsewhere, session, from);
	if (!receipt || strcmp(receipt->name, session->manifest->name) != 0)
		return false;
	elsewhere->directory = receipt->variant ? above(from, arena) : from;
	elsewhere->what = receipt->version
				  ? arena_printf(arena, "%s %s", receipt->name, receipt->version)
				  : receipt->name;
	elsewhere->owner = owner_of(from, arena);
	elsewhere->needs_sudo = access(from, R_OK | W_OK | X_OK) < 0;
	return true;
}
