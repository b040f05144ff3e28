/* The running program's locator: a section of its own, so that the structure can be checked. */
#include "locator_self.h"

#ifdef __APPLE__
#define LOCATOR_SECTION "__TEXT,__hardtack"
#else
#define LOCATOR_SECTION ".hardtack"
#endif

__attribute__((section(LOCATOR_SECTION), used,
	aligned(64))) static const unsigned char self[LOCATOR_BYTES] = {LOCATOR_MAGIC};

void locator_self_read(unsigned char bytes[LOCATOR_BYTES])
{
	/* volatile: the builder changes it after the compiler has seen it as zeros. (On the
	 * pointer, since a volatile object would not be put into a read-only section.) */
	const volatile unsigned char *at = self;
	for (int i = 0; i < LOCATOR_BYTES; i++)
		bytes[i] = at[i];
}
