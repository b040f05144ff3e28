/* The stubs of all targets, inside the builder itself. */
#include "stub_image.h"

#include <stdint.h>
#include <string.h>

#define STUB(name) extern const unsigned char stub_bytes_##name[], stub_bytes_##name##_end[]
#define LENGTH(name) ((uintptr_t)stub_bytes_##name##_end - (uintptr_t)stub_bytes_##name)
STUB(darwin_arm64);
STUB(linux_arm64);
STUB(linux_amd64);

const struct stub_image *stub_image_list(void)
{
	static struct stub_image images[] = {
		{"darwin-arm64", stub_bytes_darwin_arm64, 0},
		{"linux-arm64", stub_bytes_linux_arm64, 0},
		{"linux-amd64", stub_bytes_linux_amd64, 0},
		{NULL, NULL, 0},
	};
	/* The difference of two labels is no constant expression in C. */
	images[0].length = LENGTH(darwin_arm64);
	images[1].length = LENGTH(linux_arm64);
	images[2].length = LENGTH(linux_amd64);
	return images;
}

const struct stub_image *stub_image_find(const char *target)
{
	for (const struct stub_image *image = stub_image_list(); image->target; image++)
		if (strcmp(image->target, target) == 0)
			return image;
	return NULL;
}
