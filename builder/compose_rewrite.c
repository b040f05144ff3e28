/* Edits compose files at the bytes of their scalars. */
#include "compose_rewrite.h"

#include <string.h>

#include "compose_rewrite_check.h"
#include "text.h"
#include "yaml_document.h"

struct edit {
	size_t begin, end;
	const char *text;
	size_t order; /* of adding */
};

/* The edits of one file. */
struct editor {
	struct arena *arena;
	const struct compose_file *file;
	struct edit *edits;
	size_t count, capacity;
};

static void add_edit(struct editor *editor, size_t begin, size_t end, const char *text)
{
	size_t order = editor->count;
	*ARENA_PUSH(editor->arena, editor->edits, editor->count, editor->capacity) =
		(struct edit){begin, end, text, order};
}

/* Where the line that holds this byte ends, before its line break. */
static size_t line_end(const struct compose_file *file, size_t at)
{
	while (at < file->length && file->bytes[at] != '\n' && file->bytes[at] != '\r')
		at++;
	return at;
}

static size_t line_begin(const struct compose_file *file, size_t at)
{
	while (at > 0 && file->bytes[at - 1] != '\n' && file->bytes[at - 1] != '\r')
		at--;
	return at;
}

/* The file's own line break. */
static const char *line_break(const struct compose_file *file)
{
	size_t end = line_end(file, 0);
	return end + 1 < file->length && memcmp(file->bytes + end, "\r\n", 2) == 0 ? "\r\n" : "\n";
}

/* Line break and spaces that bring a new key under the given one. */
static const char *next_line(struct editor *editor, const struct yaml_node *key)
{
	return arena_printf(
		editor->arena, "%s%*s", line_break(editor->file), (int)(key->column - 1), "");
}

static const char *quoted(struct editor *editor, const struct yaml_node *mapping, const char *text)
{
	return mapping->flow ? arena_printf(editor->arena, "\"%s\"", text) : text;
}

static bool is_plain_text(const struct yaml_node *value, const char *text)
{
	return value->kind == YAML_SCALAR && !value->tag && strcmp(value->text, text) == 0;
}

/* Puts a text in the place of a value; an anchor on it stays. */
static void replace_value(struct editor *editor, const struct yaml_node *mapping,
	const struct yaml_node *value, const char *text)
{
	if (is_plain_text(value, text))
		return;
	const char *anchor = value->kind != YAML_ALIAS && value->anchor
				     ? arena_printf(editor->arena, "&%s ", value->anchor)
				     : "";
	/* An empty value stands directly behind the colon. */
	const char *space = value->begin == value->end ? " " : "";
	add_edit(editor, value->begin, value->end,
		arena_printf(
			editor->arena, "%s%s%s", space, anchor, quoted(editor, mapping, text)));
}

/* Is there nothing but spaces before the key on its line? "? key" and the like are not. */
static bool stands_alone(const struct compose_file *file, const struct yaml_node *key)
{
	for (size_t at = line_begin(file, key->begin); at < key->begin; at++)
		if (file->bytes[at] != ' ' && (unsigned char)file->bytes[at] < 0x80)
			return false;
	return true;
}

static size_t behind_brace(const struct compose_file *file, const struct yaml_node *mapping)
{
	const char *brace =
		memchr(file->bytes + mapping->begin, '{', mapping->end - mapping->begin);
	return brace ? (size_t)(brace - file->bytes) + 1 : mapping->begin;
}

/* The service has no image of its own: new keys before its first one. */
static int insert_keys(struct editor *editor, const struct yaml_node *mapping, const char *image,
	bool with_policy, struct err *err)
{
	const struct compose_file *file = editor->file;
	const char *policy = with_policy ? "pull_policy: never" : "";
	if (mapping->flow) {
		add_edit(editor, behind_brace(file, mapping), behind_brace(file, mapping),
			arena_printf(editor->arena, "image: \"%s\"%s%s%s", image,
				with_policy ? ", " : "", policy, mapping->count ? ", " : ""));
		return 0;
	}
	const struct yaml_node *key = mapping->pairs[0].key;
	if (!stands_alone(file, key)) {
		err_set(err, CODE_INPUT,
			"%s:%u: the image of the service \"%s\" cannot be edited where it stands",
			file->path, key->line, key->text);
		return err_hint(err, "write the service's image: on a line of its own");
	}
	const char *next = next_line(editor, key);
	add_edit(editor, key->begin, key->begin,
		arena_printf(editor->arena, "image: %s%s%s%s", image, next, policy,
			with_policy ? next : ""));
	return 0;
}

