/* Writing and reading receipt.json. */
#include "receipt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "journal.h"
#include "json.h"
#include "json_writer.h"

enum { RECEIPT_LIMIT = 4 << 20 };

#define CURRENT "receipt.json"
#define RETIRED "receipt.uninstalled.json"

static int parse_images(
	struct receipt *receipt, struct json root, struct arena *arena, struct err *err)
{
	struct json images, item;
	if (json_get_array(root, "images", &images, err) < 0)
		return -1;
	receipt->images = arena_alloc(arena, json_count(images) * sizeof(*receipt->images));
	for (struct json_iterator it = json_items(images); json_next(&it, &item);) {
		struct receipt_image *image = &receipt->images[receipt->image_count++];
		if (json_get_string(item, "reference", &image->reference, err) < 0 ||
			json_get_string(item, "tag", &image->tag, err) < 0 ||
			json_get_string(item, "pin", &image->pin, err) < 0 ||
			json_get_string(item, "config", &image->config, err) < 0)
			return -1;
	}
	return 0;
}

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
		if (!sha256_from_hex(&file->sha256, hex))
			return json_fail(item, err, "\"%s\" is not a SHA-256", hex);
	}
	return 0;
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
	if (parse_files(receipt, root, arena, err) < 0)
		return -1;
	return parse_images(receipt, root, arena, err);
}

static int read_named(const char *directory, const char *name, struct arena *arena,
	struct receipt **out, struct err *err)
{
	char *bytes;
	size_t length;
	struct stat st;
	struct json root;
	struct receipt *receipt = ARENA_NEW(arena, struct receipt);
	const char *path = arena_printf(arena, "%s/%s", directory, name);
	*out = NULL;
	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (file_read_all(path, RECEIPT_LIMIT, arena, &bytes, &length, err) < 0 ||
		json_parse(bytes, length, path, RECEIPT_LIMIT, arena, &root, err) < 0 ||
		parse(receipt, root, arena, err) < 0)
		return err_hint(err, "run the installer's install again: it writes a new receipt");
	*out = receipt;
	return 0;
}

int receipt_read(const char *directory, struct arena *arena, struct receipt **out, struct err *err)
{
	return read_named(directory, CURRENT, arena, out, err);
}

void receipt_read_retired(const char *directory, struct arena *arena, struct receipt **out)
{
	struct err ignored = ERR_INIT;
	if (read_named(directory, RETIRED, arena, out, &ignored) < 0)
		*out = NULL;
}

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

static void add_images(struct json_writer *w, const struct receipt *receipt)
{
	json_array(w, "images");
	for (size_t i = 0; i < receipt->image_count; i++) {
		const struct receipt_image *image = &receipt->images[i];
		json_object(w, NULL);
		json_string(w, "reference", image->reference);
		json_string(w, "tag", image->tag);
		json_string(w, "pin", image->pin);
		json_string(w, "config", image->config);
		json_end(w);
	}
	json_end(w);
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

int receipt_write(const struct receipt *receipt, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	AUTO_FREE char *path = xprintf("%s/" CURRENT, receipt->directory);
	struct json_writer writer = json_writer_begin(&text, false), *w = &writer;
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
	json_end(w);
	add_images(w, receipt);
	add_files(w, receipt);
	add_proofs(w, receipt->proofs);
	json_end(w);
	if (file_write_all(path, text.bytes, text.length, 0600, err) < 0)
		return -1;
	remove_named(receipt->directory, RETIRED);
	return 0;
}

void receipt_remove(const char *directory)
{
	remove_named(directory, CURRENT);
	remove_named(directory, RETIRED);
}

int receipt_set_aside(const char *directory, struct err *err)
{
	AUTO_FREE char *current = xprintf("%s/" CURRENT, directory);
	AUTO_FREE char *old = xprintf("%s.old", current);
	if (rename(current, old) < 0)
		return err_set_errno(err, CODE_IO, "rename %s to %s", current, old);
	return 0;
}

void receipt_retire(const char *directory)
{
	AUTO_FREE char *current = xprintf("%s/" CURRENT, directory);
	AUTO_FREE char *retired = xprintf("%s/" RETIRED, directory);
	rename(current, retired);
}
