/* Variables of a run of the procedure. */
#include "step_values.h"

#include <stdio.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* RFC 9562, version 4. */
static int make_run_id(char id[37], struct err *err)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[16];
	char *out = id;
	if (getentropy(bytes, sizeof(bytes)) < 0)
		return err_set_errno(err, CODE_IO, "get random bytes");
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[bytes[i] >> 4];
		*out++ = hex[bytes[i] & 15];
	}
	*out = '\0';
	return 0;
}

int step_values_init(struct step_values *values, struct arena *arena, const struct env_files *env,
	const char *project, struct err *err)
{
	char id[37];
	*values = (struct step_values){.arena = arena};
	variable_set_init(&values->variables, arena);
	for (size_t i = 0; i < env->variables.count; i++)
		variable_set_put(&values->variables, env->variables.items[i].name,
			env->variables.items[i].value);
	if (make_run_id(id, err) < 0)
		return -1;
	variable_set_put(&values->variables, "HARDTACK_RUN_ID", id);
	variable_set_put(&values->variables, "HARDTACK_PROJECT", project);
	step_values_set_time(values);
	secret_mask_init(&values->mask, arena);
	secret_mask_add_env_files(&values->mask, env);
	return 0;
}

void step_values_capture(struct step_values *values, const char *name, const char *value)
{
	variable_set_put(&values->variables, name, value);
	secret_mask_add_variable(&values->mask, name, value);
}

void step_values_set_time(struct step_values *values)
{
	struct timeval now;
	struct tm utc;
	char text[40];
	gettimeofday(&now, NULL);
	gmtime_r(&now.tv_sec, &utc);
	size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, sizeof(text) - length, ".%03dZ", (int)(now.tv_usec / 1000));
	variable_set_put(&values->variables, "HARDTACK_NOW", text);
}

const char *step_values_expand(const struct step_values *values, const char *text,
	enum step_text_kind kind, struct err *err)
{
	const char *out = step_text_expand(values->arena, text, kind, &values->variables, err);
	if (!out)
		err_hint(err, "add it to .env in the installation's directory");
	return out;
}

static int expand_string(
	const struct step_values *values, struct json json, struct text *out, struct err *err)
{
	const char *text;
	if (json_as_string(json, &text, err) < 0)
		return -1;
	text = step_values_expand(values, text, STEP_TEXT_PLAIN, err);
	if (!text)
		return -1;
	text_add_json(out, text);
	return 0;
}

int step_values_expand_json(
	const struct step_values *values, struct json json, struct text *out, struct err *err)
{
	const char *key = NULL, *separator = "";
	struct json item;
	if (json_is_string(json))
		return expand_string(values, json, out, err);
	if (!json_is_object(json) && !json_is_array(json)) {
		json_write(out, json);
		return 0;
	}
	bool object = json_is_object(json);
	text_add(out, object ? "{" : "[");
	struct json_iterator it = json_items(json);
	while (object ? json_next_member(&it, &key, &item) : json_next(&it, &item)) {
		text_add(out, separator);
		separator = ",";
		if (object) {
			text_add_json(out, key);
			text_add(out, ":");
		}
		if (step_values_expand_json(values, item, out, err) < 0)
			return -1;
	}
	text_add(out, object ? "}" : "]");
	return 0;
}

void step_values_mask(const struct step_values *values, struct text *text)
{
	secret_mask_apply(&values->mask, text);
}
