/*
 * Darwin's arm64 ABI as the shims use it: constants and struct layouts of our own.
 *
 * The same header is compiled twice: into machorun for Linux, and by abi_check.c against the real
 * Darwin headers, where every constant, offset and size is asserted. So it includes no system
 * header but <stdint.h>, and every name carries the prefix darwin_ or DARWIN_.
 */
#pragma once
#include <stdint.h>
#include "darwin_numbers.h"

#define DARWIN_ENUM_ROW(name, value) DARWIN_##name = (int)(value),
enum darwin_number { DARWIN_ALL_NUMBERS(DARWIN_ENUM_ROW) };

#define DARWIN_RLIM_INFINITY 0x7fffffffffffffffULL
#define DARWIN_STATUS_CONTINUED 0x137f
#define DARWIN_PAGE_SIZE 16384

struct darwin_timespec {
	int64_t sec;
	int64_t nsec;
};

struct darwin_timeval {
	int64_t sec;
	int32_t usec;
};

struct darwin_itimerval {
	struct darwin_timeval interval;
	struct darwin_timeval value;
};

struct darwin_stat {
	int32_t dev;
	uint16_t mode;
	uint16_t nlink;
	uint64_t ino;
	uint32_t uid;
	uint32_t gid;
	int32_t rdev;
	struct darwin_timespec atime;
	struct darwin_timespec mtime;
	struct darwin_timespec ctime;
	struct darwin_timespec birthtime;
	int64_t size;
	int64_t blocks;
	int32_t blksize;
	uint32_t flags;
	uint32_t gen;
	int32_t spare;
	int64_t qspare[2];
};

struct darwin_dirent {
	uint64_t ino;
	uint64_t seekoff;
	uint16_t reclen;
	uint16_t namlen;
	uint8_t type;
	char name[1024];
};

struct darwin_flock {
	int64_t start;
	int64_t len;
	int32_t pid;
	int16_t type;
	int16_t whence;
};

struct darwin_fstore {
	uint32_t flags;
	int32_t posmode;
	int64_t offset;
	int64_t length;
	int64_t bytesalloc;
};

struct darwin_statfs {
	uint32_t bsize;
	int32_t iosize;
	uint64_t blocks;
	uint64_t bfree;
	uint64_t bavail;
	uint64_t files;
	uint64_t ffree;
	int32_t fsid[2];
	uint32_t owner;
	uint32_t type;
	uint32_t flags;
	uint32_t fssubtype;
	char fstypename[16];
	char mntonname[1024];
	char mntfromname[1024];
	uint32_t flags_ext;
	uint32_t reserved[7];
};

struct darwin_statvfs {
	uint64_t bsize;
	uint64_t frsize;
	uint32_t blocks;
	uint32_t bfree;
	uint32_t bavail;
	uint32_t files;
	uint32_t ffree;
	uint32_t favail;
	uint64_t fsid;
	uint64_t flag;
	uint64_t namemax;
};

struct darwin_termios {
	uint64_t iflag;
	uint64_t oflag;
	uint64_t cflag;
	uint64_t lflag;
	uint8_t cc[20];
	uint64_t ispeed;
	uint64_t ospeed;
};

struct darwin_sigaction {
	void *handler;
	uint32_t mask;
	int32_t flags;
};

struct darwin_siginfo {
	int32_t signo;
	int32_t error;
	int32_t code;
	int32_t pid;
	uint32_t uid;
	int32_t status;
	void *addr;
	void *value;
	int64_t band;
	uint64_t pad[7];
};

struct darwin_stack {
	void *sp;
	uint64_t size;
	int32_t flags;
};

struct darwin_rusage {
	struct darwin_timeval utime;
	struct darwin_timeval stime;
	int64_t maxrss; /* bytes here, kilobytes on Linux */
	int64_t rest[13];
};

struct darwin_rlimit {
	uint64_t cur;
	uint64_t max;
};

struct darwin_utsname {
	char sysname[256];
	char nodename[256];
	char release[256];
	char version[256];
	char machine[256];
};

struct darwin_sockaddr {
	uint8_t len;
	uint8_t family;
	char data[14];
};

struct darwin_sockaddr_un {
	uint8_t len;
	uint8_t family;
	char path[104];
};

struct darwin_addrinfo {
	int32_t flags;
	int32_t family;
	int32_t socktype;
	int32_t protocol;
	uint32_t addrlen;
	char *canonname;
	struct darwin_sockaddr *addr;
	struct darwin_addrinfo *next;
};

