/* Inferring what is installed when nothing says so. */
#include "receipt_lost.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "digest_file.h"
#include "journal.h"
#include "message.h"
#include "rollback_point.h"

/* The variant that lies in that place, of a program that may not have it. */
static bool use_variant(struct session *old, const struct session *session)
{
	const char *variant = session->manifest->variant;
	size_t number = variant ? session_find_variant(old, variant) : 0;
	if (number == old->variant_count)
		return false;
	session_use_variant(old, number);
	return true;
}

/* The receipt that this program's installer would have written, as far as it knows it. A deep copy:
 * the manifest goes with its session. */
static struct receipt *describe(const struct session *old, const struct place *place,
	const char *root, const struct receipt_file *control, const char *at, struct arena *arena)
{
	struct receipt receipt, *copy;
	struct docker_engine engine = {0};
	struct err ignored = ERR_INIT;
	AUTO_TEXT text = TEXT_INIT;
	receipt_fill(&receipt, old, place, &engine, NULL, arena);
	struct receipt_file *files = arena_alloc(arena, (receipt.file_count + 1) * sizeof(*files));
	for (size_t i = 0; i < receipt.file_count; i++)
		files[i] = receipt.files[i];
	files[receipt.file_count] = *control; /* not among its own */
	receipt.files = files;
	receipt.file_count++;
	receipt.installer = old->manifest->installer;
	receipt.installed_at = receipt.first_installed_at = at;
	receipt.engine = receipt.engine_version = "";
	if (root)
		receipt.root = root;
	receipt_text(&receipt, &text);
	return receipt_parse(text.bytes, text.length, old->path, arena, &copy, &ignored) == 0
		       ? copy
		       : NULL;
}

/* The installer's root is not in its control program; this very one's is known. */
static const char *root_of_installer(
	const struct session *session, const struct sha256 *control, struct arena *arena)
{
	const struct manifest_entry *entry = manifest_find_entry(
		bundle_manifest(session->bundle), MANIFEST_FILES_PREFIX MANIFEST_CONTROL_NAME);
	char root[SHA256_HEX_LENGTH + 1];
	if (!entry || !sha256_equal(&entry->sha256, control))
		return NULL;
	sha256_to_hex(&session->layout.locator.root, root);
	return arena_strdup(arena, root);
}

static struct receipt *ask_control(const struct session *session, const struct place *place,
	const char *path, const char *root)
{
	struct arena *arena = session->arena;
	struct session old = SESSION_INIT;
	struct stub_options options = {
		.directory = place->directory, .project_name = place->project};
	struct receipt_file control = {.path = MANIFEST_CONTROL_NAME};
	struct receipt *receipt = NULL;
	struct err ignored = ERR_INIT;
	struct stat st;
	struct tm utc;
	char at[JOURNAL_TIME_SIZE];
	if (session_open_other(&old, session, path, &options, &ignored) == 0 &&
		old.manifest->installer && use_variant(&old, session) && fstat(old.fd, &st) == 0 &&
		digest_file_range(
			old.fd, path, 0, (uint64_t)st.st_size, &control.sha256, &ignored) == 0) {
		gmtime_r(&st.st_mtime, &utc);
		strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &utc);
		if (!root)
			root = root_of_installer(session, &control.sha256, arena);
		receipt = describe(&old, place, root, &control, at, arena);
	}
	session_close(&old);
	return receipt;
}

/* An upgrade that is not through has saved what the old version had: its receipt, or the control
 * program that stood for that. */
static struct receipt *ask_point(const struct session *session, const struct place *place,
	const struct rollback_point *point)
{
	struct arena *arena = session->arena;
	struct receipt *receipt = NULL;
	struct err ignored = ERR_INIT;
	const char *saved = rollback_point_saved(point, RECEIPT_NAME, arena);
	if (!saved)
		saved = rollback_point_saved(point, RECEIPT_COPY, arena);
	if (saved && receipt_read_file(saved, arena, &receipt, &ignored) == 0 && receipt)
		return receipt;
	saved = rollback_point_saved(point, MANIFEST_CONTROL_NAME, arena);
	return saved ? ask_control(session, place, saved, point->from.root) : NULL;
}

static const char *find_trace(const struct place *place, enum journal_story story,
	const char *control, struct arena *arena)
{
	if (story != JOURNAL_SILENT)
		return arena_printf(arena, "%s/journal.jsonl", place->directory);
	if (access(control, F_OK) == 0)
		return control;
	return access(place->compose_file, F_OK) == 0 ? place->compose_file : NULL;
}

void receipt_lost_look(
	struct receipt_lost *lost, const struct place *place, const struct session *session)
{
	struct arena *arena = session->arena;
	struct rollback_point *point;
	struct err ignored = ERR_INIT;
	const char *control = arena_printf(arena, "%s/" MANIFEST_CONTROL_NAME, place->directory);
	enum journal_story story = journal_story(place);
	*lost = (struct receipt_lost){.never = story == JOURNAL_NEVER};
	if (lost->never)
		return;
	lost->trace = find_trace(place, story, control, arena);
	lost->uninstalled = story == JOURNAL_UNINSTALLED && access(place->compose_file, F_OK) < 0;
	if (!lost->trace)
		return;
	if (rollback_point_read(place->directory, arena, &point, &ignored) < 0)
		return;
	lost->receipt = point ? ask_point(session, place, point)
			      : ask_control(session, place, control, NULL);
	if (!lost->receipt)
		return;
	lost->receipt->inferred = true;
	lost->receipt->damage = arena_printf(arena, T("%s and %s are gone from %s"), RECEIPT_NAME,
		RECEIPT_COPY, place->directory);
}

int receipt_find(const struct place *place, const struct session *session, struct receipt **out,
	struct err *err)
{
	struct receipt_lost lost;
	struct receipt *retired = NULL;
	if (receipt_read(place->directory, session->arena, out, err) < 0) {
		if (err->code != CODE_INPUT || !session_ignores(session, "receipt"))
			return -1;
		err_clear(err);
	}
	if (*out)
		return 0;
	struct err ignored = ERR_INIT;
	if (receipt_read_retired(place->directory, session->arena, &retired, &ignored) < 0 ||
		retired)
		return 0;
	receipt_lost_look(&lost, place, session);
	*out = lost.uninstalled ? NULL : lost.receipt;
	return 0;
}

int receipt_find_retired(const struct place *place, const struct session *session,
	struct receipt **out, struct err *err)
{
	struct receipt_lost lost;
	if (receipt_read_retired(place->directory, session->arena, out, err) < 0)
		return -1;
	if (*out)
		return 0;
	receipt_lost_look(&lost, place, session);
	*out = lost.uninstalled ? lost.receipt : NULL;
	return 0;
}
