/* HTTP/1.x responses, byte by byte. */
#include "http_response.h"

#include <string.h>

#include "message.h"
#include "number.h"

enum state {
	AT_STATUS,
	AT_HEADER,
	IN_BODY,         /* with a length */
	IN_ENDLESS_BODY, /* until the connection ends */
	AT_CHUNK,        /* the line that says its size */
	IN_CHUNK,
	AFTER_CHUNK, /* the empty line behind its bytes */
	AT_TRAILER,
	AT_END
};

void http_response_init(struct http_response *response, struct arena *arena)
{
	*response = (struct http_response){
		.arena = arena, .body = TEXT_INIT, .line = TEXT_INIT, .state = AT_STATUS};
	/* TEXT_INIT's empty string would go with this block. */
	text_add(&response->body, "");
	text_add(&response->line, "");
}

void http_response_clear(struct http_response *response)
{
	text_clear(&response->body);
	text_clear(&response->line);
}

static int malformed(const struct http_response *response, const char *what, struct err *err)
{
	AUTO_TEXT shown = TEXT_INIT;
	size_t length = response->line.length < 80 ? response->line.length : 80;
	text_add_printable(&shown, response->line.bytes, length);
	return err_set(err, CODE_INPUT, "the answer is not HTTP: %s: \"%s\"", T(what), shown.bytes);
}

static int too_long(struct err *err)
{
	return err_set(
		err, CODE_INPUT, "the answer's body is longer than %d MiB", HTTP_BODY_LIMIT >> 20);
}

static void finish(struct http_response *response)
{
	response->state = AT_END;
	response->complete = true;
}

/* RFC 9112, section 4: "HTTP/1.1 200 OK"; the reason may be missing with its space. */
static int take_status(struct http_response *response, struct err *err)
{
	const char *line = response->line.bytes;
	if (!text_starts_with(line, "HTTP/1.") || strspn(line + 7, "0123456789") != 1 ||
		line[8] != ' ' || strspn(line + 9, "0123456789") != 3 ||
		(line[12] && line[12] != ' '))
		return malformed(response, "no status line", err);
	response->status = (unsigned)(line[9] - '0') * 100 + (unsigned)(line[10] - '0') * 10 +
			   (unsigned)(line[11] - '0');
	if (response->status < 100 || response->status > 599 || response->status == 101)
		return malformed(response, "unexpected status", err);
	response->state = AT_HEADER;
	return 0;
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *text, size_t length)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		bool alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!alnum && !(c && strchr(marks, c)))
			return false;
	}
	return length > 0;
}

static int take_header(struct http_response *response, struct err *err)
{
	const char *line = response->line.bytes, *colon = strchr(line, ':');
	if (!colon || !is_token(line, (size_t)(colon - line)))
		return malformed(response, "no header", err);
	if (response->header_count >= HTTP_HEADERS_LIMIT)
		return err_set(
			err, CODE_INPUT, "the answer has more than %d headers", HTTP_HEADERS_LIMIT);
	const char *value = colon + 1 + strspn(colon + 1, " \t");
	size_t length = strlen(value);
	while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	struct http_header *header = ARENA_PUSH(response->arena, response->headers,
		response->header_count, response->header_capacity);
	header->name = arena_strndup(response->arena, line, (size_t)(colon - line));
	header->value = arena_strndup(response->arena, value, length);
	return 0;
}

const char *http_response_header(const struct http_response *response, const char *name)
{
	for (size_t i = 0; i < response->header_count; i++)
		if (text_equal_ignoring_case(response->headers[i].name, name))
			return response->headers[i].value;
	return NULL;
}

/* Content-Length, when there is one; two that differ are an attack, or as bad as one. */
static int read_length(
	const struct http_response *response, bool *found, uint64_t *length, struct err *err)
{
	const char *first = NULL;
	for (size_t i = 0; i < response->header_count; i++) {
		const struct http_header *header = &response->headers[i];
		if (!text_equal_ignoring_case(header->name, "Content-Length"))
			continue;
		if (!number_parse_u64(header->value, length) ||
			(first && strcmp(first, header->value) != 0))
			return err_set(err, CODE_INPUT,
				"the answer is not HTTP: its Content-Length is no number");
		first = header->value;
	}
	*found = first != NULL;
	return 0;
}

