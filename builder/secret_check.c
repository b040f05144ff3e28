/* Finds literal secrets in env files; never prints one. */
#include "secret_check.h"

#include <string.h>

#include "env_template.h"
#include "file_io.h"

static bool contains(const char *name, const char *word)
{
	size_t length = strlen(word);
	for (; *name; name++) {
		size_t i = 0;
		while (i < length && (name[i] == word[i] || name[i] == word[i] - 'A' + 'a'))
			i++;
		if (i == length)
			return true;
	}
	return false;
}

bool secret_check_name(const char *name)
{
	return contains(name, "PASSWORD") || contains(name, "SECRET") || contains(name, "TOKEN") ||
	       contains(name, "KEY");
}

bool secret_check_value(const char *name, const char *value)
{
	static const char *const harmless[] = {
		"", "true", "false", "yes", "no", "on", "off", "null"};
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (text_equal_ignoring_case(value, harmless[i]))
			return false;
	if (text_ends_with(name, "_FILE") && value[0] == '/')
		return false;
	size_t reference = value[0] == '$' ? interpolation_reference_length(value) : 0;
	if (!reference || value[reference] || value[1] == '$')
		return true;
	/* ${OTHER} holds nothing itself; ${OTHER:-literal} does, ${OTHER:?why} does not. */
	const char *after = value[1] == '{' ? value + 2 + strcspn(value + 2, ":-+?}") : "";
	after += *after == ':';
	return (*after == '-' || *after == '+') && after[1] != '}';
}

static void add(struct finding_list *findings, const char *path, const struct dotenv_entry *entry)
{
	struct finding *finding = finding_add(findings, FINDING_ERROR, "literal-secret", path,
		entry->line, "%s has a literal value; secrets do not travel unasked", entry->name);
	finding_remedy(findings, finding,
		"write %s={{secret hex 32}} (made on the target), or allow it with --pack-secrets",
		entry->name);
}

int secret_check_file(const char *path, bool strict, struct finding_list *findings, struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct env_template file;
	struct err local = ERR_INIT;
	struct err *error = strict ? err : &local;
	char *bytes;
	size_t length;
	if (file_read_all(path, DOTENV_LIMIT_BYTES, arena, &bytes, &length, error) < 0 ||
		env_template_parse(arena, path, bytes, length, &file, error) < 0)
		return strict ? -1 : 0;
	for (size_t i = 0; i < file.count; i++) {
		const struct env_template_entry *entry = &file.entries[i];
		if (entry->kind == ENV_TEMPLATE_LITERAL && secret_check_name(entry->source.name) &&
			secret_check_value(entry->source.name, entry->source.raw))
			add(findings, path, &entry->source);
	}
	return 0;
}
