/*
 * Compiled, never run: asserts every number and struct offset of darwin_abi.h against the real
 * Darwin headers (zig cc -target aarch64-macos.11.0 -c). With -DNEGATIVE_CONTROL one assertion is
 * false on purpose, to show that this file can fail.
 */
#define __DARWIN_C_LEVEL 900000L
#include "darwin_abi.h"

#include <sys/types.h>
#include <sys/fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/stdio.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <grp.h>
#include <ifaddrs.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <mach/mach_time.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pthread/pthread_impl.h>
#include <pwd.h>
#include <regex.h>
#include <runetype.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <wchar.h>
#include <xlocale.h>

#define ASSERT_NUMBER(name, value) \
	_Static_assert((long long)(name) == (long long)(value), #name " is not " #value);
DARWIN_ALL_NUMBERS(ASSERT_NUMBER)

#define ASSERT_FIELD(type, field, ours, our_field)                                               \
	_Static_assert(                                                                          \
		offsetof(type, field) == offsetof(ours, our_field), #type "." #field " offset"); \
	_Static_assert(sizeof(((type *)0)->field) == sizeof(((ours *)0)->our_field),             \
		#type "." #field " size");
DARWIN_FIELDS(ASSERT_FIELD)

#define ASSERT_SIZE(type, ours)                                      \
	_Static_assert(sizeof(type) == sizeof(ours), #type " size"); \
	_Static_assert(_Alignof(type) >= _Alignof(ours) || sizeof(type) <= 4, #type " alignment");
DARWIN_SIZES(ASSERT_SIZE)

/* Scalar types whose width the shims rely on. */
#define ASSERT_WIDTH(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is not " #bytes);
DARWIN_WIDTHS(ASSERT_WIDTH)

/* Signedness and meaning where a width alone would not tell. */
_Static_assert(RLIM_INFINITY == DARWIN_RLIM_INFINITY, "RLIM_INFINITY");
_Static_assert(sizeof(long double) == 8, "long double is double");
_Static_assert((wchar_t)-1 < 0, "wchar_t is signed");
_Static_assert((char)-1 < 0, "char is signed");
_Static_assert(CLOCKS_PER_SEC == 1000000, "CLOCKS_PER_SEC");
#undef _W_INT
#define _W_INT(status) (status) /* the header's takes an address, which no constant has */
_Static_assert(WIFSTOPPED(0x057f) && WSTOPSIG(0x057f) == 5, "stopped status");
_Static_assert(!WIFSTOPPED(DARWIN_STATUS_CONTINUED), "continued is not stopped");
_Static_assert(WIFCONTINUED(DARWIN_STATUS_CONTINUED), "continued status");
_Static_assert(WIFSIGNALED(0x0009) && WTERMSIG(0x0009) == 9, "killed status");
_Static_assert(WIFEXITED(0x0700) && WEXITSTATUS(0x0700) == 7, "exited status");

#ifdef NEGATIVE_CONTROL
_Static_assert(offsetof(struct stat, st_size) == 95, "negative control: must fail");
_Static_assert(EAGAIN == 11, "negative control: must fail");
#endif
