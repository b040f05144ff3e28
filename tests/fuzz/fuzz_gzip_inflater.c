/* gzip: pushed at once or byte by byte, the outcome and the bytes are the same. */
#include "fuzz.h"

#include "digest.h"
#include "gzip_inflater.h"

struct counting_sink {
	struct stream_sink sink;
	struct digest_sha256 hash;
	uint64_t total;
};

static int count(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct counting_sink *counting = (struct counting_sink *)sink;
	digest_sha256_update(&counting->hash, bytes, length);
	counting->total += length;
	return counting->total > 1 << 24 ? err_set(err, CODE_INPUT, "enough") : 0;
}

static int inflate_in(size_t step, const uint8_t *data, size_t size, struct sha256 *out)
{
	struct err err = ERR_INIT;
	struct counting_sink to = {.sink = {.write = count}};
	AUTO(gzip_inflater) inflater = gzip_inflater_new(&to.sink);
	int result = 0;
	digest_sha256_init(&to.hash);
	for (size_t at = 0; at < size && result == 0; at += step)
		result = gzip_inflater_write(
			inflater, data + at, size - at < step ? size - at : step, &err);
	if (result == 0)
		result = gzip_inflater_finish(inflater, &err);
	*out = digest_sha256_final(&to.hash);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sha256 whole, parts;
	int first = inflate_in(size + 1, data, size, &whole);
	int second = inflate_in(1, data, size, &parts);
	FUZZ_PROMISE(first == second);
	FUZZ_PROMISE(first < 0 || sha256_equal(&whole, &parts));
	return 0;
}
