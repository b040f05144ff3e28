/* What several kinds of steps need: parameters, excerpts, failures. */
#include "step.h"

#include <string.h>

#include "manifest.h"
#include "number.h"

enum { EXCERPT_BYTES = 400 };

int step_duration(struct json parameters, const char *name, uint64_t *duration_ms, struct err *err)
{
	const char *text;
	char digits[16];
	uint64_t number;
	if (json_is_absent(parameters))
		return 0;
	if (json_get_string_or(parameters, name, NULL, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	size_t length = strspn(text, "0123456789");
	const char *unit = text + length;
	if (length == 0 || length > 6)
		return err_set(err, CODE_INTEGRITY, "\"%s\" is not a duration", text);
	memcpy(digits, text, length);
	digits[length] = '\0';
	number_parse_u64(digits, &number);
	if (strcmp(unit, "h") == 0)
		number *= 3600;
	else if (strcmp(unit, "m") == 0)
		number *= 60;
	else if (*unit && strcmp(unit, "s") != 0)
		return err_set(err, CODE_INTEGRITY, "\"%s\" is not a duration", text);
	*duration_ms = number * 1000;
	return 0;
}

int step_local(struct json parameters, const char *name, const char *fallback, const char **out,
	struct err *err)
{
	struct json local;
	struct manifest_text text = {0};
	if (json_get_object_or_none(parameters, name, &local, err) < 0 ||
		json_get_string_or(local, "en", NULL, &text.en, err) < 0 ||
		json_get_string_or(local, "zh", NULL, &text.zh, err) < 0)
		return -1;
	*out = manifest_text_pick(&text);
	if (!**out)
		*out = fallback;
	return 0;
}

bool step_number_matches(struct json expected, int64_t number)
{
	struct err ignored = ERR_INIT;
	struct json item;
	int64_t wanted;
	if (json_is_number(expected))
		return json_as_i64(expected, &wanted, &ignored) == 0 && wanted == number;
	for (struct json_iterator it = json_items(expected); json_next(&it, &item);)
		if (json_is_number(item) && step_number_matches(item, number))
			return true;
	return false;
}

const struct health_service *step_service(const struct step_run *run, const char *name)
{
	for (size_t i = 0; i < run->health.count; i++)
		if (strcmp(run->health.services[i].name, name) == 0)
			return &run->health.services[i];
	return NULL;
}

void step_add_excerpt(struct text *text, const char *bytes, size_t length)
{
	AUTO_TEXT printable = TEXT_INIT;
	text_add_printable(&printable, bytes, length < EXCERPT_BYTES ? length : EXCERPT_BYTES);
	bool space = false;
	for (const char *at = printable.bytes; *at; at++) {
		bool blank = *at == '\n' || *at == ' ' || *at == '\t';
		if (!blank)
			text_add_bytes(text, at, 1);
		else if (!space)
			text_add(text, " ");
		space = blank;
	}
	if (length > EXCERPT_BYTES)
		text_add(text, " …");
}

int step_fail(const struct step_run *run, int code, const struct text *text, struct err *err)
{
	AUTO_TEXT masked = TEXT_INIT;
	text_add(&masked, text->bytes);
	step_values_mask(&run->values, &masked);
	err_clear(err);
	return err_set(err, code, "%s", masked.bytes);
}
