/*
 * The step `http`: asks the application itself and judges its answer. It is what proves that the
 * application works, so its failure is a failed smoke test (CODE_SMOKE), also during install.
 */
#include <string.h>

#include "http_expectation.h"
#include "http_loopback.h"
#include "json_path.h"
#include "message.h"
#include "monotonic.h"
#include "port.h"
#include "proof.h"
#include "step_failure.h"
#include "step_retry.h"

enum { REQUEST_TIMEOUT_MS = 10 * 1000, MAX_HEADERS = 100, DOCUMENT_LIMIT = HTTP_BODY_LIMIT };

struct http_step {
	struct step_run *run;
	struct json parameters;
	struct json expect; /* expanded */
	struct json capture;
	struct http_loopback_request request;
	struct loopback_url url;
	struct http_header headers[MAX_HEADERS];
	const char *address; /* expanded */
	const char *title;
	struct step_retry retry;
	struct text why;    /* of the last attempt */
	struct text answer; /* to it: "HTTP 401 {…}", empty when there was none */
	unsigned status;    /* its answer's, 0: there was none */
};

static void tick(void *context)
{
	ui_tick(context);
}

static int find_method(struct http_step *step, struct err *err)
{
	static const char *const methods[][2] = {
		{"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"delete", "DELETE"}};
	const char *text = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(methods) && !text; i++) {
		step->request.method = methods[i][1];
		if (json_get_string_or(step->parameters, methods[i][0], NULL, &text, err) < 0)
			return -1;
	}
	if (!text)
		return json_fail(step->parameters, err, "has no address");
	step->address = step_values_expand(&step->run->values, text, STEP_TEXT_URL, err);
	if (!step->address ||
		loopback_url_parse(step->run->values.arena, step->address, &step->url, err) < 0)
		return -1;
	step->request.url = &step->url;
	return 0;
}

static int add_header(struct http_step *step, const char *name, const char *value, struct err *err)
{
	if (step->request.header_count >= MAX_HEADERS)
		return err_set(err, CODE_INPUT, "a request has at most %d headers", MAX_HEADERS);
	if (http_loopback_check_header(name, value, err) < 0)
		return -1;
	step->headers[step->request.header_count++] = (struct http_header){name, value};
	step->request.headers = step->headers;
	return 0;
}

static int read_headers(struct http_step *step, struct err *err)
{
	const char *name, *value;
	struct json headers, item;
	if (json_get_object_or_none(step->parameters, "headers", &headers, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(headers); json_next_member(&it, &name, &item);) {
		if (json_as_string(item, &value, err) < 0)
			return -1;
		value = step_values_expand(&step->run->values, value, STEP_TEXT_PLAIN, err);
		if (!value || add_header(step, name, value, err) < 0)
			return -1;
	}
	return 0;
}

/* RFC 4648, section 4. */
static const char *base64(struct arena *arena, const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	size_t length = strlen(text);
	const unsigned char *in = (const unsigned char *)text;
	char *out = arena_alloc(arena, (length + 2) / 3 * 4 + 1), *at = out;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned group = (unsigned)in[i] << 16;
		group |= left > 1 ? (unsigned)in[i + 1] << 8 : 0;
		group |= left > 2 ? in[i + 2] : 0;
		*at++ = digits[group >> 18];
		*at++ = digits[group >> 12 & 63];
		*at++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*at++ = left > 2 ? digits[group & 63] : '=';
	}
	return out;
}

/* "user:password" with its variables expanded, from that or {user, password}. */
static const char *read_pair(const struct step_values *values, struct json auth, struct err *err)
{
	const char *pair, *user, *password;
	if (json_get_string_or(auth, "pair", NULL, &pair, err) < 0)
		return NULL;
	if (pair)
		return step_values_expand(values, pair, STEP_TEXT_PLAIN, err);
	if (json_get_string(auth, "user", &user, err) < 0 ||
		json_get_string(auth, "password", &password, err) < 0)
		return NULL;
	user = step_values_expand(values, user, STEP_TEXT_PLAIN, err);
	password = user ? step_values_expand(values, password, STEP_TEXT_PLAIN, err) : NULL;
	if (password && strchr(user, ':')) {
		err_set(err, CODE_INPUT, "basic_auth: a user's name has no colon");
		return NULL;
	}
	return password ? arena_printf(values->arena, "%s:%s", user, password) : NULL;
}

/* RFC 7617. */
static int read_basic_auth(struct http_step *step, struct err *err)
{
	const struct step_values *values = &step->run->values;
	struct json auth;
	if (json_get_object_or_none(step->parameters, "basic_auth", &auth, err) < 0)
		return -1;
	if (json_is_absent(auth))
		return 0;
	const char *pair = read_pair(values, auth, err);
	if (!pair)
		return -1;
	return add_header(step, "Authorization",
		arena_printf(values->arena, "Basic %s", base64(values->arena, pair)), err);
}

static bool has_content_type(const struct http_step *step)
{
	for (size_t i = 0; i < step->request.header_count; i++)
		if (text_equal_ignoring_case(step->headers[i].name, "Content-Type"))
			return true;
	return false;
}

/* A text as it is; anything else as JSON. */
static int read_body(struct http_step *step, struct err *err)
{
	AUTO_TEXT document = TEXT_INIT;
	const struct step_values *values = &step->run->values;
	struct json body = json_member(step->parameters, "body");
	const char *text = NULL;
	if (json_is_absent(body))
		return 0;
	bool plain = json_is_string(body);
	if (plain && json_as_string(body, &text, err) < 0)
		return -1;
	if (plain)
		text = step_values_expand(values, text, STEP_TEXT_PLAIN, err);
	else if (step_values_expand_json(values, body, &document, err) == 0)
		text = arena_strdup(values->arena, document.bytes);
	if (!text)
		return -1;
	step->request.body = text;
	step->request.body_length = strlen(text);
	return has_content_type(step)
		       ? 0
		       : add_header(step, "Content-Type",
				 plain ? "text/plain; charset=utf-8" : "application/json", err);
}

static int add_expanded(const struct http_step *step, struct json item, enum step_text_kind kind,
	struct text *out, struct err *err)
{
	const char *text;
	if (json_as_string(item, &text, err) < 0)
		return -1;
	text = step_values_expand(&step->run->values, text, kind, err);
	if (!text)
		return -1;
	text_add_json(out, text);
	return 0;
}

/* header: {Name: text or {match: expression}}. */
static int expand_headers(
	const struct http_step *step, struct json headers, struct text *out, struct err *err)
{
	const char *name, *separator = "";
	struct json item;
	text_add(out, "{");
	for (struct json_iterator it = json_items(headers); json_next_member(&it, &name, &item);) {
		bool pattern = json_is_object(item);
		text_add(out, separator);
		separator = ",";
		text_add_json(out, name);
		text_add(out, pattern ? ":{\"match\":" : ":");
		if (add_expanded(step, pattern ? json_member(item, "match") : item,
			    pattern ? STEP_TEXT_PATTERN : STEP_TEXT_PLAIN, out, err) < 0)
			return -1;
		text_add(out, pattern ? "}" : "");
	}
	text_add(out, "}");
	return 0;
}

/* Regular expressions want the values in them quoted, all the rest has them as they are. */
static int expand_expectation(struct http_step *step, struct err *err)
{
	AUTO_TEXT out = TEXT_INIT;
	struct json expect, item;
	const struct step_values *values = &step->run->values;
	const char *key, *separator = "";
	if (json_get_object_or_none(step->parameters, "expect", &expect, err) < 0)
		return -1;
	text_add(&out, "{");
	for (struct json_iterator it = json_items(expect); json_next_member(&it, &key, &item);) {
		int status;
		text_addf(&out, "%s\"%s\":", separator, key);
		separator = ",";
		if (strcmp(key, "body_match") == 0)
			status = add_expanded(step, item, STEP_TEXT_PATTERN, &out, err);
		else if (strcmp(key, "header") == 0)
			status = expand_headers(step, item, &out, err);
		else
			status = step_values_expand_json(values, item, &out, err);
		if (status < 0)
			return -1;
	}
	text_add(&out, "}");
	return json_parse(
		out.bytes, out.length, "expect", DOCUMENT_LIMIT, values->arena, &step->expect, err);
}

static int read_parameters(struct http_step *step, struct err *err)
{
	uint64_t timeout_ms = REQUEST_TIMEOUT_MS;
	if (step_duration(step->parameters, "timeout", &timeout_ms, err) < 0 ||
		step_retry_read(step->parameters, &step->retry, err) < 0 ||
		json_get_object_or_none(step->parameters, "capture", &step->capture, err) < 0 ||
		find_method(step, err) < 0 || read_headers(step, err) < 0 ||
		read_basic_auth(step, err) < 0 || read_body(step, err) < 0 ||
		expand_expectation(step, err) < 0)
		return -1;
	step->request.timeout_ms = timeout_ms;
	step->request.tick = tick;
	step->request.tick_context = step->run->sop->session->ui;
	return 0;
}

/* *met false when what is to be captured is not there: as good as an expectation. */
static int take_captures(struct http_step *step, struct json body, bool *met, struct err *err)
{
	const char *name, *path;
	struct json item;
	for (struct json_iterator it = json_items(step->capture);
		json_next_member(&it, &name, &item);) {
		AUTO_TEXT value = TEXT_INIT;
		struct err ignored = ERR_INIT;
		const char *text;
		if (json_as_string(item, &path, err) < 0 || json_path_check(path, err) < 0)
			return -1;
		struct json found = json_path_find(body, path);
		if (json_as_string(found, &text, &ignored) == 0) {
			text_add(&value, text);
		} else if (json_is_number(found) || json_is_bool(found)) {
			json_write(&value, found);
		} else {
			text_addf(&step->why, T("%s is no text or number, and cannot be captured"),
				path);
			*met = false;
			return 0;
		}
		step_values_capture(&step->run->values, name, value.bytes);
	}
	return 0;
}

static void keep_answer(struct http_step *step, const struct http_response *response)
{
	text_addf(&step->answer, "HTTP %u ", response->status);
	step_add_excerpt(&step->answer, response->body.bytes, response->body.length);
	if (response->body.length == 0) {
		text_add(&step->why, T("; the answer is empty"));
		return;
	}
	text_add(&step->why, T("; the answer begins: "));
	step_add_excerpt(&step->why, response->body.bytes, response->body.length);
}

/* One request. 1: as expected, 0: not, -1: no use to try again. */
static int attempt(struct http_step *step, struct err *err)
{
	AUTO(arena) arena = arena_new();
	struct http_response response;
	struct json body = {0};
	struct err ask_err = ERR_INIT, ignored = ERR_INIT;
	bool met = false;
	int result = 0;
	http_response_init(&response, arena);
	text_clear(&step->why);
	text_clear(&step->answer);
	step->status = 0;
	if (http_loopback_ask(&step->request, &response, &ask_err) < 0) {
		if (ask_err.code == CODE_INTERRUPTED || ask_err.code == CODE_TERMINATED) {
			*err = ask_err;
			result = -1;
		}
		text_add(&step->why, ask_err.text);
		http_response_clear(&response);
		return result;
	}
	step->status = response.status;
	if (json_parse(response.body.bytes, response.body.length, "body", DOCUMENT_LIMIT, arena,
		    &body, &ignored) < 0)
		body = (struct json){0};
	if (http_expectation_check(step->expect, &response, body, &met, &step->why, err) < 0 ||
		(met && take_captures(step, body, &met, err) < 0))
		result = -1;
	else if (met)
		result = 1;
	else
		keep_answer(step, &response);
	http_response_clear(&response);
	return result;
}

/* The service that publishes the port of the address: its last words may tell the cause. */
static const struct health_service *find_service(const struct http_step *step)
{
	struct err ignored = ERR_INIT;
	struct port *ports;
	size_t count;
	const struct step_run *run = step->run;
	if (port_list(run->sop->session->manifest, &run->values.variables, run->values.arena,
		    &ports, &count, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!ports[i].udp && ports[i].first <= step->url.port &&
			step->url.port <= ports[i].last)
			return step_service(run, ports[i].service);
	return NULL;
}

static int failed(struct http_step *step, struct err *err)
{
	AUTO_TEXT text = TEXT_INIT;
	if (*step->title)
		text_addf(&text, "%s: ", step->title);
	text_addf(&text, "%s %s: %s", step->request.method, step->address, step->why.bytes);
	step_retry_describe(&step->retry, &text);
	step_fail(step->run, CODE_SMOKE, &text, err);
	struct step_answer answer = {(int)step->status, step->answer.bytes};
	step_failure_explain(step->run, find_service(step), &answer, err);
	return err_hint(err, "the services run, but this proof failed: see what they say with the "
			     "command logs, then prove it again with the command smoke");
}

static void show_proof(const struct http_step *step, uint64_t took_ms)
{
	AUTO_TEXT address = TEXT_INIT;
	struct ui *ui = step->run->sop->session->ui;
	text_add(&address, step->address);
	step_values_mask(&step->run->values, &address);
	struct ui_field fields[] = {UI_TEXT("kind", "http"), UI_TEXT("name", step->title),
		UI_TEXT("method", step->request.method), UI_TEXT("url", address.bytes),
		UI_NUMBER("status", step->status), UI_NUMBER("tries", step->retry.tries + 1),
		UI_NUMBER("milliseconds", took_ms)};
	const struct session *session = step->run->sop->session;
	proof_add(session, "http", *step->title ? step->title : address.bytes,
		arena_printf(session->arena, "%u%s", step->status,
			proof_tries(session, step->retry.tries + 1)));
	if (ui_is_json(ui))
		UI_RECORD(ui, "proof", fields, "%s", "");
	ui_step_end(ui, UI_DONE, T("%s: %u, as expected"),
		*step->title ? step->title : address.bytes, step->status);
}

static int ask_until_expected(struct http_step *step, struct err *err)
{
	uint64_t began = monotonic_ms();
	for (;;) {
		int result = attempt(step, err);
		if (result < 0)
			return -1;
		if (result > 0) {
			show_proof(step, monotonic_ms() - began);
			return 0;
		}
		step_fail(step->run, CODE_SMOKE, &step->why, err);
		if (!step_retry_again(step->run, &step->retry, err))
			return err->code == CODE_SMOKE ? failed(step, err) : -1;
	}
}

int step_http(struct step_run *run, struct json parameters, struct err *err)
{
	struct http_step *step = ARENA_NEW(run->values.arena, struct http_step);
	struct ui *ui = run->sop->session->ui;
	*step = (struct http_step){.run = run, .parameters = parameters, .why = TEXT_INIT,
		.answer = TEXT_INIT};
	if (step_local(parameters, "name", "", &step->title, err) < 0)
		return -1;
	if (*step->title)
		ui_step_begin(ui, "http", "%s", step->title);
	else
		ui_step_begin(ui, "http", "%s", T("Asking the application"));
	int status = read_parameters(step, err);
	if (status < 0)
		err_wrap(err, "http step %s", step->title);
	else
		status = ask_until_expected(step, err);
	text_clear(&step->why);
	text_clear(&step->answer);
	return status;
}
