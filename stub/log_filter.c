/* Logs on their way to the person or a file. */
#include "log_filter.h"

#include <stdint.h>
#include <string.h>

#include "file_io.h"
#include "log_lines.h"

/* Kept back when a line goes in parts: a sequence or character may be in the middle of it. */
enum { MARGIN = 64 };

static void add_line(struct text *safe, const char *bytes, size_t length)
{
	if (length > 0 && bytes[length - 1] == '\r') /* of a container with a terminal */
		length--;
	while (length > 0) {
		const char *tab = memchr(bytes, '\t', length);
		size_t part = tab ? (size_t)(tab - bytes) : length;
		log_lines_add_safe(safe, bytes, part, SIZE_MAX);
		if (tab)
			text_add(safe, "\t");
		part += tab != NULL;
		bytes += part;
		length -= part;
	}
}

/* Whole lines into safe; returns how many bytes that were. */
static size_t take_lines(struct text *safe, const char *bytes, size_t length)
{
	size_t at = 0;
	for (const char *end; (end = memchr(bytes + at, '\n', length - at));) {
		add_line(safe, bytes + at, (size_t)(end - bytes) - at);
		text_add(safe, "\n");
		at = (size_t)(end - bytes) + 1;
	}
	if (length - at < LOG_FILTER_BYTES)
		return at;
	size_t until = length - MARGIN;
	while (until > at && ((unsigned char)bytes[until] & 0xc0) == 0x80)
		until--;
	add_line(safe, bytes + at, until - at);
	return until;
}

static int filter_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct log_filter *filter = (struct log_filter *)sink;
	AUTO_TEXT safe = TEXT_INIT;
	text_add_bytes(&filter->rest, bytes, length);
	size_t taken = take_lines(&safe, filter->rest.bytes, filter->rest.length);
	filter->rest.length -= taken;
	memmove(filter->rest.bytes, filter->rest.bytes + taken, filter->rest.length + 1);
	return file_write(filter->fd, filter->name, safe.bytes, safe.length, err);
}

void log_filter_init(struct log_filter *filter, int fd, const char *name)
{
	*filter = (struct log_filter){
		.sink.write = filter_write, .fd = fd, .name = name, .rest = TEXT_INIT};
}

int log_filter_finish(struct log_filter *filter, struct err *err)
{
	AUTO_TEXT safe = TEXT_INIT;
	add_line(&safe, filter->rest.bytes, filter->rest.length);
	filter->rest.length = 0;
	return file_write(filter->fd, filter->name, safe.bytes, safe.length, err);
}

void log_filter_clear(struct log_filter *filter)
{
	text_clear(&filter->rest);
}
