/* What only macOS has, or does otherwise. */
#include <copyfile.h>
#include <crt_externs.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <mach/mach_time.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include "say.h"

extern const struct mach_header_64 _mh_execute_header;

static int by_initialiser;

static int by_key(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

__attribute__((constructor)) static void before_main(void)
{
	by_initialiser = 7;
}

static void numbers(void)
{
	char text[64];

	CHECK("errno numbers", EAGAIN == 35 && open("/none", O_RDONLY) < 0 && *__error() == 2);
	CHECK("page size", getpagesize() == 16384 && sysconf(_SC_PAGESIZE) == 16384);
	CHECK("strerror_r", strerror_r(ENOTDIR, text, sizeof(text)) == 0 &&
				    strcmp(text, "Not a directory") == 0 &&
				    strerror_r(9999, text, sizeof(text)) == EINVAL);
	CHECK("MB_CUR_MAX", MB_CUR_MAX == 1 && setlocale(LC_ALL, "zh_CN.UTF-8") != NULL &&
				    MB_CUR_MAX > 1 &&
				    strcmp(setlocale(LC_CTYPE, NULL), "zh_CN.UTF-8") == 0 &&
				    setlocale(LC_ALL, "C.UTF-8") == NULL);
	CHECK("long double", sizeof(long double) == sizeof(double));
}

static void path_of_the_program(char **argv)
{
	char path[1024], real[1024];
	uint32_t size = 2;
	struct stat one, two;

	CHECK("too small", _NSGetExecutablePath(path, &size) == -1 && size > 2);
	size = sizeof(path);
	CHECK("executable path", _NSGetExecutablePath(path, &size) == 0 && path[0] == '/' &&
					 realpath(path, real) != NULL && stat(real, &one) == 0 &&
					 S_ISREG(one.st_mode));
	CHECK("argv", *_NSGetArgv() == argv && strcmp(getprogname(), strrchr(path, '/') + 1) == 0);
	CHECK("/proc is not there", stat("/proc/self/exe", &two) < 0 && errno == ENOENT &&
					    open("/proc/self/maps", O_RDONLY) < 0 &&
					    fopen("/sys/kernel", "r") == NULL);
	CHECK("initialiser ran", by_initialiser == 7);
	CHECK("own header", _mh_execute_header.magic == MH_MAGIC_64 &&
				    _dyld_get_image_vmaddr_slide(0) != 0 &&
				    (const void *)_dyld_get_image_header(0) ==
					    (const void *)&_mh_execute_header);
}

static void controls(void)
{
	int cpus = 0, arm = 0;
	unsigned long long memory = 0;
	char text[64];
	size_t size = sizeof(cpus);
	struct utsname name;

	CHECK("cpus",
		sysctlbyname("hw.ncpu", &cpus, &size, NULL, 0) == 0 && cpus >= 1 && size == 4);
	size = sizeof(memory);
	CHECK("memory",
		sysctlbyname("hw.memsize", &memory, &size, NULL, 0) == 0 && memory > 64 << 20);
	size = sizeof(arm);
	CHECK("arm64", sysctlbyname("hw.optional.arm64", &arm, &size, NULL, 0) == 0 && arm == 1);
	size = sizeof(text);
	CHECK("version", sysctlbyname("kern.osproductversion", text, &size, NULL, 0) == 0 &&
				 size == strlen(text) + 1);
	CHECK("unknown",
		sysctlbyname("no.such.thing", text, &size, NULL, 0) < 0 && errno == ENOENT);
	CHECK("uname", uname(&name) == 0 && strcmp(name.sysname, "Darwin") == 0 &&
			       strcmp(name.machine, "arm64") == 0);
}

static void clocks(void)
{
	mach_timebase_info_data_t base;
	uint64_t before = clock_gettime_nsec_np(CLOCK_UPTIME_RAW), ticks, after;
	struct timespec raw;

	CHECK("time base", mach_timebase_info(&base) == 0 && base.numer == 125 && base.denom == 3);
	ticks = mach_absolute_time();
	after = clock_gettime_nsec_np(CLOCK_UPTIME_RAW);
	CHECK("ticks to nanoseconds", ticks * base.numer / base.denom + 1000 >= before &&
					      ticks * base.numer / base.denom <= after + 1000);
	CHECK("raw clocks", clock_gettime(CLOCK_MONOTONIC_RAW, &raw) == 0 &&
				    clock_gettime(CLOCK_UPTIME_RAW, &raw) == 0);
}

static void files(void)
{
	struct statvfs vfs;
	struct statfs fs;
	char path[1024];
	int fd = open("f", O_RDWR | O_CREAT | O_EXLOCK, 0600), other;
	fstore_t store = {F_ALLOCATECONTIG, F_PEOFPOSMODE, 0, 4096, 0};

	CHECK("F_NOCACHE", fcntl(fd, F_NOCACHE, 1) == 0 && fcntl(fd, F_RDAHEAD, 0) == 0);
	CHECK("F_FULLFSYNC",
		fcntl(fd, F_FULLFSYNC) == 0 && fcntl(-1, F_FULLFSYNC) < 0 && errno == EBADF);
	CHECK("F_PREALLOCATE", fcntl(fd, F_PREALLOCATE, &store) == 0 &&
				       store.fst_bytesalloc == 4096 && lseek(fd, 0, SEEK_END) == 0);
	CHECK("F_GETPATH",
		fcntl(fd, F_GETPATH, path) == 0 && strcmp(strrchr(path, '/'), "/f") == 0);
	other = open("f", O_RDWR | O_EXLOCK | O_NONBLOCK);
	CHECK("O_EXLOCK", other < 0 && errno == EWOULDBLOCK);
	CHECK("transfer size is not the unit",
		statvfs(".", &vfs) == 0 && vfs.f_bsize == 1 << 20 && vfs.f_frsize == 4096);
	CHECK("statfs", statfs(".", &fs) == 0 && fs.f_bsize == 4096 && fs.f_blocks > 0 &&
				strcmp(fs.f_fstypename, "apfs") == 0 && fs.f_mntonname[0] == '/');
	CHECK("unaligned mmap",
		mmap(NULL, 100, PROT_READ, MAP_PRIVATE, fd, 4096) == MAP_FAILED && errno == EINVAL);
	CHECK("renamex_np", renamex_np("f", "g", RENAME_EXCL) == 0 &&
				    open("f", O_CREAT | O_RDWR, 0600) >= 0 &&
				    renamex_np("f", "g", RENAME_EXCL) < 0 && errno == EEXIST);
	CHECK("read of more than INT_MAX", read(fd, path, 1ull << 31) < 0 && errno == EINVAL);
	close(fd);
}

static void sockets(void)
{
	int fds[2], one = 1, value = 0;
	socklen_t size = sizeof(value);

	CHECK("SO_NOSIGPIPE",
		socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 &&
			setsockopt(fds[0], SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof(one)) == 0 &&
			getsockopt(fds[0], SOL_SOCKET, SO_NOSIGPIPE, &value, &size) == 0 &&
			value == 1);
	close(fds[1]);
	CHECK("EPIPE without a signal", write(fds[0], "x", 1) < 0 && errno == EPIPE &&
						send(fds[0], "x", 1, 0) < 0 && errno == EPIPE);
}

/* What poll, unlink and mkdir say differs from Linux. */
static void differences(void)
{
	int ends[2], full = 0;
	struct pollfd end;
	char block[4096] = "";
	struct {
		int key, order;
	} pairs[64];
	int stable = 1;

	signal(SIGPIPE, SIG_IGN);
	CHECK("a pipe holds 16 KiB", pipe(ends) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
	while (write(ends[1], block, sizeof(block)) > 0)
		full += (int)sizeof(block);
	CHECK("then it is full", full == 16384 && errno == EAGAIN);
	close(ends[0]);
	end = (struct pollfd){.fd = ends[1], .events = POLLOUT};
	CHECK("nobody reads: POLLHUP alone", poll(&end, 1, 1000) == 1 && end.revents == POLLHUP);
	CHECK("pipe for the end of file",
		close(ends[1]) == 0 && pipe(ends) == 0 && close(ends[1]) == 0);
	end = (struct pollfd){.fd = ends[0], .events = POLLIN};
	CHECK("end of file: POLLIN and POLLHUP",
		poll(&end, 1, 1000) == 1 && end.revents == (POLLIN | POLLHUP));
	CHECK("fsync of a pipe", fsync(ends[0]) < 0 && errno == ENOTSUP);
	CHECK("unlink of a directory",
		mkdir("dir", 0700) == 0 && unlink("dir") < 0 && errno == EPERM);
	CHECK("mkdir of the root", mkdir("/", 0700) < 0 && errno == EISDIR);
	for (int i = 0; i < 64; i++) {
		pairs[i].key = i % 3;
		pairs[i].order = i;
	}
	qsort(pairs, 64, sizeof(pairs[0]), by_key);
	for (int i = 1; i < 64; i++) {
		stable &= pairs[i].key > pairs[i - 1].key || pairs[i].order > pairs[i - 1].order;
		if (pairs[i].key < pairs[i - 1].key)
			stable = 2;
	}
	CHECK("qsort sorts, unstably", stable == 0);
	CHECK("open files", sysconf(_SC_OPEN_MAX) == 256);
}

static void c_locale(void)
{
	wchar_t wide[4];
	char narrow[4];

	setlocale(LC_ALL, "C");
	CHECK("bytes are characters", mbstowcs(wide, "\xe4\xb8", 4) == 2 && wide[0] == 0xe4 &&
					      wide[1] == 0xb8 && wcstombs(narrow, wide, 4) == 2 &&
					      memcmp(narrow, "\xe4\xb8", 3) == 0);
	CHECK("others are not", wctomb(narrow, 0x4e2d) == -1 && errno == EILSEQ);
	CHECK("US-ASCII", strcmp(nl_langinfo(CODESET), "US-ASCII") == 0);
}

static void threads(void)
{
	pthread_mutex_t never;
	uint64_t id = 0;

	memset(&never, 0, sizeof(never));
	CHECK("a mutex of zeros", pthread_mutex_lock(&never) == EINVAL);
	CHECK("main thread", pthread_main_np() == 1 && pthread_threadid_np(NULL, &id) == 0 &&
				     id != 0 && pthread_setname_np("main") == 0);
}

int main(int argc, char **argv, char **envp, char **apple)
{
	CHECK("four arguments",
		argc == 1 && envp != NULL && strncmp(apple[0], "executable_path=", 16) == 0);
	CHECK("random", arc4random_uniform(1) == 0 && arc4random() != arc4random());
	CHECK("strlcpy", strlcpy((char[4]){0}, "abcdef", 4) == 6);
	numbers();
	path_of_the_program(argv);
	controls();
	clocks();
	files();
	sockets();
	differences();
	c_locale();
	threads();
	return say_done();
}
