/* Findings: collecting, ordering and writing them. */
#include "finding.h"

#include <string.h>

#include "message.h"

void finding_list_init(struct finding_list *list, struct arena *arena)
{
	*list = (struct finding_list){.arena = arena};
}

struct finding *finding_add(struct finding_list *list, enum finding_severity severity,
	const char *rule, const char *file, unsigned line, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	const char *text = arena_vprintf(list->arena, T(format), ap);
	va_end(ap);
	struct finding *finding = ARENA_PUSH(list->arena, list->items, list->count, list->capacity);
	*finding = (struct finding){severity, rule, file ? file : "", line, text, ""};
	return finding;
}

void finding_remedy(struct finding_list *list, struct finding *finding, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	finding->remedy = arena_vprintf(list->arena, T(format), ap);
	va_end(ap);
}

size_t finding_count(const struct finding_list *list, enum finding_severity severity)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].severity == severity;
	return count;
}

static int compare(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = strcmp(x->file, y->file);
	if (order == 0 && x->line != y->line)
		order = x->line < y->line ? -1 : 1;
	if (order == 0)
		order = strcmp(x->rule, y->rule);
	return order ? order : strcmp(x->text, y->text);
}

void finding_list_sort(struct finding_list *list)
{
	if (list->count < 2)
		return;
	qsort(list->items, list->count, sizeof(*list->items), compare);
	size_t kept = 1;
	for (size_t i = 1; i < list->count; i++)
		if (compare(&list->items[kept - 1], &list->items[i]) != 0)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* Each line of the remedy stands below the finding, indented. */
static void add_remedy(struct text *out, const char *remedy)
{
	for (const char *at = remedy; *at;) {
		size_t n = strcspn(at, "\n");
		text_add(out, "    ");
		text_add_printable(out, at, n);
		text_add(out, "\n");
		at += n + (at[n] == '\n');
	}
}

static void add_place(struct text *out, const struct finding *finding)
{
	if (!*finding->file)
		return;
	text_add_printable(out, finding->file, strlen(finding->file));
	if (finding->line)
		text_addf(out, ":%u", finding->line);
	text_add(out, ": ");
}

void finding_add_text(struct text *out, const struct finding *finding)
{
	add_place(out, finding);
	text_addf(out, "%s: ", finding->severity == FINDING_ERROR ? T("error") : T("warning"));
	text_add_printable(out, finding->text, strlen(finding->text));
	text_addf(out, " [%s]\n", finding->rule);
	add_remedy(out, finding->remedy);
}

void finding_add_json(struct text *out, const struct finding *finding)
{
	text_addf(out, "{\"schema\":1,\"event\":\"finding\",\"severity\":\"%s\",\"rule\":",
		finding->severity == FINDING_ERROR ? "error" : "warning");
	text_add_json(out, finding->rule);
	text_add(out, ",\"file\":");
	text_add_json(out, finding->file);
	text_addf(out, ",\"line\":%u,\"text\":", finding->line);
	text_add_json(out, finding->text);
	text_add(out, ",\"remedy\":");
	text_add_json(out, finding->remedy);
	text_add(out, "}\n");
}

int finding_list_fail(const struct finding_list *list, struct err *err)
{
	size_t errors = finding_count(list, FINDING_ERROR), shown = 0;
	const struct finding *first = NULL;
	AUTO_TEXT out = TEXT_INIT;
	if (errors == 0)
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->items[i];
		AUTO_TEXT one = TEXT_INIT;
		if (finding->severity != FINDING_ERROR)
			continue;
		first = first ? first : finding;
		text_add(&one, out.length ? "\n" : "");
		add_place(&one, finding);
		text_addf(&one, "%s [%s]", finding->text, finding->rule);
		if (shown > 0 && *finding->remedy) {
			text_add(&one, "\n");
			add_remedy(&one, finding->remedy);
			text_cut(&one, one.length - 1);
		}
		if (out.length + one.length > sizeof(err->text) - 100)
			break;
		text_add_bytes(&out, one.bytes, one.length);
		shown++;
	}
	BUG_ON(!first);
	if (shown == 0)
		text_addf(&out, "%.*s", (int)sizeof(err->text) - 200, first->text);
	if (shown < errors) {
		text_add(&out, "\n");
		text_addf(&out, T("and %zu more; hardtack lint shows all of them"), errors - shown);
	}
	err_set(err, CODE_INPUT, "%s", out.bytes);
	return err_hint(err, "%s", first->remedy);
}