/* RFC 9112, section 6.3. */
static int begin_body(struct http_response *response, struct err *err)
{
	bool has_length = false;
	const char *coding = http_response_header(response, "Transfer-Encoding");
	if (response->status < 200) {
		response->header_count = 0;
		response->state = AT_STATUS;
		return 0;
	}
	if (response->status == 204 || response->status == 304) {
		finish(response);
		return 0;
	}
	if (read_length(response, &has_length, &response->left, err) < 0)
		return -1;
	if (coding && (has_length || !text_equal_ignoring_case(coding, "chunked")))
		return err_set(err, CODE_INPUT,
			"the answer is not HTTP: its Transfer-Encoding is not understood");
	if (has_length && response->left > HTTP_BODY_LIMIT)
		return too_long(err);
	if (coding)
		response->state = AT_CHUNK;
	else if (!has_length)
		response->state = IN_ENDLESS_BODY;
	else if (response->left > 0)
		response->state = IN_BODY;
	else
		finish(response);
	return 0;
}

/* "1a", "1A;name=value": hexadecimal, extensions ignored. */
static int take_chunk_size(struct http_response *response, struct err *err)
{
	const char *line = response->line.bytes;
	size_t digits = strspn(line, "0123456789abcdefABCDEF");
	const char *rest = line + digits + strspn(line + digits, " \t");
	if (digits == 0 || digits > 15 || (*rest && *rest != ';'))
		return malformed(response, "no chunk size", err);
	response->left = strtoull(line, NULL, 16);
	if (response->left > HTTP_BODY_LIMIT || ++response->chunks > HTTP_CHUNKS_LIMIT)
		return too_long(err);
	response->state = response->left > 0 ? IN_CHUNK : AT_TRAILER;
	return 0;
}

static int take_line(struct http_response *response, struct err *err)
{
	bool empty = response->line.length == 0;
	switch (response->state) {
	case AT_STATUS:
		return take_status(response, err);
	case AT_HEADER:
		return empty ? begin_body(response, err) : take_header(response, err);
	case AT_CHUNK:
		return take_chunk_size(response, err);
	case AFTER_CHUNK:
		response->state = AT_CHUNK;
		return empty ? 0 : malformed(response, "a chunk is longer than it says", err);
	case AT_TRAILER:
		if (empty)
			finish(response);
		return 0;
	default:
		return 0;
	}
}

/* A bare LF ends a line too (RFC 9112, section 2.2); any other control character but a tab is
 * what no server sends. */
static int feed_line(struct http_response *response, const char *bytes, size_t length, size_t *used,
	struct err *err)
{
	const char *newline = memchr(bytes, '\n', length);
	size_t part = newline ? (size_t)(newline - bytes) : length;
	bool in_body = response->state == AT_CHUNK || response->state == AFTER_CHUNK;
	*used = part + (newline != NULL);
	/* Lines between chunks are limited each, and by the count of chunks. */
	response->head_bytes += in_body ? 0 : *used;
	text_add_bytes(&response->line, bytes, part);
	if (response->head_bytes > HTTP_HEAD_LIMIT || response->line.length > HTTP_HEAD_LIMIT)
		return err_set(err, CODE_INPUT, "the answer's headers are longer than %d KiB",
			HTTP_HEAD_LIMIT >> 10);
	if (!newline)
		return 0;
	struct text *line = &response->line;
	if (line->length > 0 && line->bytes[line->length - 1] == '\r')
		text_cut(line, line->length - 1);
	for (size_t i = 0; i < line->length; i++)
		if (((unsigned char)line->bytes[i] < ' ' && line->bytes[i] != '\t') ||
			line->bytes[i] == 127)
			return malformed(response, "a control character", err);
	int status = take_line(response, err);
	line->length = 0;
	line->bytes[0] = '\0';
	return status;
}

static int feed_body(struct http_response *response, const char *bytes, size_t length, size_t *used,
	struct err *err)
{
	bool endless = response->state == IN_ENDLESS_BODY;
	*used = endless || length < response->left ? length : (size_t)response->left;
	if (response->body.length + *used > HTTP_BODY_LIMIT)
		return too_long(err);
	text_add_bytes(&response->body, bytes, *used);
	if (endless)
		return 0;
	response->left -= *used;
	if (response->left > 0)
		return 0;
	if (response->state == IN_CHUNK)
		response->state = AFTER_CHUNK;
	else
		finish(response);
	return 0;
}

int http_response_feed(
	struct http_response *response, const char *bytes, size_t length, struct err *err)
{
	response->any = response->any || length > 0;
	for (size_t used = 0; length > 0 && !response->complete; bytes += used, length -= used) {
		bool body = response->state == IN_BODY || response->state == IN_ENDLESS_BODY ||
			    response->state == IN_CHUNK;
		if ((body ? feed_body : feed_line)(response, bytes, length, &used, err) < 0)
			return -1;
	}
	return 0;
}

int http_response_end(struct http_response *response, struct err *err)
{
	if (response->state == IN_ENDLESS_BODY)
		finish(response);
	if (response->complete)
		return 0;
	if (!response->any)
		return err_set(err, CODE_INPUT, "the connection ended without an answer");
	return err_set(err, CODE_INPUT, "the connection ended in the middle of the answer");
}
