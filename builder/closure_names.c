/* Names that are one name on a Mac. */
#include "closure_names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "cleanup.h"

static int compare(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

int closure_names_check(const struct closure *closure, struct err *err)
{
	AUTO_FREE const char **names = xmalloc((closure->count + 1) * sizeof(*names));
	for (size_t i = 0; i < closure->count; i++)
		names[i] = closure->entries[i].packed;
	qsort(names, closure->count, sizeof(*names), compare);
	for (size_t i = 1; i < closure->count; i++) {
		if (strcasecmp(names[i - 1], names[i]) != 0)
			continue;
		const char *const *pair = &names[i - 1];
		bool turned =
			strcmp(pair[0], pair[1]) > 0; /* the same words, however they were sorted */
		err_set(err, CODE_INPUT,
			"%s and %s are one file on a Mac, which does not tell upper from lower "
			"case",
			pair[turned], pair[!turned]);
		return err_hint(
			err, "rename one of them, or build for Linux only: --target linux-amd64");
	}
	return 0;
}
