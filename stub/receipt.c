/* Writing and reading receipt.json. */
#include "receipt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "journal.h"
#include "message.h"

enum { RECEIPT_LIMIT = 4 << 20 };

#define RETIRED "receipt.uninstalled.json"
#define SET_ASIDE "receipt.json.old" /* a damaged one, by versions without a copy */

/* ---- images ---- */

void receipt_images_write(struct json_writer *w, const struct receipt_image *images, size_t count)
{
	json_array(w, "images");
	for (size_t i = 0; i < count; i++) {
		json_object(w, NULL);
		json_string(w, "reference", images[i].reference);
		json_string(w, "tag", images[i].tag);
		json_string(w, "pin", images[i].pin);
		json_string(w, "config", images[i].config);
		json_end(w);
	}
	json_end(w);
}

int receipt_images_read(struct json root, struct receipt_image **images, size_t *count,
	struct arena *arena, struct err *err)
{
	struct json list, item;
	*count = 0;
	if (json_get_array(root, "images", &list, err) < 0)
		return -1;
	*images = arena_alloc(arena, (json_count(list) + 1) * sizeof(**images));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		struct receipt_image *image = &(*images)[(*count)++];
		if (json_get_string(item, "reference", &image->reference, err) < 0 ||
			json_get_string(item, "tag", &image->tag, err) < 0 ||
			json_get_string(item, "pin", &image->pin, err) < 0 ||
			json_get_string(item, "config", &image->config, err) < 0)
			return -1;
		if (!*image->tag || *image->tag == '-') /* docker would take it for an option */
			return json_fail(item, err, "\"%s\" is no image's name", image->tag);
	}
	return 0;
}

/* ---- reading ---- */

static int parse_files(
	struct receipt *receipt, struct json root, struct arena *arena, struct err *err)
{
	struct json files, item;
	const char *hex;
	if (json_get_array_or_none(root, "files", &files, err) < 0)
		return -1;
	receipt->files = arena_alloc(arena, json_count(files) * sizeof(*receipt->files));
	for (struct json_iterator it = json_items(files); json_next(&it, &item);) {
		struct receipt_file *file = &receipt->files[receipt->file_count++];
		if (json_get_string(item, "path", &file->path, err) < 0 ||
			json_get_string(item, "sha256", &hex, err) < 0)
			return -1;
		/* What is listed here is copied, replaced and put back below the directory. */
		if (!manifest_is_safe_path(file->path))
			return json_fail(
				item, err, "\"%s\" is not a path below a directory", file->path);
		if (!sha256_from_hex(&file->sha256, hex))
			return json_fail(item, err, "\"%s\" is not a SHA-256", hex);
	}
	return 0;
}

static int parse_engine(struct receipt *receipt, struct json root, struct err *err)
{
	struct json engine;
	if (json_get_object_or_none(root, "engine", &engine, err) < 0)
		return -1;
	if (json_is_absent(engine))
		return 0;
	return json_get_string_or(engine, "product", NULL, &receipt->engine, err) < 0 ||
			       json_get_string_or(engine, "version", NULL, &receipt->engine_version,
				       err) < 0 ||
			       json_get_string_or(engine, "id", NULL, &receipt->engine_id, err) < 0 ||
			       json_get_string_or(engine, "endpoint", NULL,
				       &receipt->engine_endpoint, err) < 0
		       ? -1
		       : 0;
}

static int parse(struct receipt *receipt, struct json root, struct arena *arena, struct err *err)
{
	uint64_t schema;
	if (json_get_u64(root, "schema", &schema, err) < 0)
		return -1;
	if (schema != RECEIPT_SCHEMA)
		return json_fail(root, err, "schema %llu, this program knows %d",
			(unsigned long long)schema, RECEIPT_SCHEMA);
	if (json_get_string(root, "name", &receipt->name, err) < 0 ||
		json_get_string_or(root, "version", NULL, &receipt->version, err) < 0 ||
		json_get_string(root, "project", &receipt->project, err) < 0 ||
		json_get_string(root, "directory", &receipt->directory, err) < 0 ||
		json_get_string(root, "installer", &receipt->installer, err) < 0 ||
		json_get_string(root, "root", &receipt->root, err) < 0 ||
		json_get_string(root, "builder", &receipt->builder, err) < 0 ||
		json_get_string_or(root, "signer", NULL, &receipt->signer, err) < 0 ||
		json_get_string(root, "compose", &receipt->compose, err) < 0 ||
		json_get_string_or(root, "variant", NULL, &receipt->variant, err) < 0 ||
		json_get_string(root, "installed_at", &receipt->installed_at, err) < 0 ||
		json_get_string(root, "first_installed_at", &receipt->first_installed_at, err) < 0)
		return -1;
	if (!manifest_is_safe_path(receipt->compose))
		return json_fail(
			root, err, "\"%s\" is not a path below a directory", receipt->compose);
	if (!place_is_project_name(receipt->project))
		return json_fail(root, err, "\"%s\" is not a valid project name", receipt->project);
	if (parse_engine(receipt, root, err) < 0 || parse_files(receipt, root, arena, err) < 0)
		return -1;
	return receipt_images_read(root, &receipt->images, &receipt->image_count, arena, err);
}

