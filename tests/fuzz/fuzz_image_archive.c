/* Image archives as a whole, tar documents and blobs: what is usable keeps its promises, and bytes
 * that are not what the documents say are found. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO(image_set) set = image_set_new();
	AUTO(blob_cache) cache = NULL;
	char path[64], folder[64];
	int fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* Nothing can be stored there: compressed archives end at their first large entry. */
	snprintf(folder, sizeof(folder), "/proc/nowhere");
	if (blob_cache_open(&cache, folder, &err) < 0)
		abort();
	if (image_archive_add(set, path, cache, &err) < 0) {
		FUZZ_PROMISE(err.code && err.text[0]);
		close(fd);
		return 0;
	}
	for (size_t i = 0; i < set->count; i++) {
		struct image *image = set->images[i];
		struct err layers_err = ERR_INIT;
		if (image->problem) {
			FUZZ_PROMISE(image->problem->code && image->problem->text[0]);
			continue;
		}
		FUZZ_PROMISE(image->platform.os && image->platform.architecture);
		FUZZ_PROMISE(image->layer_count == image->config.diff_id_count);
		FUZZ_PROMISE(image_layers_verify(image, &layers_err) == 0 || layers_err.code);
	}
	close(fd);
	return 0;
}
