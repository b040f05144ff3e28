/* Response headers. */
#include "http_header.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "text.h"

enum {
	A_DAY_S = 24 * 3600,
	VALUE_LIMIT = 16 * 1024, /* of one value; libcurl bounds the whole head too */
};

void http_header_reset(struct http_response *response)
{
	*response = (struct http_response){
		.content_type = "",
		.content_digest = "",
		.authenticate = "",
		.location = "",
		.final_host = response->final_host ? response->final_host : "",
		.content_length = UINT64_MAX,
		.range_begin = UINT64_MAX,
		.rate_remaining = UINT64_MAX,
	};
}

/* Digits at the beginning; what follows must be in `ends` or nothing. */
static uint64_t leading_number(const char *text, const char *ends)
{
	char digits[21] = "";
	uint64_t value;
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length >= sizeof(digits) ||
		(text[length] && !strchr(ends, text[length])))
		return UINT64_MAX;
	memcpy(digits, text, length);
	return number_parse_u64(digits, &value) ? value : UINT64_MAX;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7; the two obsolete forms do not occur here). */
static uint64_t seconds_until(const char *date, time_t now)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm when = {0};
	char month[4] = "";
	const char *comma = strchr(date, ',');
	if (!comma || sscanf(comma + 1, " %2d %3s %4d %2d:%2d:%2d GMT", &when.tm_mday, month,
			      &when.tm_year, &when.tm_hour, &when.tm_min, &when.tm_sec) != 6)
		return 0;
	const char *found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (!found || (found - months) % 3 != 0)
		return 0;
	when.tm_mon = (int)(found - months) / 3;
	when.tm_year -= 1900;
	time_t then = timegm(&when);
	return then > now ? (uint64_t)(then - now) : 0;
}

static uint64_t retry_after(const char *value, time_t now)
{
	uint64_t seconds = leading_number(value, "");
	if (seconds == UINT64_MAX)
		seconds = seconds_until(value, now);
	return seconds < A_DAY_S ? seconds : A_DAY_S;
}

static const char *media_type(const char *value, struct arena *arena)
{
	char *type = arena_strndup(arena, value, strcspn(value, "; \t"));
	for (char *c = type; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return type;
}

static void take(struct http_response *response, const char *name, const char *value, time_t now,
	struct arena *arena)
{
	if (text_equal_ignoring_case(name, "content-type")) {
		response->content_type = media_type(value, arena);
	} else if (text_equal_ignoring_case(name, "content-length")) {
		response->content_length = leading_number(value, "");
	} else if (text_equal_ignoring_case(name, "docker-content-digest")) {
		response->content_digest = value;
	} else if (text_equal_ignoring_case(name, "location")) {
		response->location = value;
	} else if (text_equal_ignoring_case(name, "www-authenticate")) {
		const char *before = response->authenticate;
		if (strlen(before) < VALUE_LIMIT)
			response->authenticate =
				*before ? arena_printf(arena, "%s\n%s", before, value) : value;
	} else if (text_equal_ignoring_case(name, "content-range")) {
		/* "bytes 100-199/200" */
		if (text_starts_with(value, "bytes "))
			response->range_begin = leading_number(value + strlen("bytes "), "-");
	} else if (text_equal_ignoring_case(name, "retry-after")) {
		response->retry_after_s = retry_after(value, now);
	} else if (text_equal_ignoring_case(name, "ratelimit-remaining") ||
		   text_equal_ignoring_case(name, "x-ratelimit-remaining")) {
		/* Docker Hub: "76;w=21600" */
		const char *window = strstr(value, "w=");
		uint64_t seconds = window ? leading_number(window + 2, "; ,") : UINT64_MAX;
		response->rate_remaining = leading_number(value, "; ");
		response->rate_window_s = seconds <= A_DAY_S ? seconds : 0;
	}
}

void http_header_line(struct http_response *response, const char *line, size_t length, time_t now,
	struct arena *arena)
{
	const char *colon = memchr(line, ':', length);
	while (length > 0 && strchr("\r\n \t", line[length - 1]))
		length--;
	if (!colon || colon == line || (size_t)(colon - line) >= length || length > VALUE_LIMIT)
		return;
	const char *value = colon + 1, *end = line + length;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	take(response, arena_strndup(arena, line, (size_t)(colon - line)),
		arena_strndup(arena, value, (size_t)(end - value)), now, arena);
}
