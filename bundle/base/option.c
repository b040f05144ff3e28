/* Parsing the command line by tables. */
#include "option.h"

#include <string.h>

#include "message.h"
#include "ui_width.h"
#include "number.h"

enum { MAX_NEAREST_LENGTH = 48 };

/* ---- the nearest name ---- */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Levenshtein distance; names are short. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[MAX_NEAREST_LENGTH + 1], length = strlen(b);
	if (length > MAX_NEAREST_LENGTH || strlen(a) > MAX_NEAREST_LENGTH)
		return MAX_NEAREST_LENGTH;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];
			row[j] = smallest(
				above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *option_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = 0;
	for (; *names; names++) {
		size_t distance = edit_distance(word, *names);
		/* "verfy" and "inst" are near; two letters that share one are not. */
		if (strlen(word) >= 3 && text_starts_with(*names, word))
			distance = 1;
		if (distance > strlen(word) / 3 + 1 || distance >= strlen(*names))
			continue;
		if (!best || distance < best_distance) {
			best = *names;
			best_distance = distance;
		}
	}
	return best;
}

/* ---- looking rows up ---- */

static const struct option_row *find_in(
	const struct option_row *rows, const char *name, size_t length, char letter)
{
	for (; rows && rows->name; rows++)
		if (name ? strlen(rows->name) == length && memcmp(rows->name, name, length) == 0
			 : rows->letter && rows->letter == letter)
			return rows;
	return NULL;
}

/* A row by name (or, name NULL, by letter): of the verb, else common, else (verb NULL or not
 * having it) of any verb; *owner says whose. */
static const struct option_row *find(const struct option_program *program,
	const struct option_verb *verb, const char *name, size_t length, char letter,
	const struct option_verb **owner)
{
	const struct option_row *row = find_in(program->common, name, length, letter);
	*owner = verb;
	if (!row && verb)
		row = find_in(verb->rows, name, length, letter);
	for (const struct option_verb *v = program->verbs; !row && v->name; v++) {
		row = find_in(v->rows, name, length, letter);
		*owner = v;
	}
	return row;
}

static const struct option_verb *find_verb(const struct option_program *program, const char *name)
{
	for (const struct option_verb *verb = program->verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

struct names {
	const char *items[128];
	size_t count;
};

static void add_names(struct names *names, const struct option_row *rows)
{
	for (; rows && rows->name; rows++)
		if (names->count + 1 < ARRAY_SIZE(names->items))
			names->items[names->count++] = rows->name;
}

/* verb NULL: not known yet, so the options of all are candidates. */
static int unknown_option(const struct option_program *program, const struct option_verb *verb,
	const char *given, struct err *err)
{
	struct names names = {0};
	add_names(&names, program->common);
	for (const struct option_verb *v = program->verbs; v->name; v++)
		if (!verb || v == verb)
			add_names(&names, v->rows);
	err_set(err, CODE_USAGE, "unknown option: %s", given);
	char word[MAX_NEAREST_LENGTH + 1] = "";
	const char *bare = given + strspn(given, "-");
	size_t length = strcspn(bare, "=");
	if (length < sizeof(word))
		memcpy(word, bare, length);
	const char *near = option_nearest(word, names.items);
	if (near)
		return err_hint(err, "did you mean --%s?", near);
	return err_hint(err, "`%s --help` lists the options", program->name);
}

static int unknown_verb(const struct option_program *program, const char *given, struct err *err)
{
	const char *names[64];
	size_t count = 0;
	for (const struct option_verb *verb = program->verbs; verb->name; verb++)
		if (count + 1 < ARRAY_SIZE(names))
			names[count++] = verb->name;
	names[count] = NULL;
	err_set(err, CODE_USAGE, "unknown command: %s", given);
	const char *near = option_nearest(given, names);
	if (near)
		return err_hint(err, "did you mean `%s`?", near);
	return err_hint(err, "`%s --help` lists the commands", program->name);
}

/* ---- values ---- */

static int choose(const char *choices, const char *value)
{
	int number = 1;
	for (const char *at = choices; *at; number++) {
		size_t length = strcspn(at, "|");
		if (strlen(value) == length && memcmp(at, value, length) == 0)
			return number;
		at += length + (at[length] == '|');
	}
	return 0;
}

static int store(const struct option_row *row, const char *value, void *values, struct arena *arena,
	struct err *err)
{
	char *slot = (char *)values + row->offset;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)slot = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)slot = value;
		return 0;
	case OPTION_LIST: {
		struct option_list *list = (struct option_list *)slot;
		*ARENA_PUSH(arena, list->items, list->count, list->capacity) = value;
		return 0;
	}
	case OPTION_NUMBER:
	case OPTION_COUNT:
		if (!number_parse_u64(value, (uint64_t *)slot) ||
			(row->kind == OPTION_COUNT && *(uint64_t *)slot == 0))
			return err_set(err, CODE_USAGE, "--%s wants a number, not \"%s\"",
				row->name, value);
		return 0;
	case OPTION_CHOICE:
		*(int *)slot = choose(row->choices, value);
		if (!*(int *)slot)
			return err_set(err, CODE_USAGE, "--%s is one of %s, not \"%s\"", row->name,
				row->choices, value);
		return 0;
	}
	return 0;
}

