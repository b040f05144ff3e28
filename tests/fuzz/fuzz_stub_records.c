/* What an installation wrote about itself, after somebody else had it: receipt (the first byte is
 * even) and journal (odd). What is accepted is written and read back as the same. */
#include "fuzz_folder.h"

#include <string.h>
#include <unistd.h>

#include "journal.h"
#include "receipt.h"

static void try_receipt(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct receipt *receipt, *again;
	receipt_remove(fuzz_folder()); /* and its copy */
	fuzz_folder_put("receipt.json", data, size);
	if (receipt_read(fuzz_folder(), arena, &receipt, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && strstr(err.text, "receipt.json"));
		return;
	}
	FUZZ_PROMISE(receipt && receipt->project && receipt->compose && receipt->root);
	receipt->directory = fuzz_folder();
	receipt->engine = receipt->engine ? receipt->engine : "";
	receipt->engine_version = receipt->engine_version ? receipt->engine_version : "";
	FUZZ_PROMISE(receipt_write(receipt, &err) == 0);
	FUZZ_PROMISE(receipt_read(fuzz_folder(), arena, &again, &err) == 0 && again);
	FUZZ_PROMISE(strcmp(again->project, receipt->project) == 0 &&
		     again->image_count == receipt->image_count &&
		     again->file_count == receipt->file_count);
	for (size_t i = 0; i < again->file_count; i++)
		FUZZ_PROMISE(sha256_equal(&again->files[i].sha256, &receipt->files[i].sha256) &&
			     strcmp(again->files[i].path, receipt->files[i].path) == 0);
}

static void try_journal(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct journal journal, next;
	struct place place = {.directory = fuzz_folder(), .lock_fd = -1};
	fuzz_folder_put("journal.jsonl", data, size);
	if (journal_open(&journal, &place, "install", arena, &err) < 0) {
		FUZZ_PROMISE(err.code && err.text[0]);
		return;
	}
	FUZZ_PROMISE(!journal.unfinished_step == !journal.unfinished_verb);
	FUZZ_PROMISE(journal_begin(&journal, "load", &err) == 0);
	close(journal.fd); /* killed */
	FUZZ_PROMISE(journal_open(&next, &place, "install", arena, &err) == 0);
	FUZZ_PROMISE(next.unfinished_step && strcmp(next.unfinished_step, "load") == 0);
	journal_close(&next, 0, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0)
		(data[0] % 2 ? try_journal : try_receipt)(data + 1, size - 1);
	return 0;
}
