/* The ad-hoc code signature that hardtack gives its Mach-O files. */
#include "adhoc_signature.h"

#include <string.h>

#include "number.h"

/* From XNU osfmk/kern/cs_blobs.h. */
enum {
	SUPERBLOB_BYTES = 20, /* with its one index entry */
	DIRECTORY_BYTES = 88,
	HASH_SHA256 = 2,
	EXECSEG_MAIN_BINARY = 1,
	FLAGS_ADHOC_LINKER_SIGNED = 0x20002,
	PAGE_SHIFT = 14,
};

static const char IDENTIFIER[] = "hardtack.stub.arm64";
_Static_assert(SUPERBLOB_BYTES + DIRECTORY_BYTES + sizeof(IDENTIFIER) == ADHOC_SIGNATURE_HEAD,
	"the slots start at a multiple of 32");

uint64_t adhoc_signature_slots(uint64_t code_limit)
{
	return (code_limit + ADHOC_SIGNATURE_PAGE - 1) / ADHOC_SIGNATURE_PAGE;
}

uint64_t adhoc_signature_length(uint64_t code_limit)
{
	return ADHOC_SIGNATURE_HEAD + adhoc_signature_slots(code_limit) * ADHOC_SIGNATURE_SLOT;
}

void adhoc_signature_head(
	unsigned char head[ADHOC_SIGNATURE_HEAD], uint32_t code_limit, uint64_t text_length)
{
	uint32_t length = (uint32_t)adhoc_signature_length(code_limit);
	unsigned char *directory = head + SUPERBLOB_BYTES;
	memset(head, 0, ADHOC_SIGNATURE_HEAD);
	store_be32(head, 0xfade0cc0);
	store_be32(head + 4, length);
	store_be32(head + 8, 1);
	store_be32(head + 16, SUPERBLOB_BYTES); /* head + 12: type 0, the code directory */
	store_be32(directory, 0xfade0c02);
	store_be32(directory + 4, length - SUPERBLOB_BYTES);
	store_be32(directory + 8, 0x20400);
	store_be32(directory + 12, FLAGS_ADHOC_LINKER_SIGNED);
	store_be32(directory + 16, ADHOC_SIGNATURE_HEAD - SUPERBLOB_BYTES); /* slot 0 */
	store_be32(directory + 20, DIRECTORY_BYTES);                        /* identifier */
	store_be32(directory + 28, (uint32_t)adhoc_signature_slots(code_limit));
	store_be32(directory + 32, code_limit);
	directory[36] = ADHOC_SIGNATURE_SLOT;
	directory[37] = HASH_SHA256;
	directory[39] = PAGE_SHIFT;
	/* execSegBase (64) is 0: __TEXT starts the file. */
	store_be64(directory + 72, text_length);
	store_be64(directory + 80, EXECSEG_MAIN_BINARY);
	memcpy(directory + DIRECTORY_BYTES, IDENTIFIER, sizeof(IDENTIFIER));
}
