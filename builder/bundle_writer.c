/* Streaming a planned bundle into a sink, from memory, files and blobs. */
#include "bundle_writer.h"

#include <fcntl.h>
#include <stdlib.h>

#include "number.h"
#include "tar_writer.h"

/* Passes on to the real sink and tells how far it is. */
struct counting_sink {
	struct stream_sink sink;
	struct stream_sink *next;
	uint64_t done, total;
	struct ui *ui;
};

static int count_and_pass(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct counting_sink *counting = (struct counting_sink *)sink;
	counting->done += length;
	ui_progress(counting->ui, counting->done, counting->total);
	return stream_write(counting->next, bytes, length, err);
}

static int write_file(struct tar_writer *tar, const struct bundle_content *content, struct err *err)
{
	AUTO_FD fd = open(content->source, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", content->source);
	char digest[SHA256_DIGEST_LENGTH + 1];
	sha256_to_digest(&content->sha256, digest);
	/* As a blob, so that a file that changed since the plan is found. */
	struct blob_source blob = {
		.digest = digest,
		.size_bytes = content->size_bytes,
		.name = content->source,
		.fd = fd,
	};
	AUTO_BLOB_READER reader = {0};
	if (blob_source_open(&blob, &reader, err) < 0)
		return -1;
	return tar_writer_copy(tar, &reader.source, err);
}

static int write_content(
	struct tar_writer *tar, const struct bundle_content *content, struct err *err)
{
	if (tar_writer_entry(tar, content->path, content->size_bytes, content->mode, err) < 0)
		return -1;
	if (content->bytes)
		return tar_writer_data(tar, content->bytes, (size_t)content->size_bytes, err);
	if (content->source)
		return write_file(tar, content, err);
	AUTO_BLOB_READER reader = {0};
	if (blob_source_open(content->blob, &reader, err) < 0)
		return -1;
	return tar_writer_copy(tar, &reader.source, err);
}

static int write_plan(struct installer_payload *payload, struct stream_sink *sink, struct err *err)
{
	const struct bundle_writer *writer = (const struct bundle_writer *)payload;
	const struct bundle_plan *plan = writer->plan;
	struct counting_sink counting = {{count_and_pass}, sink, 0, plan->length, writer->ui};
	struct tar_writer tar;
	tar_writer_init(&tar, &counting.sink, writer->mtime);
	if (tar_writer_entry(&tar, MANIFEST_PATH, plan->manifest_length, 0644, err) < 0 ||
		tar_writer_data(&tar, plan->manifest_json, plan->manifest_length, err) < 0)
		return -1;
	if (plan->signature_length &&
		(tar_writer_entry(&tar, SIGNATURE_MANIFEST_PATH, plan->signature_length, 0644,
			 err) < 0 ||
			tar_writer_data(&tar, plan->signature, plan->signature_length, err) < 0))
		return -1;
	for (size_t i = 0; i < plan->content_count; i++)
		if (write_content(&tar, &plan->contents[i], err) < 0)
			return -1;
	return tar_writer_finish(&tar, err);
}

int bundle_writer_init(struct bundle_writer *writer, const struct bundle_plan *plan, struct ui *ui,
	struct err *err)
{
	*writer = (struct bundle_writer){
		.payload = {plan->length, write_plan},
		.plan = plan,
		.ui = ui,
	};
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	if (epoch && epoch[0] && !number_parse_u64(epoch, &writer->mtime))
		return err_set(
			err, CODE_USAGE, "SOURCE_DATE_EPOCH=%s is not a number of seconds", epoch);
	return 0;
}
