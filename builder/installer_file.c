/* Writes an installer: head, payload, and on Mach-O link data and signature. */
#include "installer_file.h"

#include <stdlib.h>
#include <string.h>

#include "adhoc_signature.h"
#include "digest_file.h"
#include "elf_writer.h"
#include "file_io.h"
#include "locator.h"
#include "macho_writer.h"
#include "message.h"
#include "number.h"
#include "page_digest.h"
#include "sink_thread.h"

/* What both formats have in common: an ELF has no tail and no signature. */
struct writer {
	struct stream_sink sink; /* first: the payload's bytes come here */
	struct installer_output *output;
	struct macho_plan plan;
	struct page_digest pages;
	bool is_macho;
	size_t locator_at;
	struct locator locator;
	uint64_t payload_left;
};

static int write_bytes(
	const struct writer *writer, const void *bytes, size_t length, struct err *err)
{
	return writer->output->write(writer->output, bytes, length, err);
}

static int write_payload_bytes(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct writer *writer = (struct writer *)sink;
	if (length > writer->payload_left)
		return err_set(err, CODE_INPUT, "the payload grew while it was written");
	writer->payload_left -= length;
	page_digest_update(&writer->pages, bytes, length);
	return write_bytes(writer, bytes, length, err);
}

/* ---- planning ---- */

static int plan_elf(struct macho_plan *plan, const unsigned char *stub, size_t stub_length,
	uint64_t payload_length, enum elf_machine machine, struct err *err)
{
	if (elf_writer_check(stub, stub_length, machine, err) < 0)
		return -1;
	plan->payload_offset = round_up(stub_length, PAGE_DIGEST_PAGE);
	plan->size = plan->payload_offset + payload_length;
	plan->head = xmalloc((size_t)plan->payload_offset);
	memset(plan->head, 0, (size_t)plan->payload_offset);
	memcpy(plan->head, stub, stub_length);
	return 0;
}

static int plan_target(struct writer *writer, const char *target, const void *stub,
	size_t stub_length, uint64_t payload_length, struct err *err)
{
	if (payload_length > LOCATOR_LARGEST_LENGTH ||
		stub_length > LOCATOR_SEARCH_BYTES - PAGE_DIGEST_PAGE)
		return err_set(err, CODE_INPUT,
			"the payload of %llu bytes does not fit into one file",
			(unsigned long long)payload_length);
	if (strcmp(target, "darwin-arm64") == 0) {
		writer->is_macho = true;
		return macho_writer_plan(&writer->plan, stub, stub_length, payload_length, err);
	}
	if (strcmp(target, "linux-amd64") == 0)
		return plan_elf(
			&writer->plan, stub, stub_length, payload_length, ELF_MACHINE_AMD64, err);
	if (strcmp(target, "linux-arm64") == 0)
		return plan_elf(
			&writer->plan, stub, stub_length, payload_length, ELF_MACHINE_ARM64, err);
	err_set(err, CODE_USAGE, "there is no target %s", target);
	return err_hint(err, "the targets are darwin-arm64, linux-arm64 and linux-amd64");
}

/* The stub's one locator, not packed yet, gets everything but the root. */
static int patch_locator(struct writer *writer, uint64_t payload_length, struct err *err)
{
	struct macho_plan *plan = &writer->plan;
	size_t length = (size_t)plan->payload_offset;
	int64_t at = locator_find(plan->head, length);
	if (at < 0 || (size_t)at + LOCATOR_BYTES > length || (size_t)at < plan->header_length ||
		load_le32(plan->head + at + LOCATOR_MAGIC_BYTES) != 0 ||
		locator_find(plan->head + at + 1, length - (size_t)at - 1) >= 0)
		return err_set(err, CODE_INPUT, "the stub has no single empty locator");
	writer->locator_at = (size_t)at;
	writer->locator = (struct locator){
		.version = LOCATOR_VERSION,
		.header_length = plan->header_length,
		.payload_offset = plan->payload_offset,
		.payload_length = payload_length,
	};
	locator_format(&writer->locator, plan->head + at);
	return 0;
}

/* ---- writing ---- */

/* The head as the root has it: header and root read as zeros. The root still is. */
static void digest_masked_head(struct writer *writer)
{
	static const unsigned char zeros[4096];
	const struct macho_plan *plan = &writer->plan;
	for (size_t left = plan->header_length; left > 0;) {
		size_t part = left < sizeof(zeros) ? left : sizeof(zeros);
		page_digest_update(&writer->pages, zeros, part);
		left -= part;
	}
	page_digest_update(&writer->pages, plan->head + plan->header_length,
		(size_t)plan->payload_offset - plan->header_length);
}

/* Blobs are read and proven on this thread, pages digested and written on another. */
static int push_payload(
	struct writer *writer, struct installer_payload *payload, struct err *err)
{
	struct sink_thread behind;
	sink_thread_open(&behind, &writer->sink);
	int status = payload->write(payload, &behind.sink, err);
	return sink_thread_close(&behind, status, err);
}

static int write_head_and_payload(
	struct writer *writer, struct installer_payload *payload, struct err *err)
{
	const struct macho_plan *plan = &writer->plan;
	digest_masked_head(writer);
	if (write_bytes(writer, plan->head, (size_t)plan->payload_offset, err) < 0)
		return -1;
	writer->payload_left = payload->length;
	if (payload->length > 0 && push_payload(writer, payload, err) < 0)
		return -1;
	if (writer->payload_left > 0)
		return err_set(err, CODE_INPUT, "the payload ended %llu bytes early",
			(unsigned long long)writer->payload_left);
	return 0;
}

