/* Unpacking a bundle: manifest.json and all that it names. */
#include "bundle_extract.h"

#include <string.h>
#include <unistd.h>

#include "file_io.h"
#include "signature.h"

struct file_sink {
	struct stream_sink sink;
	int fd;
	const char *path;
};

static int file_sink_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;
	return file_write(file->fd, file->path, bytes, length, err);
}

int bundle_extract_file(const struct bundle *bundle, const char *entry, const char *path,
	unsigned mode, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	if (file_output_open(&output, path, mode, err) < 0)
		return -1;
	struct file_sink sink = {{file_sink_write}, output.fd, path};
	if (bundle_stream(bundle, entry, &sink.sink, err) < 0)
		return -1;
	return file_output_commit(&output, err);
}

static int extract_entry(const struct bundle *bundle, const char *directory, const char *entry,
	unsigned mode, struct err *err)
{
	AUTO_FREE char *path = xprintf("%s/%s", directory, entry);
	AUTO_FREE char *parent = xstrdup(path);
	*strrchr(parent, '/') = '\0';
	if (file_make_directories(parent, 0755, err) < 0)
		return -1;
	return bundle_extract_file(bundle, entry, path, mode, err);
}

static int extract_all(const struct bundle *bundle, const char *directory, struct err *err)
{
	const struct manifest *manifest = bundle_manifest(bundle);
	if (extract_entry(bundle, directory, MANIFEST_PATH, 0644, err) < 0 ||
		(bundle_signer(bundle) &&
			extract_entry(bundle, directory, SIGNATURE_MANIFEST_PATH, 0644, err) < 0))
		return -1;
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (extract_entry(bundle, directory, manifest->entries[i].path,
			    manifest->entries[i].mode, err) < 0)
			return -1;
	return 0;
}

/* Half of a bundle looks like one; and where nothing was, the same command can be given again. */
static void remove_all(const struct bundle *bundle, const char *directory, bool existed)
{
	const struct manifest *manifest = bundle_manifest(bundle);
	file_remove_below(directory, MANIFEST_PATH);
	file_remove_below(directory, SIGNATURE_MANIFEST_PATH);
	for (size_t i = 0; i < manifest->entry_count; i++)
		file_remove_below(directory, manifest->entries[i].path);
	if (!existed)
		rmdir(directory);
}

int bundle_extract(const struct bundle *bundle, const char *directory, struct err *err)
{
	bool existed = access(directory, F_OK) == 0;
	if (file_check_empty(directory, err) < 0)
		return -1;
	if (extract_all(bundle, directory, err) == 0)
		return 0;
	remove_all(bundle, directory, existed);
	return -1;
}
