/* Names what differs between an installer that was made here and a file. */
#include "installer_against.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "digest_file.h"
#include "executable_layout.h"
#include "file_io.h"
#include "installer_compare.h"
#include "installer_open.h"
#include "message.h"
#include "tar_writer.h"

enum { DIGEST_TEXT = SHA256_DIGEST_LENGTH + 1 };

/* A difference with a name. A side without digest is "" (there is no such thing on that side). */
struct difference {
	const char *part; /* the machine's word: "stub", "image", "file", "signature" … */
	const char *name; /* for people; in the arena */
	char ours[DIGEST_TEXT], theirs[DIGEST_TEXT];
};

struct against {
	const char *path;
	const struct bundle_plan *plan;
	struct ui *ui;
	struct installer_compare compare;
	struct difference first; /* part NULL: none yet */
};

int installer_against_target(const char *path, const char **target, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	unsigned char head[64];
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", path);
	size_t length = st.st_size < (off_t)sizeof(head) ? (size_t)st.st_size : sizeof(head);
	if (file_pread(fd, path, head, length, 0, err) < 0)
		return -1;
	return executable_layout_target(target, head, length, path, err);
}

/* ---- signatures ---- */

static void give(struct given_signatures *given, const struct bundle *bundle, struct arena *arena)
{
	struct err err = ERR_INIT;
	char *bytes;
	size_t length;
	if (!bundle_signer(bundle) ||
		bundle_read(bundle, SIGNATURE_MANIFEST_PATH, SIGNATURE_DOCUMENT_MOST_BYTES, arena,
			&bytes, &length, &err) < 0)
		return;
	given->bytes[given->count] = bytes;
	given->lengths[given->count++] = length;
}

/* The control program is an installer of its own, inside; it is opened from a file without a
 * name. */
static void give_of_control(
	struct given_signatures *given, const struct bundle *bundle, struct arena *arena)
{
	static const char path[] = MANIFEST_FILES_PREFIX MANIFEST_CONTROL_NAME;
	struct err err = ERR_INIT;
	struct executable_layout layout;
	AUTO(bundle) inner = NULL;
	char *program;
	size_t length;
	if (!bundle_manifest(bundle)->control ||
		bundle_read(bundle, path, LOCATOR_SEARCH_BYTES, arena, &program, &length, &err) < 0)
		return;
	AUTO_FD fd = file_nameless(&err);
	if (fd >= 0 && file_write(fd, path, program, length, &err) == 0 &&
		executable_layout_read(&layout, fd, path, NULL, &err) == 0 &&
		bundle_open(&inner, fd, path, layout.locator.payload_offset,
			layout.locator.payload_length, &err) == 0)
		give(given, inner, arena);
}

void installer_against_signatures(
	const char *path, struct given_signatures *given, struct arena *arena)
{
	struct err err = ERR_INIT;
	AUTO_INSTALLER installer = INSTALLER_INIT;
	*given = (struct given_signatures){0};
	if (installer_open(&installer, path, &err) < 0)
		return;
	give(given, installer.bundle, arena);
	give_of_control(given, installer.bundle, arena);
}

/* ---- what differs, by name ---- */

static void set_digest(char digest[static DIGEST_TEXT], const struct sha256 *sha256)
{
	if (sha256)
		sha256_to_digest(sha256, digest);
	else
		digest[0] = '\0';
}

static const char *side(const char *digest)
{
	return digest[0] ? digest : T("nothing");
}

static void tell(struct against *against, const struct difference *difference)
{
	struct ui_field fields[] = {
		UI_TEXT("part", difference->part),
		UI_TEXT("name", difference->name),
		UI_TEXT("built", difference->ours[0] ? difference->ours : NULL),
		UI_TEXT("file", difference->theirs[0] ? difference->theirs : NULL),
	};
	if (difference->ours[0] || difference->theirs[0])
		UI_RECORD(against->ui, "difference", fields, T("%s: built here %s, in the file %s"),
			difference->name, side(difference->ours), side(difference->theirs));
	else
		UI_RECORD(against->ui, "difference", fields, "%s", difference->name);
	if (against->first.part)
		return;
	against->first = *difference;
	against->first.name = arena_strdup(against->plan->arena, difference->name);
}