struct darwin_ifaddrs {
	struct darwin_ifaddrs *next;
	char *name;
	uint32_t flags;
	struct darwin_sockaddr *addr;
	struct darwin_sockaddr *netmask;
	struct darwin_sockaddr *dstaddr;
	void *data;
};

struct darwin_msghdr {
	void *name;
	uint32_t namelen;
	void *iov;
	int32_t iovlen;
	void *control;
	uint32_t controllen;
	int32_t flags;
};

struct darwin_passwd {
	char *name;
	char *passwd;
	uint32_t uid;
	uint32_t gid;
	int64_t change;
	char *class;
	char *gecos;
	char *dir;
	char *shell;
	int64_t expire;
};

struct darwin_regex {
	int32_t magic;
	uint64_t nsub;
	const char *endp;
	void *guts;
};

struct darwin_regmatch {
	int64_t start;
	int64_t end;
};

struct darwin_rune_locale {
	char magic[8];
	char encoding[32];
	void *sgetrune;
	void *sputrune;
	int32_t invalid_rune;
	uint32_t runetype[256];
	int32_t maplower[256];
	int32_t mapupper[256];
	char rest[72];
};

/* struct __sFILE: getc_unlocked and friends are macros that look inside, so it is all here. */
struct darwin_file {
	unsigned char *p;
	int32_t r;
	int32_t w;
	int16_t flags;
	int16_t fileno;
	struct {
		void *base;
		int32_t size;
	} bf;
	int32_t lbfsize;
	void *host; /* Darwin's _cookie: here it holds the C library's own FILE */
	char rest[96];
};

/* pthread_mutex_t, _cond_t, _rwlock_t, _attr_t: a signature, then opaque bytes that are ours. */
struct darwin_sync {
	int64_t signature;
	void *host;
};

struct darwin_once {
	int64_t signature;
	int32_t state;
	int32_t unused;
};

struct darwin_mutexattr {
	int64_t signature;
	int32_t type;
	int32_t pshared;
};

struct darwin_winsize {
	uint16_t row;
	uint16_t col;
	uint16_t xpixel;
	uint16_t ypixel;
};

