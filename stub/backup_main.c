/* backup.json: what a backup says of itself. */
#include <string.h>

#include "backup_archive.h"
#include "json.h"
#include "json_writer.h"

/* ---- writing ---- */

static void write_volumes(struct json_writer *w, const struct backup *backup)
{
	json_array(w, "volumes");
	for (size_t i = 0; i < backup->volume_count; i++) {
		const struct backup_volume *volume = &backup->volumes[i];
		json_object(w, NULL);
		json_string(w, "name", volume->name);
		json_string(w, "key", volume->key);
		json_string(w, "postgres_major", volume->postgres_major);
		json_object(w, "labels");
		for (size_t j = 0; j < volume->label_count; j++)
			json_string(w, volume->labels[j].name, volume->labels[j].value);
		json_end(w);
		json_string(w, "data", volume->data ? volume->data->path : NULL);
		json_end(w);
	}
	json_end(w);
}

static void write_places(struct json_writer *w, const struct backup *backup)
{
	json_array(w, "directories");
	for (size_t i = 0; i < backup->directory_count; i++) {
		json_object(w, NULL);
		json_string(w, "path", backup->directories[i].path);
		json_string(w, "data", backup->directories[i].data->path);
		json_end(w);
	}
	json_end(w);
	json_array(w, "not_in");
	for (size_t i = 0; i < backup->not_in_count; i++) {
		const struct backup_omission *omission = &backup->not_in[i];
		json_object(w, NULL);
		json_string(w, "kind", omission->kind);
		json_string(w, "name", omission->name);
		json_string(w, "service", omission->service);
		json_string(w, "destination", omission->destination);
		json_end(w);
	}
	json_end(w);
}

void backup_main_write(const struct backup *backup, struct text *out)
{
	struct json_writer writer = json_writer_begin(out, false), *w = &writer;
	json_object(w, NULL);
	json_number(w, "hardtack_backup", BACKUP_FORMAT);
	json_string(w, "name", backup->name);
	json_string(w, "version", backup->version);
	json_string(w, "project", backup->project);
	json_string(w, "directory", backup->directory);
	json_string(w, "created_at", backup->created_at);
	json_string(w, "root", backup->root);
	json_string(w, "builder", backup->builder);
	json_bool(w, "hook", backup->has_hook);
	receipt_images_write(w, backup->images, backup->image_count);
	write_volumes(w, backup);
	write_places(w, backup);
	json_end(w);
}

/* ---- reading ---- */

static const struct backup_entry *find(const struct backup *backup, const char *path)
{
	for (size_t i = 0; path && i < backup->entry_count; i++)
		if (strcmp(backup->entries[i].path, path) == 0)
			return &backup->entries[i];
	return NULL;
}

/* The entry that "data" names; a tar of ours is whole blocks. */
static int find_data(const struct backup *backup, struct json item, const char *prefix,
	const struct backup_entry **data, struct err *err)
{
	const char *path;
	*data = NULL;
	if (json_get_string_or(item, "data", NULL, &path, err) < 0)
		return -1;
	if (!path)
		return 0;
	if (text_starts_with(path, prefix))
		*data = find(backup, path);
	return *data ? 0 : json_fail(item, err, "there is no entry %s", path);
}

/* Docker's own rule for names of volumes; whatever else would be an option or a path to it. */
static bool is_volume_name(const char *name)
{
	size_t length = strlen(name);
	return length >= 2 && length <= 255 && name[0] != '_' && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       length;
}

static int parse_labels(
	struct backup_volume *volume, struct json item, struct arena *arena, struct err *err)
{
	struct json labels, value;
	const char *name;
	if (json_get_object(item, "labels", &labels, err) < 0)
		return -1;
	volume->labels = arena_alloc(arena, (json_count(labels) + 1) * sizeof(*volume->labels));
	for (struct json_iterator it = json_items(labels); json_next_member(&it, &name, &value);) {
		struct docker_label *label = &volume->labels[volume->label_count++];
		label->name = arena_strdup(arena, name);
		if (json_as_string(value, &label->value, err) < 0)
			return -1;
	}
	return 0;
}

