/* Judging responses. */
#include "http_expectation.h"

#include <string.h>

#include "json_path.h"
#include "message.h"
#include "pattern.h"
#include "step.h"

enum { SHOWN_BYTES = 200 };

struct judgement {
	const struct http_response *response;
	struct json expect, body;
	struct text *why;
	struct err *err;
};

/* The checks return 1: as expected, 0: not (why says so), -1: malformed. */

static int check_status(const struct judgement *judgement)
{
	unsigned status = judgement->response->status;
	struct json wanted = json_member(judgement->expect, "status");
	const char *location = http_response_header(judgement->response, "Location");
	AUTO_TEXT wanted_text = TEXT_INIT;
	if (json_is_absent(wanted) ? status / 100 == 2 : step_number_matches(wanted, status))
		return 1;
	if (json_is_absent(wanted))
		text_add(&wanted_text, "2xx");
	else
		json_write(&wanted_text, wanted);
	text_addf(judgement->why, T("status %u, expected %s"), status, wanted_text.bytes);
	if (status / 100 == 3 && location) {
		text_addf(judgement->why, "%s", T("; it redirects to "));
		step_add_excerpt(judgement->why, location, strlen(location));
	}
	return 0;
}

static int check_header(const struct judgement *judgement, const char *name, struct json wanted)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	const char *text;
	const char *value = http_response_header(judgement->response, name);
	bool is_pattern = json_is_object(wanted);
	if ((is_pattern ? json_get_string(wanted, "match", &text, judgement->err)
			: json_as_string(wanted, &text, judgement->err)) < 0 ||
		(is_pattern && pattern_compile(&pattern, text, judgement->err) < 0))
		return -1;
	if (value && (is_pattern ? pattern_matches(&pattern, value) : strcmp(value, text) == 0))
		return 1;
	if (!value) {
		text_addf(judgement->why, T("there is no header %s"), name);
		return 0;
	}
	AUTO_TEXT shown = TEXT_INIT;
	step_add_excerpt(&shown, value, strlen(value));
	text_addf(judgement->why, T("the header %s is \"%s\", expected \"%s\""), name, shown.bytes,
		text);
	return 0;
}

static int check_headers(const struct judgement *judgement)
{
	const char *name;
	struct json wanted, headers;
	int result = 1;
	if (json_get_object_or_none(judgement->expect, "header", &headers, judgement->err) < 0)
		return -1;
	for (struct json_iterator it = json_items(headers);
		result == 1 && json_next_member(&it, &name, &wanted);)
		result = check_header(judgement, name, wanted);
	return result;
}

static void add_json(struct text *text, struct json value)
{
	AUTO_TEXT written = TEXT_INIT;
	if (json_is_absent(value))
		return;
	json_write(&written, value);
	step_add_excerpt(
		text, written.bytes, written.length < SHOWN_BYTES ? written.length : SHOWN_BYTES);
	if (written.length > SHOWN_BYTES)
		text_add(text, " …");
}

static int check_json_at(const struct judgement *judgement, const char *path, struct json wanted)
{
	AUTO_TEXT below = TEXT_INIT;
	AUTO_TEXT place = TEXT_INIT;
	AUTO_TEXT value_text = TEXT_INIT;
	AUTO_TEXT wanted_text = TEXT_INIT;
	struct text *why = judgement->why;
	struct json value = json_path_find(judgement->body, path);
	if (json_path_check(path, judgement->err) < 0)
		return -1;
	if (json_path_matches(value, wanted, &below))
		return 1;
	text_addf(&place, "%s%s%s", path, below.length && below.bytes[0] != '[' ? "." : "",
		below.bytes);
	if (below.length) {
		value = json_path_find(value, below.bytes);
		wanted = json_path_find(wanted, below.bytes);
	}
	add_json(&wanted_text, wanted);
	add_json(&value_text, value);
	if (json_is_absent(value))
		text_addf(why, T("%s is missing, expected %s"), place.bytes, wanted_text.bytes);
	else
		text_addf(why, T("%s is %s, expected %s"), place.bytes, value_text.bytes,
			wanted_text.bytes);
	return 0;
}

static int check_json(const struct judgement *judgement)
{
	const char *path;
	struct json wanted, all;
	int result = 1;
	if (json_get_object_or_none(judgement->expect, "json", &all, judgement->err) < 0)
		return -1;
	if (json_is_absent(all))
		return 1;
	if (json_is_absent(judgement->body)) {
		text_add(judgement->why, T("the answer is not JSON"));
		return 0;
	}
	for (struct json_iterator it = json_items(all);
		result == 1 && json_next_member(&it, &path, &wanted);)
		result = check_json_at(judgement, path, wanted);
	return result;
}

static int check_body(const struct judgement *judgement)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	const char *part, *expression;
	const struct text *body = &judgement->response->body;
	if (json_get_string_or(judgement->expect, "contains", NULL, &part, judgement->err) < 0 ||
		json_get_string_or(
			judgement->expect, "body_match", NULL, &expression, judgement->err) < 0)
		return -1;
	if (part && !memmem(body->bytes, body->length, part, strlen(part))) {
		text_addf(judgement->why, T("the answer does not contain \"%s\""), part);
		return 0;
	}
	if (!expression)
		return 1;
	if (pattern_compile(&pattern, expression, judgement->err) < 0)
		return -1;
	if (pattern_matches_bytes(&pattern, body->bytes, body->length))
		return 1;
	text_addf(judgement->why, T("the answer does not match \"%s\""), expression);
	return 0;
}

int http_expectation_check(struct json expect, const struct http_response *response,
	struct json body, bool *met, struct text *why, struct err *err)
{
	static int (*const checks[])(const struct judgement *) = {
		check_status, check_headers, check_json, check_body};
	const struct judgement judgement = {response, expect, body, why, err};
	int result = 1;
	for (size_t i = 0; i < ARRAY_SIZE(checks) && result == 1; i++)
		result = checks[i](&judgement);
	*met = result == 1;
	return result < 0 ? -1 : 0;
}
