/* Words that are ready before the stick is gone. */
#include "self_guard.h"

#include <signal.h>
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
/* The linker's names for where what is loaded begins and where the code ends. */
extern const char __executable_start[], etext[]; // NOLINT(bugprone-reserved-identifier)

static void make_present(void)
{
	enum { PAGE = 4096 };
	for (const volatile char *at = __executable_start; at < etext; at += PAGE)
		(void)*at;
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