static int write_root(struct writer *writer, struct err *err)
{
	unsigned char *locator = writer->plan.head + writer->locator_at;
	writer->locator.root = page_digest_root(&writer->pages);
	locator_format(&writer->locator, locator);
	return writer->output->patch(
		writer->output, locator, LOCATOR_BYTES, writer->locator_at, err);
}

/* The pages of the head were digested with zeros in them; the signature wants them as they are. */
static void digest_head_again(struct writer *writer)
{
	const struct macho_plan *plan = &writer->plan;
	for (uint64_t at = 0; at < plan->payload_offset; at += PAGE_DIGEST_PAGE)
		writer->pages.digests[at / PAGE_DIGEST_PAGE] =
			digest_sha256_of(plan->head + at, PAGE_DIGEST_PAGE);
}

static int write_tail(struct writer *writer, struct err *err)
{
	static const unsigned char zeros[PAGE_DIGEST_PAGE];
	const struct macho_plan *plan = &writer->plan;
	page_digest_update(&writer->pages, zeros, (size_t)plan->padding);
	page_digest_update(&writer->pages, plan->tail, plan->tail_length);
	page_digest_end(&writer->pages);
	digest_head_again(writer);
	BUG_ON(writer->pages.count != adhoc_signature_slots(plan->code_limit));
	unsigned char head[ADHOC_SIGNATURE_HEAD];
	adhoc_signature_head(head, (uint32_t)plan->code_limit, plan->text_length);
	if (write_bytes(writer, zeros, (size_t)plan->padding, err) < 0 ||
		write_bytes(writer, plan->tail, plan->tail_length, err) < 0 ||
		write_bytes(writer, head, sizeof(head), err) < 0)
		return -1;
	return write_bytes(writer, writer->pages.digests,
		writer->pages.count * sizeof(writer->pages.digests[0]), err);
}

static int write_all(struct writer *writer, struct installer_file *file,
	struct installer_payload *payload, struct err *err)
{
	const struct macho_plan *plan = &writer->plan;
	struct installer_output *output = writer->output;
	struct installer_shape shape = {
		.header_length = plan->header_length,
		.locator_offset = writer->locator_at,
		.payload_offset = plan->payload_offset,
		.payload_length = payload->length,
		.code_limit = writer->is_macho ? plan->code_limit : plan->size,
		.size = plan->size,
	};
	if (output->begin(output, &shape, err) < 0 ||
		write_head_and_payload(writer, payload, err) < 0 || write_root(writer, err) < 0)
		return -1;
	if (writer->is_macho && write_tail(writer, err) < 0)
		return -1;
	*file = (struct installer_file){
		.size = plan->size,
		.payload_offset = plan->payload_offset,
		.payload_length = payload->length,
		.root = writer->locator.root,
	};
	return output->digest(output, &file->sha256, err);
}

int installer_file_put(struct installer_file *file, struct installer_output *output,
	const char *target, const void *stub, size_t stub_length, struct installer_payload *payload,
	struct err *err)
{
	struct writer writer = {.sink = {write_payload_bytes}, .output = output};
	int result = plan_target(&writer, target, stub, stub_length, payload->length, err);
	page_digest_init(&writer.pages, writer.is_macho);
	if (result == 0)
		result = patch_locator(&writer, payload->length, err);
	if (result == 0)
		result = write_all(&writer, file, payload, err);
	page_digest_clear(&writer.pages);
	macho_writer_clear(&writer.plan);
	return result;
}

/* ---- into a file ---- */

struct file_target {
	struct installer_output output; /* first */
	int fd;
	const char *path; /* for errors */
	uint64_t size;
};

static int file_begin(
	struct installer_output *output, const struct installer_shape *shape, struct err *err)
{
	(void)err;
	((struct file_target *)output)->size = shape->size;
	return 0;
}

static int file_put(
	struct installer_output *output, const void *bytes, size_t length, struct err *err)
{
	const struct file_target *file = (struct file_target *)output;
	return file_write(file->fd, file->path, bytes, length, err);
}

static int file_patch(struct installer_output *output, const void *bytes, size_t length,
	uint64_t offset, struct err *err)
{
	const struct file_target *file = (struct file_target *)output;
	return file_pwrite(file->fd, file->path, bytes, length, offset, err);
}

/* SHA-256 is sequential and the head is complete only now, so the file is read once more: from
 * the page cache, mostly, while the disk gets it. */
static int file_digest(struct installer_output *output, struct sha256 *out, struct err *err)
{
	const struct file_target *target = (struct file_target *)output;
	file_write_back(target->fd);
	return digest_file_range(target->fd, target->path, 0, target->size, out, err);
}

int installer_file_write_to(struct installer_file *file, int fd, const char *path,
	const char *target, const void *stub, size_t stub_length, struct installer_payload *payload,
	struct err *err)
{
	struct file_target into = {{file_begin, file_put, file_patch, file_digest}, fd, path, 0};
	return installer_file_put(file, &into.output, target, stub, stub_length, payload, err);
}

int installer_file_write(struct installer_file *file, const char *path, const char *target,
	const void *stub, size_t stub_length, struct installer_payload *payload, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	if (file_output_open(&output, path, 0755, err) < 0 ||
		installer_file_write_to(
			file, output.fd, path, target, stub, stub_length, payload, err) < 0)
		return -1;
	return file_output_commit(&output, err);
}
