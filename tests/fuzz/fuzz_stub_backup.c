/* A backup file: the whole of it, and (first byte 0) what backup.json says of itself. */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "backup_archive.h"
#include "file_io.h"

static void whole(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct backup backup = BACKUP_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_FD fd = file_nameless(&err);
	FUZZ_PROMISE(fd >= 0 && file_write(fd, "fuzz", data, size, &err) == 0);
	if (backup_check(&backup, fd, "fuzz", arena, NULL, &err) < 0) {
		FUZZ_PROMISE((err.code == CODE_INPUT || err.code == CODE_INTEGRITY) && err.text[0]);
		return;
	}
	for (size_t i = 0; i < backup.entry_count; i++)
		FUZZ_PROMISE(backup.entries[i].data_offset + backup.entries[i].size_bytes <= size);
}

static void said(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct backup_entry entries[] = {{.path = BACKUP_MAIN}, {.path = BACKUP_VOLUMES "v1.tar"},
		{.path = BACKUP_DIRECTORIES "1.tar"}, {.path = BACKUP_HOOK}};
	struct backup backup = {
		.fd = -1, .path = "fuzz", .entries = entries, .entry_count = ARRAY_SIZE(entries)};
	if (backup_main_parse(&backup, (const char *)data, size, arena, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return;
	}
	for (size_t i = 0; i < backup.volume_count; i++)
		FUZZ_PROMISE(
			backup.volumes[i].name[0] != '-' && !strchr(backup.volumes[i].name, '/'));
	for (size_t i = 0; i < backup.directory_count; i++)
		FUZZ_PROMISE(manifest_is_safe_path(backup.directories[i].path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 0)
		said(data + 1, size - 1);
	else
		whole(data, size);
	return 0;
}
