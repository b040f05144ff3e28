/* The images' processor against the engine's. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "preflight_check.h"

/* A 64-bit processor runs its 32-bit ancestor's programs itself. */
static bool runs_natively(const struct docker_engine *engine, const struct manifest_image *image)
{
	const char *is = engine->architecture, *wants = image->architecture;
	return strcmp(image->os, engine->os) == 0 &&
	       (strcmp(is, wants) == 0 || (strcmp(is, "amd64") == 0 && strcmp(wants, "386") == 0) ||
		       (strcmp(is, "arm64") == 0 && strcmp(wants, "arm") == 0));
}

/* Can this machine run the other processor's programs? Docker Desktop, OrbStack and the like can
 * on a Mac; Linux can when binfmt_misc was set up for it. */
static bool can_emulate(const struct docker_engine *engine, const struct manifest_image *image)
{
	if (strcmp(image->os, engine->os) != 0)
		return false;
#ifdef __APPLE__
	return strcmp(image->architecture, "amd64") == 0 ||
	       strcmp(image->architecture, "arm64") == 0;
#else
	static const struct {
		const char *go, *qemu;
	} names[] = {{"amd64", "qemu-x86_64"}, {"arm64", "qemu-aarch64"}, {"arm", "qemu-arm"},
		{"386", "qemu-i386"}, {"ppc64le", "qemu-ppc64le"}, {"s390x", "qemu-s390x"},
		{"riscv64", "qemu-riscv64"}};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];
		snprintf(path, sizeof(path), "/proc/sys/fs/binfmt_misc/%s", names[i].qemu);
		if (strcmp(names[i].go, image->architecture) == 0)
			return access(path, F_OK) == 0;
	}
	return false;
#endif
}

static void add_name(
	struct text *names, size_t *count, const struct manifest_image *image, struct arena *arena)
{
	enum { SHOWN = 5 };
	if (*count < SHOWN)
		text_addf(names, "%s%s (%s)", *count ? ", " : "", image->reference,
			manifest_platform(image, arena));
	else if (*count == SHOWN)
		text_add(names, ", …");
	++*count;
}

int preflight_check_platform(struct preflight *preflight, struct err *err)
{
	const struct manifest *manifest = preflight->session->manifest;
	const struct docker_engine *engine = &preflight->engine;
	AUTO_TEXT slow = TEXT_INIT;
	AUTO_TEXT never = TEXT_INIT;
	size_t slow_count = 0, never_count = 0;
	struct err problem = ERR_INIT;
	(void)err;
	for (size_t i = 0; engine->state == DOCKER_READY && i < manifest->image_count; i++) {
		const struct manifest_image *image = &manifest->images[i];
		bool needed = !preflight->place || manifest_uses_image(manifest, i, false);
		if (!needed || runs_natively(engine, image))
			continue;
		bool emulated = can_emulate(engine, image);
		add_name(emulated ? &slow : &never, emulated ? &slow_count : &never_count, image,
			preflight->session->arena);
	}
	if (slow_count > 0) {
		err_set(&problem, CODE_PREFLIGHT,
			"Docker runs on %s/%s, these images are for another processor: %s",
			engine->os, engine->architecture, slow.bytes);
		err_hint(&problem,
			"they run in emulation: several times slower, and some programs fail in "
			"it; "
			"better get the installer that was built for %s-%s",
			engine->os, engine->architecture);
		preflight_warning(preflight, "platform", &problem);
	}
	if (never_count > 0) {
		err_set(&problem, CODE_PREFLIGHT,
			"Docker runs on %s/%s, these images are for another processor: %s",
			engine->os, engine->architecture, never.bytes);
		err_hint(&problem,
			"get the installer that was built for this machine (%s-%s); this one's "
			"programs cannot run here",
			engine->os, engine->architecture);
		preflight_error(preflight, "platform", &problem);
	}
	return 0;
}
