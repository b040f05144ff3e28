/* Reading parameters of steps. */
#include "step.h"

#include <string.h>

#include "number.h"

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
