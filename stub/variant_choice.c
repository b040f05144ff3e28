/* Reading and writing fallback.json. */
#include "variant_choice.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "journal.h"
#include "json.h"
#include "json_writer.h"
#include "manifest.h"

enum { CHOICE_SCHEMA = 1, CHOICE_LIMIT = 64 << 10 };

static int parse(struct variant_choice *choice, struct json root, struct err *err)
{
	uint64_t schema, code;
	if (json_get_u64(root, "schema", &schema, err) < 0)
		return -1;
	if (schema != CHOICE_SCHEMA)
		return json_fail(root, err, "schema %llu, this program knows %d",
			(unsigned long long)schema, CHOICE_SCHEMA);
	if (json_get_string(root, "project", &choice->project, err) < 0 ||
		json_get_string(root, "variant", &choice->variant, err) < 0 ||
		json_get_u64(root, "code", &code, err) < 0 ||
		json_get_string(root, "at", &choice->at, err) < 0)
		return -1;
	choice->code = (int)code;
	return manifest_is_variant_name(choice->variant)
		       ? 0
		       : json_fail(root, err, "\"%s\" is no name of a variant", choice->variant);
}

int variant_choice_read(
	const char *directory, struct arena *arena, struct variant_choice **out, struct err *err)
{
	char *bytes;
	size_t length;
	struct stat st;
	struct json root;
	struct variant_choice *choice = ARENA_NEW(arena, struct variant_choice);
	const char *path = arena_printf(arena, "%s/" VARIANT_CHOICE_NAME, directory);
	*out = NULL;
	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (file_read_all(path, CHOICE_LIMIT, arena, &bytes, &length, err) < 0 ||
		json_parse(bytes, length, path, CHOICE_LIMIT, arena, &root, err) < 0 ||
		parse(choice, root, err) < 0)
		return -1;
	*out = choice;
	return 0;
}

int variant_choice_write(
	const char *directory, const struct variant_choice *choice, struct err *err)
{
	char at[JOURNAL_TIME_SIZE];
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *path = xprintf("%s/" VARIANT_CHOICE_NAME, directory);
	struct json_writer writer = json_writer_begin(&text, false), *w = &writer;
	journal_time(at, sizeof(at));
	json_object(w, NULL);
	json_number(w, "schema", CHOICE_SCHEMA);
	json_string(w, "project", choice->project);
	json_string(w, "variant", choice->variant);
	json_number(w, "code", (uint64_t)choice->code);
	json_string(w, "at", at);
	json_end(w);
	return file_write_all(path, text.bytes, text.length, 0600, err);
}

void variant_choice_remove(const char *directory)
{
	AUTO_FREE char *path = xprintf("%s/" VARIANT_CHOICE_NAME, directory);
	unlink(path);
}