static void tell_sums(struct against *against, const char *part, const char *name,
	const struct sha256 *ours, const struct sha256 *theirs)
{
	struct difference difference = {.part = part, .name = name};
	set_digest(difference.ours, ours);
	set_digest(difference.theirs, theirs);
	tell(against, &difference);
}

/* ---- two manifests ---- */

static const struct manifest_image *find_image(
	const struct manifest *manifest, const struct manifest_image *like)
{
	for (size_t i = 0; i < manifest->image_count; i++)
		if (strcmp(manifest->images[i].reference, like->reference) == 0 &&
			strcmp(manifest->images[i].architecture, like->architecture) == 0)
			return &manifest->images[i];
	return NULL;
}

static void tell_image(struct against *against, const struct manifest_image *named,
	const char *ours, const char *theirs)
{
	struct difference difference = {.part = "image"};
	difference.name = arena_printf(against->plan->arena, T("image %s"), named->reference);
	snprintf(difference.ours, sizeof(difference.ours), "%s", ours);
	snprintf(difference.theirs, sizeof(difference.theirs), "%s", theirs);
	tell(against, &difference);
}

static void compare_images(struct against *against, const struct manifest *theirs)
{
	const struct manifest *ours = &against->plan->manifest;
	for (size_t i = 0; i < ours->image_count; i++) {
		const struct manifest_image *image = &ours->images[i];
		const struct manifest_image *other = find_image(theirs, image);
		if (!other || strcmp(other->pin, image->pin) != 0)
			tell_image(against, image, image->pin, other ? other->pin : "");
	}
	for (size_t i = 0; i < theirs->image_count; i++)
		if (!find_image(ours, &theirs->images[i]))
			tell_image(against, &theirs->images[i], "", theirs->images[i].pin);
}

/* Not what follows from the rest: the control program and the image part's own lists. */
static bool is_told(const struct manifest_entry *entry, bool derived)
{
	static const char control[] = MANIFEST_FILES_PREFIX MANIFEST_CONTROL_NAME;
	bool follows = strcmp(entry->path, control) == 0 ||
		       !text_starts_with(entry->path, MANIFEST_FILES_PREFIX);
	return follows == derived;
}

static void compare_entries(struct against *against, const struct manifest *theirs, bool derived)
{
	const struct manifest *ours = &against->plan->manifest;
	for (size_t i = 0; i < ours->entry_count; i++) {
		const struct manifest_entry *entry = &ours->entries[i];
		const struct manifest_entry *other = manifest_find_entry(theirs, entry->path);
		if (is_told(entry, derived) &&
			(!other || !sha256_equal(&entry->sha256, &other->sha256) ||
				entry->mode != other->mode))
			tell_sums(against, "file", entry->path, &entry->sha256,
				other ? &other->sha256 : NULL);
	}
	for (size_t i = 0; i < theirs->entry_count; i++)
		if (is_told(&theirs->entries[i], derived) &&
			!manifest_find_entry(ours, theirs->entries[i].path))
			tell_sums(against, "file", theirs->entries[i].path, NULL,
				&theirs->entries[i].sha256);
}

/* The line in which two texts differ first, counted from 1. */
static unsigned first_line(const char *a, const char *b)
{
	unsigned line = 1;
	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	return line;
}

/* The cause first: images, the project's files, what else the manifest says; what follows from
 * them only when nothing else differs. */
static int compare_manifests(struct against *against, struct err *err)
{
	AUTO_INSTALLER installer = INSTALLER_INIT;
	const struct bundle_plan *plan = against->plan;
	char *json;
	size_t length;
	if (installer_open(&installer, against->path, err) < 0 ||
		bundle_read(installer.bundle, MANIFEST_PATH, MANIFEST_LIMIT, plan->arena, &json,
			&length, err) < 0)
		return -1;
	if (length == plan->manifest_length && memcmp(json, plan->manifest_json, length) == 0)
		return 0;
	const struct manifest *theirs = bundle_manifest(installer.bundle);
	compare_images(against, theirs);
	compare_entries(against, theirs, false);
	if (against->first.part)
		return 0;
	struct sha256 mine = digest_sha256_of(plan->manifest_json, plan->manifest_length);
	struct sha256 other = digest_sha256_of(json, length);
	tell_sums(against, "manifest",
		arena_printf(plan->arena, T("%s, line %u"), MANIFEST_PATH,
			first_line(plan->manifest_json, json)),
		&mine, &other);
	compare_entries(against, theirs, true);
	return 0;
}

