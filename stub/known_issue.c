/* Searching texts for known issues. */
#include "known_issue.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "json.h"
#include "message.h"
#include "monotonic.h"
#include "text.h"

enum {
	PROJECT_JSON_LIMIT = 1 << 20,
	WORD_LINES = 50,        /* of one text among the other words */
	SEARCH_LIMIT_MS = 8000, /* a bundle's expression may be slow on hostile lines */
	GROUPS = 4,
};

/* A line to search, and where it stands. */
struct line {
	const char *text;
	const char *lower; /* for the needles */
	bool last_run;
};

struct search {
	struct arena *arena;
	const struct known_issue_texts *texts;
	struct line *lines;
	size_t count;
	uint64_t until_ms;
	struct known_issue_hit *hits;
	size_t hit_count;
};

/* ---- lines ---- */

static void add_line(struct search *search, const char *text, size_t length, bool last_run)
{
	char *copy = arena_strndup(search->arena, text, length);
	char *lower = arena_strndup(search->arena, text, length);
	for (char *at = lower; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	search->lines[search->count++] = (struct line){copy, lower, last_run};
}

/* Logs first, then the other words: the later line of one issue is its evidence. */
static void collect_lines(struct search *search)
{
	const struct known_issue_texts *texts = search->texts;
	size_t log_count = texts->lines ? texts->lines->count : 0;
	search->lines = arena_alloc(search->arena,
		(log_count + texts->word_count * WORD_LINES + 1) * sizeof(*search->lines));
	for (size_t i = 0; i < log_count; i++)
		add_line(search, texts->lines->items[i].text, strlen(texts->lines->items[i].text),
			texts->lines->items[i].last_run);
	for (size_t i = 0; i < texts->word_count; i++) {
		const char *at = texts->words[i] ? texts->words[i] : "";
		for (size_t n = 0; *at && n < WORD_LINES; n++) {
			AUTO_TEXT safe = TEXT_INIT;
			size_t length = strcspn(at, "\n");
			log_lines_add_safe(&safe, at, length, LOG_LINE_BYTES);
			if (safe.length)
				add_line(search, safe.bytes, safe.length, true);
			at += length + (at[length] == '\n');
		}
	}
}

/* ---- hits ---- */

static bool out_of_time(const struct search *search)
{
	return monotonic_ms() > search->until_ms;
}

/* The later line wins, but one of the last run beats all before it. NULL: nothing new. */
static struct known_issue_hit *add_hit(
	struct search *search, const char *id, unsigned rank, const struct line *line, size_t at)
{
	struct known_issue_hit *hit = NULL;
	for (size_t i = 0; i < search->hit_count && !hit; i++)
		if (search->hits[i].rank == rank)
			hit = &search->hits[i];
	size_t number = (size_t)(line - search->lines);
	if (hit && (hit->last_run > line->last_run ||
			   (hit->last_run == line->last_run && hit->line >= number)))
		return NULL;
	if (!hit)
		hit = &search->hits[search->hit_count++];
	*hit = (struct known_issue_hit){.id = id,
		.rank = rank,
		.evidence = line->text,
		.evidence_at = at,
		.line = number,
		.last_run = line->last_run};
	return hit;
}

static const char *caught(
	const struct search *search, const char *line, const regmatch_t *match, const char *cause)
{
	enum { LONGEST = 120 };
	if (match->rm_so < 0 || match->rm_eo <= match->rm_so ||
		match->rm_eo - match->rm_so > LONGEST)
		return T(cause);
	return arena_printf(search->arena, T("%s: %.*s"), T(cause),
		(int)(match->rm_eo - match->rm_so), line + match->rm_so);
}

static const struct known_issue *find_issue(const char *id, unsigned *rank)
{
	unsigned row = 0;
	while (known_issue_table[row].id && strcmp(known_issue_table[row].id, id) != 0)
		row++;
	BUG_ON(!known_issue_table[row].id); /* a pattern without its issue */
	*rank = KNOWN_ISSUE_PROJECT_LIMIT + row;
	return &known_issue_table[row];
}

static void try_pattern(struct search *search, const struct known_issue_pattern *pattern)
{
	unsigned rank;
	regex_t regex;
	bool compiled = false;
	const struct known_issue *issue = find_issue(pattern->issue, &rank);
	if (issue->http_status && issue->http_status != search->texts->http_status)
		return;
	for (size_t i = 0; i < search->count && !out_of_time(search); i++) {
		const struct line *line = &search->lines[i];
		regmatch_t match[GROUPS] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
		const char *needle = strstr(line->lower, pattern->needle);
		if (!needle)
			continue;
		if (pattern->expression && !compiled) {
			BUG_ON(regcomp(&regex, pattern->expression, REG_EXTENDED | REG_ICASE) != 0);
			compiled = true;
		}
		if (compiled && regexec(&regex, line->text, GROUPS, match, 0) != 0)
			continue;
		struct known_issue_hit *hit =
			add_hit(search, issue->id, rank, line, (size_t)(needle - line->lower));
		if (!hit)
			continue;
		hit->cause = pattern->group ? caught(search, line->text, &match[pattern->group],
						      issue->cause)
					    : T(issue->cause);
		hit->remedy = T(issue->remedy);
		hit->waits = issue->waits;
		hit->note = issue->note;
	}
	if (compiled)
		regfree(&regex);
}

/* ---- the bundle's own rules ---- */

static int pick_text(struct json rule, const char *name, const char **out, struct err *err)
{
	struct json value = json_member(rule, name);
	const char *en = NULL, *zh = NULL;
	if (json_is_string(value))
		return json_as_string(value, out, err);
	if (json_get_string_or(value, "en", NULL, &en, err) < 0 ||
		json_get_string_or(value, "zh", NULL, &zh, err) < 0)
		return -1;
	*out = message_language() == MESSAGE_ZH ? (zh ? zh : en) : (en ? en : zh);
	if (!*out)
		*out = "";
	return 0;
}

static int try_project_rule(struct search *search, struct json rule, unsigned rank, struct err *err)
{
	const char *service, *match, *cause, *remedy;
	regex_t regex;
	if (json_get_string_or(rule, "service", NULL, &service, err) < 0 ||
		json_get_string(rule, "match", &match, err) < 0 ||
		pick_text(rule, "cause", &cause, err) < 0 ||
		pick_text(rule, "remedy", &remedy, err) < 0)
		return -1;
	if (service && search->texts->service && strcmp(service, search->texts->service) != 0)
		return 0;
	/* What is no expression is a text: "f(x" is found as it stands. */
	bool is_expression = regcomp(&regex, match, REG_EXTENDED | REG_NEWLINE) == 0;
	for (size_t i = 0; i < search->count && !out_of_time(search); i++) {
		const struct line *line = &search->lines[i];
		const char *fixed = strstr(line->text, match);
		regmatch_t where = {0, 0};
		if (fixed)
			where.rm_so = fixed - line->text;
		else if (!is_expression || regexec(&regex, line->text, 1, &where, 0) != 0)
			continue;
		struct known_issue_hit *hit =
			add_hit(search, "project", rank, line, (size_t)where.rm_so);
		if (hit) {
			hit->cause = cause;
			hit->remedy = remedy;
		}
	}
	if (is_expression)
		regfree(&regex);
	return 0;
}

static int try_project_rules(struct search *search, struct err *err)
{
	const char *text = search->texts->project_json;
	struct json root, rule;
	unsigned rank = 0;
	if (!text)
		return 0;
	if (json_parse(text, strlen(text), "known_issues", PROJECT_JSON_LIMIT, search->arena, &root,
		    err) < 0) {
		err->code = CODE_INTEGRITY;
		return -1;
	}
	for (struct json_iterator it = json_items(root);
		json_next(&it, &rule) && rank < KNOWN_ISSUE_PROJECT_LIMIT; rank++)
		if (try_project_rule(search, rule, rank, err) < 0) {
			err->code = CODE_INTEGRITY;
			return -1;
		}
	return 0;
}

/* ---- order ---- */

static int by_decisiveness(const void *a, const void *b)
{
	const struct known_issue_hit *x = a, *y = b;
	if (x->note != y->note)
		return x->note ? 1 : -1;
	if (x->last_run != y->last_run)
		return x->last_run ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void add_details(struct search *search, struct known_issue_hit *hit)
{
	unsigned rank;
	size_t found = 0;
	regex_t regex;
	if (strcmp(hit->id, "project") == 0)
		return;
	const struct known_issue *issue = find_issue(hit->id, &rank);
	if (!issue->detail)
		return;
	BUG_ON(regcomp(&regex, issue->detail, REG_EXTENDED) != 0);
	for (size_t i = search->count; i > 0 && found < KNOWN_ISSUE_MORE; i--) {
		const struct line *line = &search->lines[i - 1];
		if (line->last_run == hit->last_run && line->text != hit->evidence &&
			!out_of_time(search) && regexec(&regex, line->text, 0, NULL, 0) == 0)
			hit->more[found++] = line->text;
	}
	regfree(&regex);
	if (found == 2) { /* in the log's order */
		const char *later = hit->more[0];
		hit->more[0] = hit->more[1];
		hit->more[1] = later;
	}
}

int known_issue_search(const struct known_issue_texts *texts, struct arena *arena,
	struct known_issue_hit *hits, size_t *count, struct err *err)
{
	size_t table = 0;
	struct search search = {
		.arena = arena, .texts = texts, .until_ms = monotonic_ms() + SEARCH_LIMIT_MS};
	while (known_issue_table[table].id)
		table++;
	search.hits =
		arena_alloc(arena, (table + KNOWN_ISSUE_PROJECT_LIMIT) * sizeof(*search.hits));
	*count = 0;
	collect_lines(&search);
	if (try_project_rules(&search, err) < 0)
		return -1;
	for (size_t i = 0; known_issue_patterns[i].issue; i++)
		try_pattern(&search, &known_issue_patterns[i]);
	qsort(search.hits, search.hit_count, sizeof(*search.hits), by_decisiveness);
	for (size_t i = 0; i < search.hit_count && *count < KNOWN_ISSUE_HITS; i++) {
		bool seen = false;
		for (size_t j = 0; j < *count; j++)
			seen = seen || strcmp(hits[j].evidence, search.hits[i].evidence) == 0;
		if (seen)
			continue;
		hits[*count] = search.hits[i];
		add_details(&search, &hits[*count]);
		++*count;
	}
	return 0;
}