static bool is_there(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int receipt_parse(const char *bytes, size_t length, const char *path, struct arena *arena,
	struct receipt **out, struct err *err)
{
	struct json root;
	struct receipt *receipt = ARENA_NEW(arena, struct receipt);
	if (json_parse(bytes, length, path, RECEIPT_LIMIT, arena, &root, err) < 0 ||
		parse(receipt, root, arena, err) < 0)
		return -1;
	receipt->path = path;
	*out = receipt;
	return 0;
}

int receipt_read_file(const char *path, struct arena *arena, struct receipt **out, struct err *err)
{
	char *bytes;
	size_t length;
	*out = NULL;
	if (!is_there(path))
		return 0;
	return file_read_all(path, RECEIPT_LIMIT, arena, &bytes, &length, err) < 0
		       ? -1
		       : receipt_parse(bytes, length, path, arena, out, err);
}

static int read_named(const char *directory, const char *name, struct arena *arena,
	struct receipt **out, struct err *err)
{
	return receipt_read_file(arena_printf(arena, "%s/%s", directory, name), arena, out, err);
}

/* The first is damaged (err says why), or gone without having been retired. */
static int read_copy(const char *directory, struct arena *arena, int status, struct receipt **out,
	struct err *err)
{
	struct err problem = ERR_INIT;
	int second = read_named(directory, RECEIPT_COPY, arena, out, &problem);
	if (second == 0 && *out) {
		(*out)->damage = status < 0 ? arena_strdup(arena, err->text)
					    : arena_printf(arena, T("%s/%s is gone"), directory,
						      RECEIPT_NAME);
		err_clear(err);
		return 0;
	}
	if (second < 0 && status == 0)
		*err = problem;
	return status < 0 ? status : second;
}

int receipt_read(const char *directory, struct arena *arena, struct receipt **out, struct err *err)
{
	int status = read_named(directory, RECEIPT_NAME, arena, out, err);
	if (status == 0 && (*out || is_there(arena_printf(arena, "%s/" RETIRED, directory))))
		return 0;
	return read_copy(directory, arena, status, out, err);
}

int receipt_read_retired(
	const char *directory, struct arena *arena, struct receipt **out, struct err *err)
{
	return read_named(directory, RETIRED, arena, out, err);
}

/* ---- writing ---- */

static void fill_files(
	struct receipt *receipt, const struct manifest *manifest, struct arena *arena)
{
	receipt->files = arena_alloc(arena, manifest->entry_count * sizeof(*receipt->files));
	for (size_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];
		if (text_starts_with(entry->path, MANIFEST_FILES_PREFIX))
			receipt->files[receipt->file_count++] = (struct receipt_file){
				entry->path + strlen(MANIFEST_FILES_PREFIX), entry->sha256};
	}
}

void receipt_fill(struct receipt *receipt, const struct session *session, const struct place *place,
	const struct docker_engine *engine, const struct receipt *old, struct arena *arena)
{
	const struct manifest *manifest = session->manifest;
	char at[JOURNAL_TIME_SIZE], root[SHA256_HEX_LENGTH + 1];
	journal_time(at, sizeof(at));
	sha256_to_hex(&session->layout.locator.root, root);
	*receipt = (struct receipt){
		.name = manifest->name,
		.version = manifest->version,
		.project = place->project,
		.directory = place->directory,
		.installer = session->path,
		.root = arena_strdup(arena, root),
		.builder = manifest->builder,
		.signer = session->signer,
		.compose = manifest->compose,
		.variant = manifest->variant,
		.installed_at = arena_strdup(arena, at),
		.engine = engine->product,
		.engine_version = engine->version,
		.engine_id = engine->id && *engine->id ? engine->id : NULL,
		.engine_endpoint = engine->endpoint,
		.proofs = session->proofs,
		.images = arena_alloc(arena, manifest->image_count * sizeof(*receipt->images)),
	};
	receipt->first_installed_at = old ? old->first_installed_at : receipt->installed_at;
	fill_files(receipt, manifest, arena);
	for (size_t i = 0; i < manifest->image_count; i++)
		if (manifest_uses_image(manifest, i, false))
			receipt->images[receipt->image_count++] = (struct receipt_image){
				manifest->images[i].reference, manifest->images[i].tag,
				manifest->images[i].pin, manifest->images[i].config};
}