/* ---- the same manifest, other bytes ---- */

/* The digest of what the file has there; of less, where it ends early. */
static int digest_there(const struct against *against, uint64_t offset, uint64_t length,
	struct sha256 *sha256, struct err *err)
{
	uint64_t left = against->compare.size > offset ? against->compare.size - offset : 0;
	return digest_file_range(against->compare.fd, against->path, offset,
		left < length ? left : length, sha256, err);
}

struct span {
	const char *path;
	uint64_t at, size_bytes; /* of its data, in the payload */
	struct sha256 sha256;
};

/* The entry whose headers, data or padding are at this offset of the payload; the last one for the
 * archive's end. */
static struct span span_at(const struct bundle_plan *plan, uint64_t offset)
{
	struct span span = {MANIFEST_PATH,
		tar_writer_header_size(MANIFEST_PATH, plan->manifest_length), plan->manifest_length,
		digest_sha256_of(plan->manifest_json, plan->manifest_length)};
	uint64_t end = tar_writer_entry_size(MANIFEST_PATH, plan->manifest_length);
	if (plan->signature_length && end <= offset) {
		size_t length = plan->signature_length;
		span = (struct span){SIGNATURE_MANIFEST_PATH,
			end + tar_writer_header_size(SIGNATURE_MANIFEST_PATH, length), length,
			digest_sha256_of(plan->signature, length)};
		end += tar_writer_entry_size(SIGNATURE_MANIFEST_PATH, length);
	}
	for (size_t i = 0; i < plan->content_count && end <= offset; i++) {
		const struct bundle_content *content = &plan->contents[i];
		span = (struct span){content->path,
			end + tar_writer_header_size(content->path, content->size_bytes),
			content->size_bytes, content->sha256};
		end += tar_writer_entry_size(content->path, content->size_bytes);
	}
	return span;
}

static int tell_entry(struct against *against, struct err *err)
{
	const struct installer_compare *compare = &against->compare;
	struct sha256 theirs;
	struct span span = span_at(against->plan,
		compare->parts[COMPARE_PAYLOAD].first - compare->shape.payload_offset);
	if (digest_there(against, compare->shape.payload_offset + span.at, span.size_bytes, &theirs,
		    err) < 0)
		return -1;
	if (sha256_equal(&theirs, &span.sha256))
		tell_sums(against, "archive",
			arena_printf(against->plan->arena, T("the archive around %s"), span.path),
			&compare->parts[COMPARE_PAYLOAD].ours,
			&compare->parts[COMPARE_PAYLOAD].theirs);
	else
		tell_sums(against, "file", span.path, &span.sha256, &theirs);
	return 0;
}

static int tell_parts(struct against *against, struct err *err)
{
	const struct installer_compare *compare = &against->compare;
	const struct compare_pair *parts = compare->parts;
	if (parts[COMPARE_STUB].differs)
		tell_sums(against, "stub", T("the program itself (stub)"),
			&parts[COMPARE_STUB].ours, &parts[COMPARE_STUB].theirs);
	if (parts[COMPARE_PAYLOAD].differs && !against->first.part && tell_entry(against, err) < 0)
		return -1;
	if (!against->first.part && parts[COMPARE_LINK_DATA].differs)
		tell_sums(against, "link data", T("the link data behind the payload"),
			&parts[COMPARE_LINK_DATA].ours, &parts[COMPARE_LINK_DATA].theirs);
	return 0;
}

