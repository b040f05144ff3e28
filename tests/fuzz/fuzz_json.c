/* JSON: what was read can be written, read again, and is the same. */
#include "fuzz.h"

#include "json.h"

static void ask_everything(struct json value, struct err *err)
{
	struct json item;
	const char *key = NULL, *text;
	uint64_t u;
	int64_t i;
	bool b;
	json_as_string(value, &text, err);
	json_as_u64(value, &u, err);
	json_as_i64(value, &i, err);
	json_as_bool(value, &b, err);
	json_get_string_or(value, "name", "", &text, err);
	json_get_array(value, "layers", &item, err);
	size_t count = 0;
	for (struct json_iterator it = json_items(value); json_next_member(&it, &key, &item); count++)
		if (count < 16)
			ask_everything(item, err);
	FUZZ_PROMISE(count == json_count(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct json value, again;
	if (json_parse(data, size, "fuzz", 1 << 16, arena, &value, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	ask_everything(value, &err);
	AUTO_TEXT text = TEXT_INIT;
	json_write(&text, value);
	FUZZ_PROMISE(json_parse(text.bytes, text.length, "again", 1 << 20, arena, &again, &err) == 0);
	FUZZ_PROMISE(json_equal(value, again));
	return 0;
}
