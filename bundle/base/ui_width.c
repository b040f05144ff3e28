/* Terminal columns of UTF-8 text. */
#include "ui_width.h"

#include <stdint.h>
#include <sys/ioctl.h>

#include "cleanup.h"

struct range {
	uint32_t first, last;
};

/* Sorted. Wide and fullwidth (W, F) blocks of EastAsianWidth.txt, merged where the gaps are
 * unassigned or never meet in our texts. */
static const struct range wide[] = {
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x23e9, 0x23ec},
	{0x2e80, 0x303e},
	{0x3041, 0x33ff},
	{0x3400, 0x4dbf},
	{0x4e00, 0x9fff},
	{0xa000, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe10, 0xfe19},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
};

/* Combining marks and joiners. */
static const struct range empty[] = {
	{0x0300, 0x036f},
	{0x0483, 0x0489},
	{0x0591, 0x05bd},
	{0x064b, 0x065f},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x200b, 0x200f},
	{0x20d0, 0x20ff},
	{0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f},
};

static int within(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count && ranges[i].first <= code; i++)
		if (code <= ranges[i].last)
			return 1;
	return 0;
}

/* Decodes leniently: a stray byte is one column wide. */
static size_t next_character(const unsigned char *at, uint32_t *code)
{
	size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc0 ? 2 : 1;
	*code = size == 1 ? at[0] : at[0] & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			*code = at[0];
			return 1;
		}
		*code = *code << 6 | (at[i] & 0x3f);
	}
	return size;
}

static size_t columns_of(uint32_t code)
{
	if (within(empty, ARRAY_SIZE(empty), code))
		return 0;
	return within(wide, ARRAY_SIZE(wide), code) ? 2 : 1;
}

size_t ui_width(const char *text)
{
	size_t columns = 0;
	uint32_t code;
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		at += next_character(at, &code);
		columns += columns_of(code);
	}
	return columns;
}

size_t ui_width_fit(const char *text, size_t columns)
{
	const unsigned char *start = (const unsigned char *)text, *at = start;
	uint32_t code;
	while (*at) {
		size_t size = next_character(at, &code);
		size_t wanted = columns_of(code);
		if (wanted > columns)
			break;
		columns -= wanted;
		at += size;
	}
	return (size_t)(at - start);
}

size_t ui_columns(int fd)
{
	struct winsize size;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}
