/* The message tables of the rooms and the current language. */
#include "message.h"

#include <stddef.h>
#include <string.h>

#include "err.h"

enum { MAX_TABLES = 8 };

static const struct message_row *tables[MAX_TABLES];
static int table_count;
static enum message_language current = MESSAGE_EN;

void message_register(const struct message_row *rows)
{
	BUG_ON(table_count == MAX_TABLES);
	tables[table_count++] = rows;
}

void message_set_language(enum message_language language)
{
	current = language;
}

enum message_language message_language(void)
{
	return current;
}

int message_language_parse(const char *name, enum message_language *out)
{
	if (!name)
		return -1;
	if (strncmp(name, "zh", 2) == 0) {
		*out = MESSAGE_ZH;
		return 0;
	}
	if (strncmp(name, "en", 2) == 0) {
		*out = MESSAGE_EN;
		return 0;
	}
	return -1;
}

/* A few hundred rows and a few dozen look-ups a run: a linear search is fast enough. */
const char *message_translate(const char *english)
{
	if (current == MESSAGE_EN)
		return english;
	for (int t = 0; t < table_count; t++)
		for (const struct message_row *row = tables[t]; row->en; row++)
			if (strcmp(row->en, english) == 0)
				return row->zh;
	return english;
}