static void remove_named(const char *directory, const char *name)
{
	AUTO_FREE char *path = xprintf("%s/%s", directory, name);
	unlink(path);
}

static void add_files(struct json_writer *w, const struct receipt *receipt)
{
	char hex[SHA256_HEX_LENGTH + 1];
	json_array(w, "files");
	for (size_t i = 0; i < receipt->file_count; i++) {
		sha256_to_hex(&receipt->files[i].sha256, hex);
		json_object(w, NULL);
		json_string(w, "path", receipt->files[i].path);
		json_string(w, "sha256", hex);
		json_end(w);
	}
	json_end(w);
}

static void add_proofs(struct json_writer *w, const struct proof_list *proofs)
{
	json_array(w, "proofs");
	for (size_t i = 0; proofs && i < proofs->count; i++) {
		const struct proof *proof = &proofs->items[i];
		json_object(w, NULL);
		json_string(w, "kind", proof->kind);
		json_string(w, "name", proof->name);
		json_string(w, "result", proof->result);
		json_string(w, "at", proof->at);
		json_end(w);
	}
	json_end(w);
}

void receipt_text(const struct receipt *receipt, struct text *out)
{
	struct json_writer writer = json_writer_begin(out, false), *w = &writer;
	json_object(w, NULL);
	json_number(w, "schema", RECEIPT_SCHEMA);
	json_string(w, "name", receipt->name);
	json_string(w, "version", receipt->version);
	json_string(w, "project", receipt->project);
	json_string(w, "directory", receipt->directory);
	json_string(w, "installer", receipt->installer);
	json_string(w, "root", receipt->root);
	json_string(w, "builder", receipt->builder);
	json_string(w, "signer", receipt->signer); /* left out when there is none */
	json_string(w, "compose", receipt->compose);
	json_string(w, "variant", receipt->variant);
	json_string(w, "installed_at", receipt->installed_at);
	json_string(w, "first_installed_at", receipt->first_installed_at);
	json_object(w, "engine");
	json_string(w, "product", receipt->engine);
	json_string(w, "version", receipt->engine_version);
	json_string(w, "id", receipt->engine_id);
	json_string(w, "endpoint", receipt->engine_endpoint);
	json_end(w);
	receipt_images_write(w, receipt->images, receipt->image_count);
	add_files(w, receipt);
	add_proofs(w, receipt->proofs);
	json_end(w);
}

int receipt_write(const struct receipt *receipt, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *path = xprintf("%s/" RECEIPT_NAME, receipt->directory);
	AUTO_FREE char *copy = xprintf("%s/" RECEIPT_COPY, receipt->directory);
	receipt_text(receipt, &text);
	/* The copy first: it must never be the older one, of a version that has gone. */
	if (file_write_all(copy, text.bytes, text.length, 0600, err) < 0 ||
		file_write_all(path, text.bytes, text.length, 0600, err) < 0)
		return -1;
	remove_named(receipt->directory, RETIRED);
	return 0;
}

void receipt_remove(const char *directory)
{
	static const char *const names[] = {RECEIPT_NAME, RECEIPT_COPY, RETIRED, SET_ASIDE};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		remove_named(directory, names[i]);
}

void receipt_retire(const char *directory)
{
	AUTO(arena) arena = arena_new();
	struct err ignored = ERR_INIT;
	struct receipt *receipt;
	AUTO_FREE char *current = xprintf("%s/" RECEIPT_NAME, directory);
	AUTO_FREE char *copy = xprintf("%s/" RECEIPT_COPY, directory);
	AUTO_FREE char *retired = xprintf("%s/" RETIRED, directory);
	bool use_copy = receipt_read(directory, arena, &receipt, &ignored) == 0 && receipt &&
			receipt->damage;
	rename(use_copy ? copy : current, retired);
	unlink(use_copy ? current : copy);
}
