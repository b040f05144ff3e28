/* What dyld itself offers: the executable's path, arguments, symbols by name. */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int guest_executable_path(char *to, uint32_t *size)
{
	size_t length = strlen(runtime.executable_path) + 1;

	if (*size < length) {
		*size = (uint32_t)length;
		return -1;
	}
	memcpy(to, runtime.executable_path, length);
	return 0;
}

static int *guest_argc(void)
{
	return &runtime.argc;
}

static char ***guest_argv(void)
{
	return &runtime.argv;
}

static char ***guest_environment(void)
{
	return &environ;
}

static char **guest_program_name(void)
{
	static char *name;
	char *slash = strrchr(runtime.argv[0], '/');

	name = slash != NULL ? slash + 1 : runtime.argv[0];
	return &name;
}

static uint32_t guest_image_count(void)
{
	return 1;
}

static const void *guest_image_header(uint32_t index)
{
	return index == 0 ? runtime.header : NULL;
}

static const char *guest_image_name(uint32_t index)
{
	return index == 0 ? runtime.executable_path : NULL;
}

static intptr_t guest_image_slide(uint32_t index)
{
	return index == 0 ? runtime.slide : 0;
}

/* dlsym(RTLD_DEFAULT, "getentropy"): feature tests at run time. */
static void *guest_dlsym(void *handle, const char *name)
{
	char import[256];

	(void)handle;
	snprintf(import, sizeof(import), "_%s", name);
	return shim_find(import);
}

static void *guest_dlopen(const char *path, int mode)
{
	(void)mode;
	return path == NULL ? (void *)-2 : NULL;
}

static char *guest_dlerror(void)
{
	return "machorun has no dynamic libraries";
}

static int guest_dlclose(void *handle)
{
	(void)handle;
	return 0;
}

/* Bound eagerly, so nobody gets here. */
static _Noreturn void stub_binder(void)
{
	machorun_die("dyld_stub_binder was called");
}

/* Darwin's C code calls it before main in old start-up code only; descriptors get tlv_thunk. */
const struct shim shim_dyld[] = {
	{"dyld_stub_binder", (void *)stub_binder},
	{"__tlv_bootstrap", tlv_thunk},
	SHIM(_NSGetExecutablePath, guest_executable_path),
	SHIM(_NSGetArgc, guest_argc),
	SHIM(_NSGetArgv, guest_argv),
	SHIM(_NSGetEnviron, guest_environment),
	SHIM(_NSGetProgname, guest_program_name),
	SHIM(_dyld_image_count, guest_image_count),
	SHIM(_dyld_get_image_header, guest_image_header),
	SHIM(_dyld_get_image_name, guest_image_name),
	SHIM(_dyld_get_image_vmaddr_slide, guest_image_slide),
	SHIM(dlsym, guest_dlsym),
	SHIM(dlopen, guest_dlopen),
	SHIM(dlerror, guest_dlerror),
	SHIM(dlclose, guest_dlclose),
	SHIM_END,
};