/* pull_policy goes right behind the image. */
static void insert_policy(
	struct editor *editor, const struct yaml_node *mapping, const struct yaml_pair *image)
{
	if (mapping->flow) {
		add_edit(editor, image->value->end, image->value->end, ", pull_policy: never");
		return;
	}
	size_t at = line_end(editor->file, image->value->end);
	add_edit(editor, at, at,
		arena_printf(editor->arena, "%spull_policy: never", next_line(editor, image->key)));
}

static int edit_service(struct editor *editor, const struct yaml_node *definition,
	const char *image, struct err *err)
{
	if (definition->kind == YAML_ALIAS) {
		add_edit(editor, definition->begin, definition->end,
			arena_printf(editor->arena, "{<<: *%s, image: \"%s\", pull_policy: never}",
				definition->target->anchor, image));
		return 0;
	}
	if (definition->kind != YAML_MAPPING || (definition->count == 0 && !definition->flow))
		return err_set(err, CODE_INPUT, "%s:%u: the service is empty", editor->file->path,
			definition->line);
	const struct yaml_pair *own = yaml_node_pair(definition, "image");
	const struct yaml_pair *policy = yaml_node_pair(definition, "pull_policy");
	if (policy)
		replace_value(editor, definition, policy->value, "never");
	if (!own)
		return insert_keys(editor, definition, image, !policy, err);
	replace_value(editor, definition, own->value, image);
	if (!policy)
		insert_policy(editor, definition, own);
	return 0;
}

/* A top-level "name: x" on a line of its own becomes a comment. */
static void comment_name(struct editor *editor)
{
	const struct yaml_node *root = editor->file->document->root;
	const struct yaml_pair *pair = root->flow ? NULL : yaml_node_pair(root, "name");
	if (!pair || pair->value->kind != YAML_SCALAR || pair->value->anchor ||
		pair->value->line != pair->key->line ||
		line_end(editor->file, pair->key->begin) < pair->value->end ||
		!stands_alone(editor->file, pair->key))
		return;
	add_edit(editor, pair->key->begin, pair->key->begin, "# ");
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int apply(struct editor *editor, struct compose_rewritten *out, struct err *err)
{
	const struct compose_file *file = editor->file;
	*out = (struct compose_rewritten){file, file->bytes, file->length};
	if (editor->count == 0)
		return 0;
	qsort(editor->edits, editor->count, sizeof(*editor->edits), compare_edits);
	AUTO_TEXT text = TEXT_INIT;
	size_t at = 0;
	for (size_t i = 0; i < editor->count; i++) {
		const struct edit *edit = &editor->edits[i];
		if (i > 0 && memcmp(edit, &editor->edits[i - 1], sizeof(size_t) * 2) == 0 &&
			strcmp(edit->text, editor->edits[i - 1].text) == 0)
			continue;
		if (edit->begin < at)
			return err_set(err, CODE_INPUT,
				"%s: two services share one definition and need different images",
				file->path);
		text_add_bytes(&text, file->bytes + at, edit->begin - at);
		text_add(&text, edit->text);
		at = edit->end;
	}
	text_add_bytes(&text, file->bytes + at, file->length - at);
	out->bytes = arena_strndup(editor->arena, text.bytes, text.length);
	out->length = text.length;
	return 0;
}

static struct editor *editor_of(
	struct editor *editors, size_t count, const struct compose_file *file)
{
	for (size_t i = 0; i < count; i++)
		if (editors[i].file == file)
			return &editors[i];
	return NULL;
}

int compose_rewrite(struct arena *arena, const struct compose_project *project,
	const struct compose_image *images, size_t image_count, struct compose_rewritten **files,
	struct err *err)
{
	size_t count = project->file_count;
	struct editor *editors = arena_alloc(arena, count * sizeof(*editors));
	for (size_t i = 0; i < count; i++)
		editors[i] = (struct editor){.arena = arena, .file = project->files[i]};
	comment_name(&editors[0]);
	for (size_t i = 0; i < image_count; i++) {
		const struct compose_service *service =
			compose_project_service(project, images[i].service);
		BUG_ON(!service);
		struct editor *editor = editor_of(editors, count, service->definition_file);
		if (edit_service(editor, service->definition, images[i].image, err) < 0)
			return -1;
	}
	*files = arena_alloc(arena, count * sizeof(**files));
	for (size_t i = 0; i < count; i++)
		if (apply(&editors[i], &(*files)[i], err) < 0)
			return -1;
	return compose_rewrite_check(arena, project, images, image_count, *files, err);
}
