/*
 * machorun: runs an arm64 macOS program on arm64 Linux, usually under qemu-aarch64.
 *
 *	machorun [--strict] [--qemu PATH] [--root DIR] [--argv0 NAME] FILE [ARGUMENT...]
 *	machorun --check FILE	list the imports that have no shim; 1 when there are any
 *	machorun --list		list the shims
 *
 * A damaged file runs as far as it gets, so that the program's own verification has the word. With
 * --strict the kernel has it: a file that is cut short does not start, and a mapped page that does
 * not match the code signature kills the process.
 *
 * Exit status: the program's; 125 machorun itself failed or an import without a shim was called;
 * 126 the file is not fit to run; killed by SIGKILL for its signature.
 */
#include "guest.h"
#include "macho_image.h"
#include "macho_signature.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAC_OPEN_FILES 256

static unsigned missing_count;

/* --- imports without a shim: a call says the name and ends the process --- */

static _Noreturn void die_unshimmed(const char *name)
{
	machorun_die("%s was called and has no shim", name);
}

/* ldr x0, name; ldr x16, die; br x16 */
struct unshimmed_stub {
	uint32_t code[4];
	const char *name;
	void (*die)(const char *name);
};

static void *make_unshimmed(const char *name)
{
	static struct unshimmed_stub *page;
	static size_t used;
	const struct unshimmed_stub stub = {
		{0x58000080, 0x580000b0, 0xd61f0200, 0xd503201f}, strdup(name), die_unshimmed};

	if (page == NULL || used == 4096 / sizeof(stub)) {
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		used = 0;
		if (page == MAP_FAILED)
			machorun_die("no memory for import stubs");
	}
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
	page[used] = stub;
	__builtin___clear_cache((char *)&page[used], (char *)(&page[used] + 1));
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	return &page[used++];
}

static void *resolve(const char *name, bool weak)
{
	void *shim = shim_find(name);

	if (shim != NULL || weak)
		return shim;
	return make_unshimmed(name);
}

static void *list_missing(const char *name, bool weak)
{
	if (shim_find(name) == NULL) {
		printf("%s%s\n", name, weak ? " (weak: bound to NULL)" : "");
		missing_count += !weak;
	}
	return NULL;
}

/* --- the start of the program --- */

static void run_initialisers(const struct macho_image *image)
{
	unsigned segment = 0, index = 0;
	const struct section_64 *section;

	while ((section = macho_image_next_section(
			image, S_MOD_INIT_FUNC_POINTERS, &segment, &index)) != NULL) {
		void (**functions)(int, char **) =
			(void *)(uintptr_t)(section->addr + image->slide);

		for (uint64_t i = 0; i < section->size / sizeof(*functions); i++)
			functions[i](runtime.argc, runtime.argv);
	}
	segment = index = 0;
	while ((section = macho_image_next_section(image, S_INIT_FUNC_OFFSETS, &segment, &index)) !=
		NULL) {
		const uint32_t *offsets = (void *)(uintptr_t)(section->addr + image->slide);

		for (uint64_t i = 0; i < section->size / sizeof(*offsets); i++) {
			void (*function)(int, char **) =
				(void *)((uintptr_t)runtime.header + offsets[i]);

			function(runtime.argc, runtime.argv);
		}
	}
}

/* Terminal's limit of open files, and memory that is not zero by chance. */
static void be_like_a_mac(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > MAC_OPEN_FILES) {
		files.rlim_cur = MAC_OPEN_FILES;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	mallopt(M_PERTURB, 0x5a);
}

/* As exec'ed, made absolute but not resolved: that is what a Mac answers. */
static char *absolute_path(const char *path)
{
	char *here, *joined = NULL;

	if (path[0] == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (here == NULL || asprintf(&joined, "%s/%s", here, path) < 0)
		machorun_die("no working directory");
	free(here);
	return joined;
}

static _Noreturn void run(struct macho_file *file, int argc, char **argv)
{
	struct macho_image image;
	char *apple[2] = {NULL, NULL};
	int (*entry)(int, char **, char **, char **);

	be_like_a_mac();
	if (file->strict)
		macho_signature_check(file);
	macho_image_map(&image, file);
	macho_image_fix_up(&image, resolve);
	macho_image_protect(&image);
	close(file->fd);
	runtime.strict = file->strict;
	runtime.argc = argc;
	runtime.argv = argv;
	runtime.executable_path = absolute_path(file->path);
	runtime.slide = (intptr_t)image.slide;
	runtime.header = (void *)(uintptr_t)(macho_file_segment(file, "__TEXT")->command.vmaddr +
					     image.slide);
	if (asprintf(&apple[0], "executable_path=%s", file->path) < 0)
		machorun_die("out of memory");
	tls_prepare(&image);
	ctype_prepare();
	stdio_prepare();
	run_initialisers(&image);
	entry = (int (*)(int, char **, char **, char **))macho_image_entry(&image);
	exit(entry(argc, argv, environ, apple));
}

static int check(const struct macho_file *file)
{
	macho_image_list_imports(file, list_missing);
	return missing_count > 0;
}

static _Noreturn void usage(void)
{
	fputs("usage: machorun [--strict] [--qemu PATH] [--root DIR] [--argv0 NAME] FILE "
	      "[ARGUMENT...]\n"
	      "       machorun --check FILE | --list\n",
		stderr);
	exit(125);
}

int main(int argc, char **argv)
{
	struct macho_file file;
	const char *argv0 = NULL;
	bool check_only = false, strict = false;
	int at = 1;

	runtime.self = realpath(argv[0], NULL);
	runtime.qemu = "/usr/bin/qemu-aarch64-static";
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		if (strcmp(argv[at], "--list") == 0) {
			shim_print_all();
			return 0;
		}
		if (strcmp(argv[at], "--check") == 0)
			check_only = true;
		else if (strcmp(argv[at], "--strict") == 0)
			strict = true;
		else if (strcmp(argv[at], "--qemu") == 0 && at + 1 < argc)
			runtime.qemu = argv[++at];
		else if (strcmp(argv[at], "--root") == 0 && at + 1 < argc)
			runtime.root = argv[++at];
		else if (strcmp(argv[at], "--argv0") == 0 && at + 1 < argc)
			argv0 = argv[++at];
		else
			usage();
	}
	if (at >= argc)
		usage();
	macho_file_open(&file, argv[at], strict);
	if (check_only)
		return check(&file);
	if (argv0 != NULL)
		argv[at] = (char *)argv0;
	run(&file, argc - at, argv + at);
}