/* ---- walking argv ---- */

struct walk {
	const struct option_program *program;
	const struct option_verb *verb; /* NULL in the first pass */
	int argc;
	char *const *argv;
	int at;
	void *values; /* NULL: only look */
	struct arena *arena;
	bool help;
};

static int take(struct walk *walk, const struct option_row *row, const struct option_verb *owner,
	const char *given, const char *attached, struct err *err)
{
	const char *value = attached;
	if (row->kind == OPTION_FLAG && attached)
		return err_set(err, CODE_USAGE, "--%s takes no value", row->name);
	if (row->kind != OPTION_FLAG && !value) {
		if (walk->at + 1 >= walk->argc) {
			err_set(err, CODE_USAGE, "%s wants a value: %s", given, row->argument);
			return -1;
		}
		value = walk->argv[++walk->at];
	}
	if (!walk->values)
		return 0;
	if (owner != walk->verb)
		return err_set(err, CODE_USAGE, "%s is an option of `%s`, not of `%s`", given,
			owner->name, walk->verb->name);
	return store(row, value, walk->values, walk->arena, err);
}

static int take_long(struct walk *walk, const char *given, struct err *err)
{
	const struct option_verb *owner;
	const char *name = given + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	if (strcmp(name, "help") == 0) {
		walk->help = true;
		return 0;
	}
	const struct option_row *row = find(walk->program, walk->verb, name, length, 0, &owner);
	if (!row)
		return unknown_option(walk->program, walk->verb, given, err);
	return take(walk, row, owner, given, equals ? equals + 1 : NULL, err);
}

static int take_letters(struct walk *walk, const char *given, struct err *err)
{
	for (const char *letter = given + 1; *letter; letter++) {
		const struct option_verb *owner;
		const struct option_row *row =
			find(walk->program, walk->verb, NULL, 0, *letter, &owner);
		if (!row && *letter == 'h') {
			walk->help = true;
			continue;
		}
		if (!row)
			return unknown_option(walk->program, walk->verb, given, err);
		bool flag = row->kind == OPTION_FLAG;
		if (take(walk, row, owner, given, !flag && letter[1] ? letter + 1 : NULL, err) < 0)
			return -1;
		if (!flag)
			break;
	}
	return 0;
}

/* The next argument that is no option, NULL at the end. -1 on a mistake. */
static int next_argument(struct walk *walk, bool *only_arguments, char **argument, struct err *err)
{
	*argument = NULL;
	for (; walk->at < walk->argc; walk->at++) {
		char *given = walk->argv[walk->at];
		if (*only_arguments || given[0] != '-' || given[1] == '\0') {
			*argument = given;
			walk->at++;
			return 0;
		}
		if (strcmp(given, "--") == 0)
			*only_arguments = true;
		else if ((given[1] == '-' ? take_long : take_letters)(walk, given, err) < 0)
			return -1;
	}
	return 0;
}

/* First pass: which verb? Options are only stepped over, for they may stand before it. */
static int choose_verb(struct walk *walk, struct option_result *result, struct err *err)
{
	bool only_arguments = false;
	char *first;
	if (next_argument(walk, &only_arguments, &first, err) < 0)
		return -1;
	if (first && !only_arguments && strcmp(first, "help") == 0) {
		walk->help = true;
		if (next_argument(walk, &only_arguments, &first, err) < 0)
			return -1;
	}
	result->verb_given = first != NULL;
	if (first) {
		result->verb = find_verb(walk->program, first);
		return result->verb ? 0 : unknown_verb(walk->program, first, err);
	}
	result->help = walk->help || !walk->program->standard;
	result->verb = result->help ? NULL : walk->program->standard;
	return 0;
}

static int check_count(
	const struct option_verb *verb, const struct option_result *result, struct err *err)
{
	if (result->argument_count < verb->min_arguments)
		return err_set(err, CODE_USAGE, "`%s` wants: %s", verb->name, verb->arguments);
	if (verb->max_arguments >= 0 && result->argument_count > verb->max_arguments)
		return err_set(err, CODE_USAGE, "`%s`: one argument too many: %s", verb->name,
			result->arguments[verb->max_arguments]);
	return 0;
}