/* clang-format off */
/* X(Darwin's type, its field, our type, our field) */
#define DARWIN_FIELDS(X) \
	X(struct timespec, tv_nsec, struct darwin_timespec, nsec) \
	X(struct timeval, tv_sec, struct darwin_timeval, sec) \
	X(struct timeval, tv_usec, struct darwin_timeval, usec) \
	X(struct itimerval, it_value, struct darwin_itimerval, value) \
	X(struct stat, st_dev, struct darwin_stat, dev) X(struct stat, st_mode, struct darwin_stat, mode) \
	X(struct stat, st_nlink, struct darwin_stat, nlink) \
	X(struct stat, st_ino, struct darwin_stat, ino) X(struct stat, st_uid, struct darwin_stat, uid) \
	X(struct stat, st_gid, struct darwin_stat, gid) X(struct stat, st_rdev, struct darwin_stat, rdev) \
	X(struct stat, st_atimespec, struct darwin_stat, atime) \
	X(struct stat, st_mtimespec, struct darwin_stat, mtime) \
	X(struct stat, st_ctimespec, struct darwin_stat, ctime) \
	X(struct stat, st_birthtimespec, struct darwin_stat, birthtime) \
	X(struct stat, st_size, struct darwin_stat, size) \
	X(struct stat, st_blocks, struct darwin_stat, blocks) \
	X(struct stat, st_blksize, struct darwin_stat, blksize) \
	X(struct stat, st_flags, struct darwin_stat, flags) X(struct stat, st_gen, struct darwin_stat, gen) \
	X(struct dirent, d_ino, struct darwin_dirent, ino) \
	X(struct dirent, d_seekoff, struct darwin_dirent, seekoff) \
	X(struct dirent, d_reclen, struct darwin_dirent, reclen) \
	X(struct dirent, d_namlen, struct darwin_dirent, namlen) \
	X(struct dirent, d_type, struct darwin_dirent, type) \
	X(struct dirent, d_name, struct darwin_dirent, name) \
	X(struct flock, l_start, struct darwin_flock, start) X(struct flock, l_len, struct darwin_flock, len) \
	X(struct flock, l_pid, struct darwin_flock, pid) X(struct flock, l_type, struct darwin_flock, type) \
	X(struct flock, l_whence, struct darwin_flock, whence) \
	X(struct fstore, fst_length, struct darwin_fstore, length) \
	X(struct fstore, fst_bytesalloc, struct darwin_fstore, bytesalloc) \
	X(struct statfs, f_bsize, struct darwin_statfs, bsize) \
	X(struct statfs, f_iosize, struct darwin_statfs, iosize) \
	X(struct statfs, f_blocks, struct darwin_statfs, blocks) \
	X(struct statfs, f_bavail, struct darwin_statfs, bavail) \
	X(struct statfs, f_ffree, struct darwin_statfs, ffree) \
	X(struct statfs, f_flags, struct darwin_statfs, flags) \
	X(struct statfs, f_fstypename, struct darwin_statfs, fstypename) \
	X(struct statfs, f_mntonname, struct darwin_statfs, mntonname) \
	X(struct statfs, f_mntfromname, struct darwin_statfs, mntfromname) \
	X(struct statvfs, f_bsize, struct darwin_statvfs, bsize) \
	X(struct statvfs, f_frsize, struct darwin_statvfs, frsize) \
	X(struct statvfs, f_blocks, struct darwin_statvfs, blocks) \
	X(struct statvfs, f_bavail, struct darwin_statvfs, bavail) \
	X(struct statvfs, f_favail, struct darwin_statvfs, favail) \
	X(struct statvfs, f_flag, struct darwin_statvfs, flag) \
	X(struct statvfs, f_namemax, struct darwin_statvfs, namemax) \
	X(struct termios, c_iflag, struct darwin_termios, iflag) \
	X(struct termios, c_oflag, struct darwin_termios, oflag) \
	X(struct termios, c_cflag, struct darwin_termios, cflag) \
	X(struct termios, c_lflag, struct darwin_termios, lflag) \
	X(struct termios, c_cc, struct darwin_termios, cc) \
	X(struct termios, c_ispeed, struct darwin_termios, ispeed) \
	X(struct termios, c_ospeed, struct darwin_termios, ospeed) \
	X(struct sigaction, sa_mask, struct darwin_sigaction, mask) \
	X(struct sigaction, sa_flags, struct darwin_sigaction, flags) \
	X(siginfo_t, si_code, struct darwin_siginfo, code) X(siginfo_t, si_pid, struct darwin_siginfo, pid) \
	X(siginfo_t, si_uid, struct darwin_siginfo, uid) \
	X(siginfo_t, si_status, struct darwin_siginfo, status) \
	X(siginfo_t, si_addr, struct darwin_siginfo, addr) \
	X(siginfo_t, si_value, struct darwin_siginfo, value) \
	X(siginfo_t, si_band, struct darwin_siginfo, band) \
	X(stack_t, ss_size, struct darwin_stack, size) X(stack_t, ss_flags, struct darwin_stack, flags) \
	X(struct rusage, ru_stime, struct darwin_rusage, stime) \
	X(struct rusage, ru_maxrss, struct darwin_rusage, maxrss) \
	X(struct rlimit, rlim_max, struct darwin_rlimit, max) \
	X(struct utsname, nodename, struct darwin_utsname, nodename) \
	X(struct utsname, release, struct darwin_utsname, release) \
	X(struct utsname, version, struct darwin_utsname, version) \
	X(struct utsname, machine, struct darwin_utsname, machine) \
	X(struct sockaddr, sa_len, struct darwin_sockaddr, len) \
	X(struct sockaddr, sa_family, struct darwin_sockaddr, family) \
	X(struct sockaddr_un, sun_path, struct darwin_sockaddr_un, path) \
	X(struct addrinfo, ai_socktype, struct darwin_addrinfo, socktype) \
	X(struct addrinfo, ai_addrlen, struct darwin_addrinfo, addrlen) \
	X(struct addrinfo, ai_canonname, struct darwin_addrinfo, canonname) \
	X(struct addrinfo, ai_addr, struct darwin_addrinfo, addr) \
	X(struct addrinfo, ai_next, struct darwin_addrinfo, next) \
	X(struct ifaddrs, ifa_flags, struct darwin_ifaddrs, flags) \
	X(struct ifaddrs, ifa_addr, struct darwin_ifaddrs, addr) \
	X(struct ifaddrs, ifa_data, struct darwin_ifaddrs, data) \
	X(struct msghdr, msg_namelen, struct darwin_msghdr, namelen) \
	X(struct msghdr, msg_iovlen, struct darwin_msghdr, iovlen) \
	X(struct msghdr, msg_control, struct darwin_msghdr, control) \
	X(struct msghdr, msg_controllen, struct darwin_msghdr, controllen) \
	X(struct msghdr, msg_flags, struct darwin_msghdr, flags) \
	X(struct passwd, pw_uid, struct darwin_passwd, uid) \
	X(struct passwd, pw_change, struct darwin_passwd, change) \
	X(struct passwd, pw_dir, struct darwin_passwd, dir) \
	X(struct passwd, pw_shell, struct darwin_passwd, shell) \
	X(regex_t, re_nsub, struct darwin_regex, nsub) X(regex_t, re_g, struct darwin_regex, guts) \
	X(regmatch_t, rm_so, struct darwin_regmatch, start) X(regmatch_t, rm_eo, struct darwin_regmatch, end) \
	X(_RuneLocale, __runetype, struct darwin_rune_locale, runetype) \
	X(_RuneLocale, __maplower, struct darwin_rune_locale, maplower) \
	X(_RuneLocale, __mapupper, struct darwin_rune_locale, mapupper) \
	X(FILE, _p, struct darwin_file, p) X(FILE, _r, struct darwin_file, r) \
	X(FILE, _w, struct darwin_file, w) X(FILE, _flags, struct darwin_file, flags) \
	X(FILE, _file, struct darwin_file, fileno) X(FILE, _lbfsize, struct darwin_file, lbfsize) \
	X(FILE, _cookie, struct darwin_file, host) \
	X(pthread_mutex_t, __sig, struct darwin_sync, signature) \
	X(pthread_cond_t, __sig, struct darwin_sync, signature) \
	X(pthread_once_t, __sig, struct darwin_once, signature) \
	X(struct winsize, ws_col, struct darwin_winsize, col)

