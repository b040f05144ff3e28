/* --limit-rate: what is a rate, and what is none. */
#include "check.h"

#include "transfer_rate.h"

TEST(rates_have_decimal_and_binary_units)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rates[] = {
		{"1", 1},
		{"65536", 65536},
		{"7B", 7},
		{"500K", 500000},
		{"500k", 500000},
		{"500KB", 500000},
		{"500KiB", 512000},
		{"2M", 2000000},
		{"1MiB", 1048576},
		{"1mib/s", 1048576},
		{"3G", 3000000000},
		{"1GiB/s", 1073741824},
		{NULL, 0},
	};
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct err err = ERR_INIT;
		uint64_t bytes = 42;
		CHECK_OK(transfer_rate_parse(rates[i].text, &bytes, &err));
		CHECK_INT(bytes, rates[i].bytes);
	}
}

TEST(what_is_no_rate_is_refused)
{
	static const char *const texts[] = {"", "0", "0M", "-1", "K", "1.5M", "2 M", "2T", "2MBps",
		"/s", "1/s/s", "9999999999999999", "999999999999999G", "1KiBB", "fast"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err err = ERR_INIT;
		uint64_t bytes;
		CHECK_FAILS(transfer_rate_parse(texts[i], &bytes, &err), CODE_USAGE);
	}
}
