/* Telling PostgreSQL's major versions apart. */
#include "database_major.h"

#include <stdlib.h>
#include <string.h>

#include "docker_volume.h"
#include "json.h"
#include "tar_reader.h"

#define USUAL_DATA "/var/lib/postgresql/data"

enum { CONFIG_LIMIT = 8 << 20, MAJOR_LIMIT = 1000, ANSWER_LIMIT = 64 << 10, FILE_LIMIT = 16 };

/* "17", "17.2", "9.6" (which is major 9 for what is compared here: nobody mixes those). */
static unsigned parse_major(const char *text)
{
	char *end;
	if (*text < '1' || *text > '9')
		return 0;
	unsigned long number = strtoul(text, &end, 10);
	return number < MAJOR_LIMIT ? (unsigned)number : 0;
}

/* ---- images ---- */

unsigned database_major_of_reference(const char *reference)
{
	static const char *const by_number[] = {"postgres", "postgresql", "postgis"};
	static const char *const by_pg[] = {
		"postgres", "pgvector", "timescaledb", "timescaledb-ha"};
	const char *slash = strrchr(reference, '/');
	const char *name = slash ? slash + 1 : reference;
	size_t length = strcspn(name, ":@");
	const char *tag = name[length] == ':' ? name + length + 1 : "";
	const char *pg = strstr(tag, "pg");
	for (size_t i = 0; i < ARRAY_SIZE(by_number); i++)
		if (strlen(by_number[i]) == length && memcmp(by_number[i], name, length) == 0 &&
			parse_major(tag))
			return parse_major(tag);
	for (size_t i = 0; pg && i < ARRAY_SIZE(by_pg); i++)
		if (strlen(by_pg[i]) == length && memcmp(by_pg[i], name, length) == 0)
			return parse_major(pg + 2);
	return 0;
}

static const char *find_variable(struct json config, const char *name)
{
	struct json list = json_member(json_member(config, "config"), "Env"), item;
	struct err ignored = ERR_INIT;
	size_t length = strlen(name);
	const char *pair;
	for (struct json_iterator it = json_items(list); json_next(&it, &item);)
		if (json_as_string(item, &pair, &ignored) == 0 &&
			strncmp(pair, name, length) == 0 && pair[length] == '=')
			return pair + length + 1;
	return NULL;
}

int database_major_of_image(const struct session *session, const struct manifest_image *image,
	unsigned *major, struct err *err)
{
	char *bytes;
	size_t length;
	struct json config;
	*major = 0;
	if (!session->manifest->installer) { /* a control program has no configs */
		if (bundle_read(session->bundle, manifest_blob_path(image->config, session->arena),
			    CONFIG_LIMIT, session->arena, &bytes, &length, err) < 0 ||
			json_parse(bytes, length, image->reference, CONFIG_LIMIT, session->arena,
				&config, err) < 0)
			return -1;
		const char *said = find_variable(config, "PG_MAJOR");
		*major = said ? parse_major(said) : 0;
	}
	if (*major == 0)
		*major = database_major_of_reference(image->reference);
	return 0;
}

/* ---- data ---- */

struct small_sink {
	struct stream_sink sink;
	struct text text;
};

static int keep(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct small_sink *small = (struct small_sink *)sink;
	(void)err;
	if (small->text.length + length <= ANSWER_LIMIT)
		text_add_bytes(&small->text, bytes, length);
	return 0;
}

struct text_source {
	struct stream_source source;
	const struct text *text;
	bool given;
};

static int give(struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct text_source *from = (struct text_source *)source;
	(void)err;
	*bytes = from->text->bytes;
	*length = from->given ? 0 : from->text->length;
	from->given = true;
	return 0;
}

/* The one small file of `docker cp`'s tar. A link, or something large, is no version file. */
static int read_version(const struct text *tar, unsigned *major, struct err *err)
{
	struct text_source source = {.source.next = give, .text = tar};
	AUTO(tar_reader) reader = NULL;
	const struct tar_entry *entry;
	const void *bytes;
	size_t length;
	char version[FILE_LIMIT + 1] = "";
	if (tar_reader_open_source(&reader, TAR_FOREIGN, &source.source, "docker cp", err) < 0 ||
		tar_reader_next(reader, &entry, err) < 0)
		return -1;
	if (!entry || entry->type != TAR_FILE || entry->size_bytes > FILE_LIMIT)
		return 0;
	if (stream_next(tar_reader_data(reader), &bytes, &length, err) < 0)
		return -1;
	memcpy(version, bytes, length < FILE_LIMIT ? length : FILE_LIMIT);
	*major = parse_major(version);
	return 0;
}

static const char *data_folder(const struct docker_container *container)
{
	for (size_t i = 0; i < container->environment_count; i++)
		if (strncmp(container->environment[i], "PGDATA=", 7) == 0)
			return container->environment[i] + 7;
	return USUAL_DATA;
}

int database_major_of_container(struct docker_cli *docker, const struct docker_container *container,
	unsigned *major, struct err *err)
{
	struct small_sink small = {.sink.write = keep, .text = TEXT_INIT};
	const char *folder = data_folder(container);
	bool found;
	*major = 0;
	while (*folder == '/')
		folder++;
	int status = docker_copy_out(docker, container->id,
		arena_printf(docker->arena, "%s/PG_VERSION", folder), &small.sink, &found, err);
	if (status == 0 && found)
		status = read_version(&small.text, major, err);
	text_clear(&small.text);
	return status;
}