#define DARWIN_SIZES(X) \
	X(struct timespec, struct darwin_timespec) X(struct timeval, struct darwin_timeval) \
	X(struct itimerval, struct darwin_itimerval) X(struct stat, struct darwin_stat) \
	X(struct dirent, struct darwin_dirent) X(struct flock, struct darwin_flock) \
	X(struct fstore, struct darwin_fstore) X(struct statfs, struct darwin_statfs) \
	X(struct statvfs, struct darwin_statvfs) X(struct termios, struct darwin_termios) \
	X(struct sigaction, struct darwin_sigaction) X(siginfo_t, struct darwin_siginfo) \
	X(stack_t, struct darwin_stack) X(struct rusage, struct darwin_rusage) \
	X(struct rlimit, struct darwin_rlimit) X(struct utsname, struct darwin_utsname) \
	X(struct sockaddr, struct darwin_sockaddr) X(struct sockaddr_un, struct darwin_sockaddr_un) \
	X(struct addrinfo, struct darwin_addrinfo) X(struct ifaddrs, struct darwin_ifaddrs) \
	X(struct msghdr, struct darwin_msghdr) X(struct passwd, struct darwin_passwd) \
	X(regex_t, struct darwin_regex) X(regmatch_t, struct darwin_regmatch) \
	X(_RuneLocale, struct darwin_rune_locale) X(FILE, struct darwin_file) \
	X(pthread_once_t, struct darwin_once) X(pthread_mutexattr_t, struct darwin_mutexattr) \
	X(struct winsize, struct darwin_winsize)

#define DARWIN_WIDTHS(X) \
	X(mode_t, 2) X(dev_t, 4) X(ino_t, 8) X(off_t, 8) X(nlink_t, 2) X(nfds_t, 4) X(socklen_t, 4) \
	X(time_t, 8) X(suseconds_t, 4) X(clock_t, 8) X(wchar_t, 4) X(wint_t, 4) X(fsblkcnt_t, 4) \
	X(tcflag_t, 8) X(speed_t, 8) X(sigset_t, 4) X(pid_t, 4) X(uid_t, 4) X(id_t, 4) X(rlim_t, 8) \
	X(pthread_t, 8) X(pthread_key_t, 8) X(pthread_mutex_t, 64) X(pthread_cond_t, 48) \
	X(pthread_rwlock_t, 200) X(pthread_attr_t, 64) X(pthread_condattr_t, 16) \
	X(pthread_rwlockattr_t, 24) X(mbstate_t, 128) X(jmp_buf, 192) X(sigjmp_buf, 196) X(fd_set, 128) \
	X(struct tm, 56) X(struct iovec, 16) X(struct pollfd, 8) X(struct group, 32) \
	X(struct linger, 8) X(struct sockaddr_in, 16) X(struct sockaddr_in6, 28) X(struct option, 32) \
	X(posix_spawn_file_actions_t, 8) X(posix_spawnattr_t, 8) X(struct timezone, 8) \
	X(struct lconv, 96) X(wctype_t, 4) X(fpos_t, 8) X(div_t, 8) X(ldiv_t, 16) \
	X(struct utimbuf, 16) X(struct hostent, 32) X(struct servent, 32) X(nl_item, 4) \
	X(mach_timebase_info_data_t, 8) X(struct tms, 32)
/* clang-format on */