/* `--version` is what everybody tries: the verb. */
static char *const *without_dashes(int argc, char *const *argv, struct arena *arena)
{
	static char verb[] = "version";
	if (argc < 2 || strcmp(argv[1], "--version") != 0)
		return argv;
	char **copy = arena_alloc(arena, ((size_t)argc + 1) * sizeof(*copy));
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	copy[1] = verb;
	copy[argc] = NULL;
	return copy;
}

int option_parse(const struct option_program *program, int argc, char *const *argv, void *values,
	struct arena *arena, struct option_result *result, struct err *err)
{
	argv = find_verb(program, "version") ? without_dashes(argc, argv, arena) : argv;
	struct walk walk = {
		.program = program, .argc = argc, .argv = argv, .at = 1, .arena = arena};
	*result = (struct option_result){0};
	if (choose_verb(&walk, result, err) < 0)
		return -1;
	if (!result->verb)
		return 0;
	size_t capacity = (size_t)argc + 1;
	result->arguments = arena_alloc(arena, capacity * sizeof(*result->arguments));
	walk.verb = result->verb;
	walk.values = values;
	walk.at = 1;
	bool only_arguments = false, skip_help = walk.help, skip_verb = result->verb_given;
	for (;;) {
		char *argument;
		if (next_argument(&walk, &only_arguments, &argument, err) < 0)
			return -1;
		if (!argument)
			break;
		if (skip_help && !only_arguments && strcmp(argument, "help") == 0) {
			skip_help = false;
			continue;
		}
		if (skip_verb) {
			skip_verb = false;
			continue;
		}
		result->arguments[result->argument_count++] = argument;
	}
	result->help = walk.help;
	return result->help ? 0 : check_count(result->verb, result, err);
}

/* ---- help ---- */

/* Two columns; what is too wide for the first gets a line of its own. */
static void add_two_columns(struct text *out, const char *left, const char *right)
{
	enum { LEFT_COLUMNS = 30 };
	size_t width = ui_width(left);
	if (width > LEFT_COLUMNS) {
		text_addf(out, "  %s\n", left);
		left = "";
		width = 0;
	}
	text_addf(out, "  %s%*s %s\n", left, (int)(LEFT_COLUMNS - width), "", right);
}

static void add_rows(const struct option_row *rows, struct text *out)
{
	for (; rows && rows->name; rows++) {
		AUTO_TEXT left = TEXT_INIT;
		if (!rows->help)
			continue;
		if (rows->letter)
			text_addf(&left, "-%c, ", rows->letter);
		else
			text_add(&left, "    ");
		text_addf(&left, "--%s%s%s", rows->name, rows->argument ? " " : "",
			rows->argument ? rows->argument : "");
		add_two_columns(out, left.bytes, message_translate(rows->help));
	}
}

static void add_verbs(const struct option_program *program, struct text *out)
{
	text_addf(out, "\n%s\n", T("Commands:"));
	for (const struct option_verb *verb = program->verbs; verb->name; verb++) {
		AUTO_TEXT left = TEXT_INIT;
		if (!verb->help)
			continue;
		text_addf(&left, "%s%s%s", verb->name, verb->arguments ? " " : "",
			verb->arguments ? verb->arguments : "");
		AUTO_TEXT right = TEXT_INIT;
		text_addf(&right, "%s%s", message_translate(verb->help),
			verb == program->standard ? T(" (when none is given)") : "");
		add_two_columns(out, left.bytes, right.bytes);
	}
}

void option_help(
	const struct option_program *program, const struct option_verb *verb, struct text *out)
{
	if (program->title && !verb)
		text_addf(out, "%s\n\n", message_translate(program->title));
	if (verb) {
		text_addf(out, T("Usage: %s %s [options]%s%s\n"), program->name, verb->name,
			verb->arguments ? " " : "", verb->arguments ? verb->arguments : "");
		if (verb->help)
			text_addf(out, "\n%s\n", message_translate(verb->help));
	} else {
		text_addf(out, T("Usage: %s [command] [options]\n"), program->name);
		add_verbs(program, out);
		verb = program->standard;
	}
	if (verb && verb->rows && verb->rows->name) {
		text_addf(out, T("\nOptions of `%s`:\n"), verb->name);
		add_rows(verb->rows, out);
	}
	text_addf(out, "\n%s\n", T("Options of all commands:"));
	add_rows(program->common, out);
	add_two_columns(out, "-h, --help", T("this help"));
}
