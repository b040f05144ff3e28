/*
 * Bad inputs as small texts, a file each, in tests/reject/<parser>/<reason>: what to change in a
 * good input (stub_fixture.h), and what the refusal must say.
 *
 *     says TEXT                                part of the error
 *     base NAME                                which good input, where there are several
 *     header word OFFSET = VALUE               little-endian
 *     command KIND INDEX word OFFSET = VALUE   in the INDEXth load command of a kind
 *     signature word OFFSET = VALUE            big-endian, from the signature's start
 *     signature byte OFFSET = VALUE
 *     cut LENGTH                               the input's new length
 *
 * Values are hexadecimal; changes are made in their order.
 */
#pragma once

#include <dirent.h>

#include "check.h"
#include "stub_fixture.h"

enum { CORPUS_MOST_CHANGES = 8 };

struct corpus_case {
	char name[300], says[300], base[32];
	char changes[CORPUS_MOST_CHANGES][100];
	int count;
	size_t cut;
};

static inline int corpus_change(const char *line, unsigned char *bytes, size_t signature_at)
{
	unsigned kind, at, value;
	int index;
	if (sscanf(line, "header word %i = %x", (int *)&at, &value) == 2)
		store_le32(bytes + at, value);
	else if (sscanf(line, "command %i %d word %i = %x", (int *)&kind, &index, (int *)&at,
			 &value) == 4)
		store_le32(fixture_find_command(bytes, kind, index) + at, value);
	else if (sscanf(line, "signature word %i = %x", (int *)&at, &value) == 2)
		store_be32(bytes + signature_at + at, value);
	else if (sscanf(line, "signature byte %i = %x", (int *)&at, &value) == 2)
		bytes[signature_at + at] = (unsigned char)value;
	else
		return -1;
	return 0;
}

static inline void corpus_apply(
	const struct corpus_case *item, unsigned char *bytes, size_t signature_at)
{
	for (int i = 0; i < item->count; i++)
		if (corpus_change(item->changes[i], bytes, signature_at) < 0)
			check_report(item->name, i, "cannot read \"%s\"", item->changes[i]);
}

static inline void corpus_read(struct corpus_case *item, const char *folder, const char *name)
{
	char path[1200], line[300];
	memset(item, 0, sizeof(*item));
	snprintf(item->name, sizeof(item->name), "%s", name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "says ", 5) == 0)
			snprintf(item->says, sizeof(item->says), "%s", line + 5);
		else if (strncmp(line, "base ", 5) == 0)
			snprintf(item->base, sizeof(item->base), "%.31s", line + 5);
		else if (sscanf(line, "cut %zu", &item->cut) != 1 &&
			 item->count < CORPUS_MOST_CHANGES)
			snprintf(item->changes[item->count++], sizeof(item->changes[0]), "%.99s",
				line);
	}
	if (file)
		fclose(file);
	if (!item->says[0])
		check_report(path, 1, "does not say what the refusal says");
}

/* Calls test with each file of the folder; how many there were. A fault names the file. */
static inline int corpus_each(const char *folder, void (*test)(const struct corpus_case *item))
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), cases = 0;
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.') {
			struct corpus_case item;
			corpus_read(&item, folder, names[i]->d_name);
			int before = check_failures();
			test(&item);
			if (check_failures() != before)
				check_report(folder, 0, "^ %s", item.name);
			cases++;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return cases;
}