/* What is left: the parts that follow from the others, and the end. */
static void tell_rest(struct against *against)
{
	const struct installer_compare *compare = &against->compare;
	const struct compare_pair *signature = &compare->parts[COMPARE_SIGNATURE];
	const struct installer_shape *shape = &compare->shape;
	struct sha256 ours, theirs;
	struct err err = ERR_INIT;
	if (against->first.part)
		return;
	if (compare->locator_differs) {
		ours = digest_sha256_of(compare->header + shape->locator_offset, LOCATOR_BYTES);
		if (digest_there(against, shape->locator_offset, LOCATOR_BYTES, &theirs, &err) == 0)
			tell_sums(against, "locator", T("the locator"), &ours, &theirs);
	} else if (signature->differs) {
		tell_sums(against, "signature", T("the code signature"), &signature->ours,
			&signature->theirs);
	} else if (compare->size != shape->size) {
		tell_sums(against, "end",
			arena_printf(against->plan->arena, T("the end: %llu bytes instead of %llu"),
				(unsigned long long)compare->size, (unsigned long long)shape->size),
			NULL, NULL);
	} else {
		ours = digest_sha256_of(compare->header, (size_t)shape->header_length);
		if (digest_there(against, 0, shape->header_length, &theirs, &err) == 0)
			tell_sums(against, "header", T("the Mach-O header"), &ours, &theirs);
	}
}

static int fail_different(struct against *against, struct err *err)
{
	struct err unread = ERR_INIT;
	/* A file whose manifest cannot be read is told by its bytes alone. */
	(void)compare_manifests(against, &unread);
	if (tell_parts(against, err) < 0)
		return -1;
	tell_rest(against);
	const struct difference *first = &against->first;
	err_set(err, CODE_INTEGRITY, "%s is not what this project builds; the first difference: %s",
		against->path, first->name);
	if (!first->ours[0] && !first->theirs[0])
		return -1;
	return err_hint(
		err, "built here: %s; in the file: %s", side(first->ours), side(first->theirs));
}

static int tell_same(struct against *against, const char *target, bool identical, struct err *err)
{
	struct sha256 sha256;
	char hex[SHA256_HEX_LENGTH + 1];
	if (digest_there(against, 0, against->compare.size, &sha256, err) < 0)
		return -1;
	sha256_to_hex(&sha256, hex);
	struct ui_field fields[] = {
		UI_TEXT("file", against->path),
		UI_TEXT("target", target),
		UI_TEXT("sha256", hex),
		UI_BOOL("identical", identical),
		UI_BOOL("only_signature", !identical),
	};
	if (identical)
		UI_RECORD(against->ui, "compared", fields,
			T("%s: identical, this project builds the same bytes (SHA-256 %s)"),
			against->path, hex);
	else
		UI_RECORD(against->ui, "compared", fields,
			T("%s: only the code signature differs, somebody signed it again; all else "
			  "is what "
			  "this project builds"),
			against->path);
	return 0;
}

static int compare_with(struct against *against, const struct stub_image *stub,
	struct bundle_writer *writer, struct err *err)
{
	struct installer_file file;
	struct installer_compare *compare = &against->compare;
	ui_step_begin(
		against->ui, "compare", T("Building again and comparing with %s"), against->path);
	if (installer_file_put(&file, &compare->output, stub->target, stub->bytes, stub->length,
		    &writer->payload, err) < 0)
		return -1;
	bool identical = installer_compare_same(compare, err);
	if (err->code)
		return -1;
	if (!identical && !installer_compare_only_signature(compare)) {
		ui_step_end(against->ui, UI_FAILED, T("%s is different"), against->path);
		return fail_different(against, err);
	}
	ui_step_end(against->ui, UI_DONE, T("Compared every byte of %s"), against->path);
	return tell_same(against, stub->target, identical, err);
}

int installer_against(const char *path, const struct stub_image *stub, struct bundle_writer *writer,
	struct ui *ui, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	struct against against = {.path = path, .plan = writer->plan, .ui = ui};
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	installer_compare_init(&against.compare, fd, path, (uint64_t)st.st_size);
	int status = compare_with(&against, stub, writer, err);
	installer_compare_clear(&against.compare);
	return status;
}
