/* setjmp and longjmp: the registers are trampoline.S's, the signal mask is kept here. */
#include "guest.h"

#include <signal.h>

/* Behind the registers in the guest's jmp_buf of 192 bytes. */
struct jump_mask {
	char registers[168];
	uint32_t saved;
	uint32_t mask;
};
_Static_assert(sizeof(struct jump_mask) <= 192, "fits jmp_buf");

int jump_save_mask(struct jump_mask *buffer, int save);
int jump_save_mask(struct jump_mask *buffer, int save)
{
	sigset_t set;

	buffer->saved = save != 0;
	if (save && sigprocmask(SIG_BLOCK, NULL, &set) == 0)
		buffer->mask = sigset_to_darwin(&set);
	return 0;
}

_Noreturn void jump_restore(struct jump_mask *buffer, int value);

static _Noreturn void guest_longjmp(struct jump_mask *buffer, int value)
{
	sigset_t set;

	if (buffer->saved) {
		sigset_from_darwin(&set, buffer->mask);
		sigprocmask(SIG_SETMASK, &set, NULL);
	}
	jump_restore(buffer, value != 0 ? value : 1);
}

const struct shim shim_jump[] = {
	SHIM(setjmp, guest_setjmp),
	SHIM(_setjmp, guest__setjmp),
	SHIM(sigsetjmp, guest_sigsetjmp),
	SHIM(longjmp, guest_longjmp),
	SHIM(_longjmp, guest_longjmp),
	SHIM(siglongjmp, guest_longjmp),
	SHIM_END,
};
