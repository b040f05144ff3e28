/* The parts of an installer file, from its headers. */
#include "executable_layout.h"

#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "file_io.h"
#include "message.h"
#include "number.h"

static int damaged(const char *name, const char *what, struct err *err)
{
	err_set(err, CODE_INTEGRITY, "%s is damaged: %s", name, T(what));
	return err_hint(err, "copy the file again and compare it with its .sha256");
}

static int no_installer(const char *name, const char *why, struct err *err)
{
	err_set(err, CODE_INTEGRITY,
		"%s is not an installer made by hardtack, or it is damaged: %s", name, T(why));
	return err_hint(err, "copy the file again and compare it with its .sha256");
}

/* The ELF fields are those of the System V ABI's Elf64_Ehdr. */
int executable_layout_target(const char **target, const unsigned char *head, size_t length,
	const char *name, struct err *err)
{
	static const unsigned char elf64[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	if (macho_file_recognise(head, length)) {
		*target = "darwin-arm64";
		return 0;
	}
	unsigned machine = length >= 64 ? head[18] | (unsigned)head[19] << 8 : 0;
	if (length < 64 || memcmp(head, elf64, sizeof(elf64)) != 0 ||
		(machine != 62 && machine != 183))
		return no_installer(name, N_T("it starts like no such program"), err);
	*target = machine == 62 ? "linux-amd64" : "linux-arm64";
	return 0;
}

static int find_locator(struct executable_layout *layout, const unsigned char *head, size_t length,
	const char *name, const unsigned char *own_locator, struct err *err)
{
	int64_t at = locator_find(head, length);
	if (at < 0 || length - (size_t)at < LOCATOR_BYTES)
		return no_installer(name, N_T("it has no locator"), err);
	layout->locator_offset = (uint64_t)at;
	memcpy(layout->locator_bytes, head + at, LOCATOR_BYTES);
	if (own_locator && memcmp(own_locator, layout->locator_bytes, LOCATOR_BYTES) != 0)
		return damaged(name, N_T("it is not the program that is running"), err);
	if (locator_parse(&layout->locator, layout->locator_bytes, name, err) < 0)
		return -1;
	uint64_t stub_end = layout->locator.payload_offset;
	if (layout->locator_offset + LOCATOR_BYTES > stub_end)
		return damaged(name, N_T("its payload starts inside the program"), err);
	size_t rest = (size_t)at + LOCATOR_BYTES;
	size_t end = stub_end < length ? (size_t)stub_end : length;
	if (locator_find(head + rest, end - rest) >= 0)
		return damaged(name, N_T("it has two locators"), err);
	return 0;
}

static int check_size(const struct executable_layout *layout, uint64_t expected, const char *name,
	struct err *err)
{
	if (layout->file_size == expected)
		return 0;
	if (layout->file_size < expected)
		err_set(err, CODE_INTEGRITY, "%s is cut short: it has %llu bytes, of at least %llu",
			name, (unsigned long long)layout->file_size, (unsigned long long)expected);
	else
		err_set(err, CODE_INTEGRITY, "%s has %llu bytes behind its end", name,
			(unsigned long long)(layout->file_size - expected));
	return err_hint(err, "copy the file again and compare it with its .sha256");
}

/* header | sections | payload, zeros | __LINKEDIT: nothing else, and every number agrees. */
static int check_macho(struct executable_layout *layout, const unsigned char *head, size_t length,
	int fd, const char *name, struct err *err)
{
	struct macho_file *macho = &layout->macho;
	const struct locator *locator = &layout->locator;
	/* First, so that a cut is called a cut. */
	if (layout->file_size < locator_end(locator))
		return check_size(layout, locator_end(locator), name, err);
	if (macho_file_parse(macho, head, length, name, err) < 0) {
		err->code = CODE_INTEGRITY;
		return err_hint(err, "copy the file again and compare it with its .sha256");
	}
	const struct macho_segment *payload = macho_file_segment(macho, "__PAYLOAD");
	const struct macho_segment *linkedit = macho_file_linkedit(macho);
	if (!payload || payload + 1 != linkedit || payload->vmsize != 0 ||
		payload->section_count != 0 || payload->fileoff != locator->payload_offset ||
		payload->filesize != round_up(locator->payload_length, MACHO_PAGE))
		return damaged(name, N_T("its headers and its locator contradict each other"), err);
	if (macho->first_section != locator->header_length)
		return damaged(
			name, N_T("its header has another length than its locator says"), err);
	if (check_size(layout, linkedit->fileoff + linkedit->filesize, name, err) < 0)
		return -1;
	uint64_t signature_at = macho->signature_at;
	if (signature_at < linkedit->fileoff ||
		signature_at + macho->signature_length != layout->file_size)
		return damaged(name, N_T("its code signature does not end the file"), err);
	return code_signature_read(&layout->signature, fd, name, signature_at,
		macho->signature_length, macho_file_segment(macho, "__TEXT")->filesize, err);
}

int executable_layout_read(struct executable_layout *layout, int fd, const char *name,
	const unsigned char *own_locator, struct err *err)
{
	struct stat st;
	*layout = (struct executable_layout){0};
	if (fstat(fd, &st) < 0)
		return err_set_errno(err, CODE_IO, "read %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", name);
	layout->file_size = (uint64_t)st.st_size;
	size_t length = layout->file_size < LOCATOR_SEARCH_BYTES ? (size_t)layout->file_size
								 : LOCATOR_SEARCH_BYTES;
	AUTO_FREE unsigned char *head = xmalloc(length + 1);
	if (file_pread(fd, name, head, length, 0, err) < 0)
		return -1;
	if (executable_layout_target(&layout->target, head, length, name, err) < 0)
		return -1;
	layout->kind = macho_file_recognise(head, length) ? EXECUTABLE_MACHO : EXECUTABLE_ELF;
	if (find_locator(layout, head, length, name, own_locator, err) < 0)
		return -1;
	if (layout->kind == EXECUTABLE_MACHO)
		return check_macho(layout, head, length, fd, name, err);
	if (layout->locator.header_length != 0)
		return damaged(
			name, N_T("its header has another length than its locator says"), err);
	return check_size(layout, locator_end(&layout->locator), name, err);
}
