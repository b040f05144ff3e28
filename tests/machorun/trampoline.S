/*
 * Entry points that the guest calls and C cannot express: variadic functions, thread-local
 * variables, setjmp.
 *
 * Every label that C takes the address of is .globl: for a local one GNU ld resolved :got: to the
 * wrong function.
 */
	.text

/*
 * Darwin passes variadic arguments on the stack only. Hand the stack pointer to guest_NAME as the
 * argument after the fixed ones; it builds a va_list from it.
 */
	.macro variadic name, argument
	.globl	va_\name
	.type	va_\name, %function
	.balign	4
va_\name:
	mov	\argument, sp
	b	guest_\name
	.endm

	variadic printf, x1
	variadic fprintf, x2
	variadic dprintf, x2
	variadic sprintf, x2
	variadic snprintf, x3
	variadic asprintf, x2
	variadic __sprintf_chk, x4
	variadic __snprintf_chk, x5
	variadic snprintf_l, x4
	variadic scanf, x1
	variadic sscanf, x2
	variadic fscanf, x2
	variadic sscanf_l, x3
	variadic wprintf, x1
	variadic fwprintf, x2
	variadic swprintf, x3
	variadic open, x2
	variadic openat, x3
	variadic fcntl, x2
	variadic ioctl, x2
	variadic execl, x2
	variadic execlp, x2
	variadic execle, x2
	variadic sem_open, x2
	variadic shm_open, x2
	variadic syslog, x2
	variadic err, x2
	variadic errx, x2
	variadic warn, x1
	variadic warnx, x1

/*
 * tlv_thunk: x0 = descriptor {thunk, key, offset}; answers the variable's address in x0 and may
 * change only x0, x16, x17. The first use in a thread calls tls_allocate with all else saved.
 */
	.globl	tlv_thunk
	.type	tlv_thunk, %function
	.balign	4
tlv_thunk:
	mrs	x16, tpidr_el0
	add	x16, x16, :tprel_hi12:tls_block, lsl #12
	add	x16, x16, :tprel_lo12_nc:tls_block
	ldr	x16, [x16]
	cbz	x16, 1f
	ldr	x17, [x0, #16]
	add	x0, x16, x17
	ret
1:	sub	sp, sp, #688
	stp	x29, x30, [sp]
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	stp	x8, x9, [sp, #80]
	stp	x10, x11, [sp, #96]
	stp	x12, x13, [sp, #112]
	stp	x14, x15, [sp, #128]
	str	x18, [sp, #144]
	stp	q0, q1, [sp, #160]
	stp	q2, q3, [sp, #192]
	stp	q4, q5, [sp, #224]
	stp	q6, q7, [sp, #256]
	stp	q8, q9, [sp, #288]
	stp	q10, q11, [sp, #320]
	stp	q12, q13, [sp, #352]
	stp	q14, q15, [sp, #384]
	stp	q16, q17, [sp, #416]
	stp	q18, q19, [sp, #448]
	stp	q20, q21, [sp, #480]
	stp	q22, q23, [sp, #512]
	stp	q24, q25, [sp, #544]
	stp	q26, q27, [sp, #576]
	stp	q28, q29, [sp, #608]
	stp	q30, q31, [sp, #640]
	bl	tls_allocate
	mov	x16, x0
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldp	x8, x9, [sp, #80]
	ldp	x10, x11, [sp, #96]
	ldp	x12, x13, [sp, #112]
	ldp	x14, x15, [sp, #128]
	ldr	x18, [sp, #144]
	ldp	q0, q1, [sp, #160]
	ldp	q2, q3, [sp, #192]
	ldp	q4, q5, [sp, #224]
	ldp	q6, q7, [sp, #256]
	ldp	q8, q9, [sp, #288]
	ldp	q10, q11, [sp, #320]
	ldp	q12, q13, [sp, #352]
	ldp	q14, q15, [sp, #384]
	ldp	q16, q17, [sp, #416]
	ldp	q18, q19, [sp, #448]
	ldp	q20, q21, [sp, #480]
	ldp	q22, q23, [sp, #512]
	ldp	q24, q25, [sp, #544]
	ldp	q26, q27, [sp, #576]
	ldp	q28, q29, [sp, #608]
	ldp	q30, q31, [sp, #640]
	ldp	x29, x30, [sp]
	add	sp, sp, #688
	ldr	x17, [x0, #16]
	add	x0, x16, x17
	ret

/*
 * setjmp: x19-x30, sp and d8-d15 into the guest's 192-byte jmp_buf; the signal mask, or that there
 * is none, goes behind them (shim_jump.c).
 */
	.macro	save_registers
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x16, sp
	str	x16, [x0, #96]
	stp	d8, d9, [x0, #104]
	stp	d10, d11, [x0, #120]
	stp	d12, d13, [x0, #136]
	stp	d14, d15, [x0, #152]
	.endm

	.globl	guest_setjmp, guest__setjmp, guest_sigsetjmp, jump_restore
	.type	guest_setjmp, %function
	.type	guest__setjmp, %function
	.type	guest_sigsetjmp, %function
	.type	jump_restore, %function
guest_setjmp:
	save_registers
	mov	w1, #1
	b	jump_save_mask
guest__setjmp:
	save_registers
	mov	w1, #0
	b	jump_save_mask
guest_sigsetjmp:
	save_registers
	b	jump_save_mask

jump_restore:
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x16, [x0, #96]
	mov	sp, x16
	ldp	d8, d9, [x0, #104]
	ldp	d10, d11, [x0, #120]
	ldp	d12, d13, [x0, #136]
	ldp	d14, d15, [x0, #152]
	mov	w0, w1
	ret

	.section .note.GNU-stack, "", %progbits
