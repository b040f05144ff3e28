/* libarchive's configuration, by hand: tar in, gzip and zstd filters, nothing else. */
/*
 * Used as PLATFORM_CONFIG_H by scripts/build_deps.sh instead of what CMake or configure would find out:
 * every system we build for (glibc, musl, macOS 11) is known, so probing would only add a way to differ.
 * What is absent here is absent on purpose: no crypto (macOS would pull in CommonCrypto, which Zig's
 * headers lack), no iconv, no ACLs, no extended attributes, no external programs.
 */
#pragma once

#define HAVE_DECL_INT32_MAX 1
#define HAVE_DECL_INT32_MIN 1
#define HAVE_DECL_INT64_MAX 1
#define HAVE_DECL_INT64_MIN 1
#define HAVE_DECL_INTMAX_MAX 1
#define HAVE_DECL_INTMAX_MIN 1
#define HAVE_DECL_SIZE_MAX 1
#define HAVE_DECL_SSIZE_MAX 1
#define HAVE_DECL_UINT32_MAX 1
#define HAVE_DECL_UINT64_MAX 1
#define HAVE_DECL_UINTMAX_MAX 1

#define HAVE_ERRNO_H 1
#define HAVE_FCNTL 1 /* what archive_random.c asks for */
#define HAVE_FCNTL_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_LANGINFO_H 1
#define HAVE_LIMITS_H 1
#define HAVE_LOCALE_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_TIME_H 1
#define HAVE_UNISTD_H 1
#define HAVE_WCHAR_H 1
#define HAVE_WCTYPE_H 1

#define HAVE_EILSEQ 1
#define HAVE_GETPID 1
#define HAVE_GMTIME_R 1
#define HAVE_LOCALTIME_R 1
#define HAVE_MBRTOWC 1
#define HAVE_NL_LANGINFO 1
#define HAVE_TIMEGM 1
#define HAVE_WCRTOMB 1
#define HAVE_WCSCPY 1
#define HAVE_WCSLEN 1
#define HAVE_WCTOMB 1
#define HAVE_WMEMCMP 1
#define HAVE_WMEMCPY 1
#define HAVE_WMEMMOVE 1

/* major(), minor() and makedev() live in a header of their own except on macOS. */
#if defined(__APPLE__)
#define HAVE_EFTYPE 1
#define HAVE_STRUCT_STAT_ST_MTIMESPEC_TV_NSEC 1
#else
#define MAJOR_IN_SYSMACROS 1
#define HAVE_STRUCT_STAT_ST_MTIM_TV_NSEC 1
#endif

#define HAVE_LIBZ 1
#define HAVE_ZLIB_H 1
#define HAVE_LIBZSTD 1
#define HAVE_ZSTD_H 1
