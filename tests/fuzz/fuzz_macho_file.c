/* Mach-O headers: every part of what is accepted lies in the file. */
#include "fuzz.h"

#include "macho_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct macho_file macho;
	if (macho_file_parse(&macho, data, size, "fuzz", &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	FUZZ_PROMISE(macho.commands_end <= size && macho.command_count <= MACHO_MAX_COMMANDS);
	for (size_t i = 0; i < macho.command_count; i++)
		FUZZ_PROMISE((uint64_t)macho.commands[i].at + macho.commands[i].size <=
			macho.commands_end);
	FUZZ_PROMISE(macho_file_linkedit(&macho) != NULL);
	return 0;
}
