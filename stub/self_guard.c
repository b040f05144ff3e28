/* Words that are ready before the stick is gone. */
#include "self_guard.h"

#ifdef __ELF__
#include <elf.h>
#endif
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "arena.h"
#include "exit_code.h"
#include "message.h"

static char words[1024];
static size_t words_length;

static void on_bus_error(int number)
{
	(void)number;
	if (write(STDERR_FILENO, words, words_length) < 0)
		_exit(CODE_IO);
	_exit(CODE_IO);
}

#ifdef __ELF__
/* The linker's name for the first byte of what is loaded: the ELF header. */
extern const char __executable_start[]; // NOLINT(bugprone-reserved-identifier)

/* Segment by segment: on arm64 they lie 64 KiB apart, and nothing is mapped between them. */
static void make_present(void)
{
	enum { PAGE = 4096 };
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)__executable_start;
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(__executable_start + header->e_phoff);
	uintptr_t base = 0;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		const Elf64_Phdr *segment = &segments[i];
		if (segment->p_type == PT_PHDR)
			base = (uintptr_t)segments - segment->p_vaddr;
		if (!base || segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
			continue;
		const volatile char *at = (const volatile char *)(base + segment->p_vaddr);
		for (uint64_t done = 0; done < segment->p_filesz; done += PAGE)
			(void)at[done];
	}
}
#else
static void make_present(void)
{
}
#endif

void self_guard_install(void)
{
	struct sigaction action = {.sa_handler = on_bus_error};
	int length = snprintf(words, sizeof(words), "\n%s\n  → %s\n",
		T("Error: this program can no longer be read from where it lies"),
		T("plug the stick in again (or bring the disk or the share back), then run this "
		  "again; it goes on where it stopped"));
	if (length > 0)
		words_length = (size_t)length < sizeof(words) ? (size_t)length : sizeof(words) - 1;
	make_present();
	sigaction(SIGBUS, &action, NULL);
}
