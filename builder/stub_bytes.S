/*
 * The three stubs, as they were linked, inside the builder: one label before and one behind each
 * (stub_image.c). Assembles for ELF and Mach-O, x86-64 and arm64.
 */
#ifdef __APPLE__
#define SYMBOL(name) _##name
#define LOCAL(name) .private_extern _##name
	.section __TEXT,__const
#else
#define SYMBOL(name) name
#define LOCAL(name) .hidden name
	.section .rodata, "a"
#endif

	.globl SYMBOL(stub_bytes_darwin_arm64)
	LOCAL(stub_bytes_darwin_arm64)
	.p2align 4
SYMBOL(stub_bytes_darwin_arm64):
	.incbin "darwin-arm64/stub"
	.globl SYMBOL(stub_bytes_darwin_arm64_end)
	LOCAL(stub_bytes_darwin_arm64_end)
SYMBOL(stub_bytes_darwin_arm64_end):
	.byte 0

	.globl SYMBOL(stub_bytes_linux_arm64)
	LOCAL(stub_bytes_linux_arm64)
	.p2align 4
SYMBOL(stub_bytes_linux_arm64):
	.incbin "linux-arm64/stub"
	.globl SYMBOL(stub_bytes_linux_arm64_end)
	LOCAL(stub_bytes_linux_arm64_end)
SYMBOL(stub_bytes_linux_arm64_end):
	.byte 0

	.globl SYMBOL(stub_bytes_linux_amd64)
	LOCAL(stub_bytes_linux_amd64)
	.p2align 4
SYMBOL(stub_bytes_linux_amd64):
	.incbin "linux-amd64/stub"
	.globl SYMBOL(stub_bytes_linux_amd64_end)
	LOCAL(stub_bytes_linux_amd64_end)
SYMBOL(stub_bytes_linux_amd64_end):
	.byte 0

#ifndef __APPLE__
	.section .note.GNU-stack, "", %progbits
#endif
