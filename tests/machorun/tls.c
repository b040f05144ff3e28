/*
 * Thread-local variables of the guest.
 *
 * A descriptor is {thunk, key, offset}; the guest calls the thunk with the descriptor. Like dyld,
 * machorun overwrites every descriptor's thunk, whatever the file says (zig's linker leaves it 0).
 */
#include "guest.h"
#include "macho_image.h"

#include <pthread.h>
#include <stdlib.h>

struct tlv_descriptor {
	void *thunk;
	uint64_t key;
	uint64_t offset;
};

/* Read by tlv_thunk in trampoline.S; NULL until the thread's first use. */
_Thread_local char *tls_block;

static const void *template_bytes;
static size_t template_size, block_size, block_align = 16;
static pthread_key_t block_key;

/* Every thread's block: the initial values, then zeros. Never fails: the guest could not be told.
 */
char *tls_allocate(void);
char *tls_allocate(void)
{
	size_t size = (block_size + block_align - 1) / block_align * block_align;
	char *block = aligned_alloc(block_align, size);

	if (block == NULL)
		machorun_die("no memory for thread-local variables");
	memset(block, 0, size);
	if (template_size > 0)
		memcpy(block, template_bytes, template_size);
	tls_block = block;
	pthread_setspecific(block_key, block);
	return block;
}

static void free_block(void *block)
{
	tls_block = NULL;
	free(block);
}

/* The template is __thread_data followed by __thread_bss, neighbours in memory. */
static void measure(const struct macho_image *image, uint32_t type, uint64_t *low, uint64_t *high)
{
	unsigned segment = 0, index = 0;
	const struct section_64 *section;

	while ((section = macho_image_next_section(image, type, &segment, &index)) != NULL) {
		if (section->size == 0)
			continue;
		*low = section->addr < *low ? section->addr : *low;
		*high = section->addr + section->size > *high ? section->addr + section->size
							      : *high;
		if (section->align < 16 && (1ul << section->align) > block_align)
			block_align = 1ul << section->align;
	}
}

void tls_prepare(const struct macho_image *image)
{
	uint64_t low = UINT64_MAX, high = 0, data_low = UINT64_MAX, data_high = 0;
	unsigned segment = 0, index = 0;
	const struct section_64 *section;

	measure(image, S_THREAD_LOCAL_REGULAR, &data_low, &data_high);
	low = data_low;
	high = data_high;
	measure(image, S_THREAD_LOCAL_ZEROFILL, &low, &high);
	if (low < high) {
		template_bytes = (const void *)(uintptr_t)(low + image->slide);
		template_size = data_high > data_low ? data_high - low : 0;
		block_size = high - low;
	}
	if (pthread_key_create(&block_key, free_block) != 0)
		machorun_die("pthread_key_create failed");
	while ((section = macho_image_next_section(
			image, S_THREAD_LOCAL_VARIABLES, &segment, &index)) != NULL) {
		struct tlv_descriptor *at = (void *)(uintptr_t)(section->addr + image->slide);

		for (uint64_t i = 0; i < section->size / sizeof(*at); i++) {
			if (at[i].offset >= block_size)
				macho_refuse(image->file, "a thread-local variable at %llu of %zu",
					(unsigned long long)at[i].offset, block_size);
			at[i].thunk = tlv_thunk;
		}
	}
}
