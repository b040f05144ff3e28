/* Tar archives: in both modes, from a file and as a stream; accepted entries lie in the archive. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tar_reader.h"

struct memory {
	struct stream_source source;
	const uint8_t *data;
	size_t left;
};

static int next_part(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct memory *memory = (struct memory *)source;
	(void)err;
	*bytes = memory->data;
	*length = memory->left < 700 ? memory->left : 700;
	memory->data += *length;
	memory->left -= *length;
	return 0;
}

static void check_entry(const struct tar_entry *entry, size_t size, enum tar_mode mode)
{
	FUZZ_PROMISE(entry->path[0] != '/' && strncmp(entry->path, "../", 3) != 0);
	FUZZ_PROMISE(!strstr(entry->path, "/../"));
	FUZZ_PROMISE(mode != TAR_BUNDLE || entry->type == TAR_FILE);
	if (entry->data_offset != UINT64_MAX)
		FUZZ_PROMISE(entry->data_offset + entry->size_bytes <= size);
}

static void read_all(struct tar_reader *reader, size_t size, enum tar_mode mode)
{
	struct err err = ERR_INIT;
	const struct tar_entry *entry;
	for (int i = 0; i < 1000; i++) {
		if (tar_reader_next(reader, &entry, &err) < 0) {
			FUZZ_PROMISE(err.code == (mode == TAR_BUNDLE ? CODE_INTEGRITY : CODE_INPUT));
			return;
		}
		if (!entry)
			return;
		check_entry(entry, size, mode);
		const void *bytes = NULL;
		size_t length = 0;
		uint64_t total = 0, expected = entry->size_bytes;
		int result = 0;
		if (i % 3 == 2)
			continue; /* step over the data */
		do {
			result = stream_next(tar_reader_data(reader), &bytes, &length, &err);
			total += length;
		} while (result == 0 && length > 0 && total < 1 << 22);
		FUZZ_PROMISE(result < 0 || length > 0 || total == expected);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	for (int mode = TAR_BUNDLE; mode <= TAR_FOREIGN; mode++) {
		struct err err = ERR_INIT;
		AUTO(tar_reader) file = NULL;
		AUTO(tar_reader) stream = NULL;
		struct memory memory = {{next_part}, data, size};
		if (tar_reader_open_file(&file, (enum tar_mode)mode, fd, "fuzz", 0, size, &err) == 0)
			read_all(file, size, (enum tar_mode)mode);
		if (tar_reader_open_source(
			    &stream, (enum tar_mode)mode, &memory.source, "fuzz", &err) == 0)
			read_all(stream, size, (enum tar_mode)mode);
	}
	struct err err = ERR_INIT;
	AUTO(tar_reader) unpacked = NULL;
	struct memory memory = {{next_part}, data, size};
	if (tar_reader_open_compressed(&unpacked, &memory.source, "fuzz", &err) == 0)
		read_all(unpacked, size, TAR_FOREIGN);
	close(fd);
	return 0;
}