static int parse_volumes(
	struct backup *backup, struct json root, struct arena *arena, struct err *err)
{
	struct json list, item;
	if (json_get_array(root, "volumes", &list, err) < 0)
		return -1;
	backup->volumes = arena_alloc(arena, (json_count(list) + 1) * sizeof(*backup->volumes));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		struct backup_volume *volume = &backup->volumes[backup->volume_count++];
		if (json_get_string(item, "name", &volume->name, err) < 0 ||
			json_get_string(item, "key", &volume->key, err) < 0 ||
			json_get_string_or(
				item, "postgres_major", NULL, &volume->postgres_major, err) < 0 ||
			parse_labels(volume, item, arena, err) < 0 ||
			find_data(backup, item, BACKUP_VOLUMES, &volume->data, err) < 0)
			return -1;
		if (!is_volume_name(volume->name) ||
			(*volume->key && strlen(volume->key) > 1 && !is_volume_name(volume->key)))
			return json_fail(item, err, "\"%s\" is no volume's name", volume->name);
		if (!volume->data && !backup->has_hook)
			return json_fail(item, err, "there is no data of %s", volume->name);
	}
	return 0;
}

static int parse_directories(
	struct backup *backup, struct json root, struct arena *arena, struct err *err)
{
	struct json list, item;
	if (json_get_array(root, "directories", &list, err) < 0)
		return -1;
	backup->directories =
		arena_alloc(arena, (json_count(list) + 1) * sizeof(*backup->directories));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		struct backup_directory *directory =
			&backup->directories[backup->directory_count++];
		if (json_get_string(item, "path", &directory->path, err) < 0 ||
			find_data(backup, item, BACKUP_DIRECTORIES, &directory->data, err) < 0)
			return -1;
		if (!directory->data || !manifest_is_safe_path(directory->path) ||
			strpbrk(directory->path, ",\"\n"))
			return json_fail(item, err, "\"%s\" is no directory of an installation",
				directory->path);
	}
	return 0;
}

static int parse_omissions(
	struct backup *backup, struct json root, struct arena *arena, struct err *err)
{
	struct json list, item;
	if (json_get_array(root, "not_in", &list, err) < 0)
		return -1;
	backup->not_in = arena_alloc(arena, (json_count(list) + 1) * sizeof(*backup->not_in));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		struct backup_omission *omission = &backup->not_in[backup->not_in_count++];
		if (json_get_string(item, "kind", &omission->kind, err) < 0 ||
			json_get_string(item, "name", &omission->name, err) < 0 ||
			json_get_string(item, "service", &omission->service, err) < 0 ||
			json_get_string(item, "destination", &omission->destination, err) < 0)
			return -1;
	}
	return 0;
}

static int parse_text(struct backup *backup, struct json root, struct err *err)
{
	uint64_t format;
	if (json_get_u64(root, "hardtack_backup", &format, err) < 0)
		return -1;
	if (format != BACKUP_FORMAT) {
		json_fail(root, err, "format %llu, this program knows %d",
			(unsigned long long)format, BACKUP_FORMAT);
		return err_hint(err, "it was made by a newer version: use that one's program");
	}
	if (json_get_string(root, "name", &backup->name, err) < 0 ||
		json_get_string_or(root, "version", NULL, &backup->version, err) < 0 ||
		json_get_string(root, "project", &backup->project, err) < 0 ||
		json_get_string(root, "directory", &backup->directory, err) < 0 ||
		json_get_string(root, "created_at", &backup->created_at, err) < 0 ||
		json_get_string(root, "root", &backup->root, err) < 0 ||
		json_get_string(root, "builder", &backup->builder, err) < 0)
		return -1;
	return json_get_bool(root, "hook", &backup->has_hook, err);
}

int backup_main_parse(struct backup *backup, const char *bytes, size_t length, struct arena *arena,
	struct err *err)
{
	struct json root;
	if (json_parse(bytes, length, backup->path, BACKUP_MAIN_LIMIT, arena, &root, err) < 0 ||
		parse_text(backup, root, err) < 0 ||
		receipt_images_read(root, &backup->images, &backup->image_count, arena, err) < 0 ||
		parse_volumes(backup, root, arena, err) < 0 ||
		parse_directories(backup, root, arena, err) < 0 ||
		parse_omissions(backup, root, arena, err) < 0)
		return -1;
	backup->receipt = find(backup, BACKUP_RECEIPT);
	backup->hook_output = find(backup, BACKUP_HOOK);
	if (backup->has_hook == !backup->hook_output)
		return json_fail(root, err, "there is no entry %s", BACKUP_HOOK);
	return 0;
}
