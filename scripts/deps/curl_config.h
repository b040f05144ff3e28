/* libcurl's configuration, by hand: an HTTP/1.1 client with TLS by Mbed TLS, and nothing else. */
/*
 * Used as curl_config.h by scripts/build_deps.sh instead of what CMake or configure would find out: every
 * system we build for (glibc, musl, macOS 11) is known, so probing would only add a way to differ.
 * Names are resolved in threads, so that no signal is needed for a timeout and getaddrinfo() may hang.
 */
#pragma once

/* TLS. Certificates are handed over by the program; no path is searched, none is compiled in. */
#define USE_MBEDTLS 1
#define CURL_DISABLE_CA_SEARCH 1

/* What a registry's client does not speak. */
#define CURL_DISABLE_ALTSVC 1
#define CURL_DISABLE_AWS 1
#define CURL_DISABLE_BEARER_AUTH 1
#define CURL_DISABLE_BINDLOCAL 1
#define CURL_DISABLE_COOKIES 1
#define CURL_DISABLE_DICT 1
#define CURL_DISABLE_DIGEST_AUTH 1
#define CURL_DISABLE_DOH 1
#define CURL_DISABLE_FILE 1
#define CURL_DISABLE_FORM_API 1
#define CURL_DISABLE_FTP 1
#define CURL_DISABLE_GETOPTIONS 1
#define CURL_DISABLE_GOPHER 1
#define CURL_DISABLE_HEADERS_API 1
#define CURL_DISABLE_HSTS 1
#define CURL_DISABLE_IMAP 1
#define CURL_DISABLE_IPFS 1
#define CURL_DISABLE_KERBEROS_AUTH 1
#define CURL_DISABLE_LDAP 1
#define CURL_DISABLE_LDAPS 1
#define CURL_DISABLE_LIBCURL_OPTION 1
#define CURL_DISABLE_MIME 1
#define CURL_DISABLE_MQTT 1
#define CURL_DISABLE_NEGOTIATE_AUTH 1
#define CURL_DISABLE_NETRC 1
#define CURL_DISABLE_NTLM 1
#define CURL_DISABLE_POP3 1
#define CURL_DISABLE_PROGRESS_METER 1
#define CURL_DISABLE_RTSP 1
#define CURL_DISABLE_SHA512_256 1
#define CURL_DISABLE_SMB 1
#define CURL_DISABLE_SMTP 1
#define CURL_DISABLE_TELNET 1
#define CURL_DISABLE_TFTP 1
#define CURL_DISABLE_WEBSOCKETS 1

/* The machine and its C library. */
#define USE_IPV6 1
#define USE_THREADS_POSIX 1
#define HAVE_PTHREAD_H 1
#define STDC_HEADERS 1

#define HAVE_ARPA_INET_H 1
#define HAVE_FCNTL_H 1
#define HAVE_LOCALE_H 1
#define HAVE_NETDB_H 1
#define HAVE_NETINET_IN_H 1
#define HAVE_NETINET_TCP_H 1
#define HAVE_NET_IF_H 1
#define HAVE_POLL_H 1
#define HAVE_STDATOMIC_H 1
#define HAVE_STDBOOL_H 1
#define HAVE_STDINT_H 1
#define HAVE_STRINGS_H 1
#define HAVE_SYS_IOCTL_H 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_SYS_SELECT_H 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1

#define HAVE_ATOMIC 1
#define HAVE_BOOL_T 1
#define HAVE_CLOCK_GETTIME_MONOTONIC 1
#define HAVE_FCNTL 1
#define HAVE_FCNTL_O_NONBLOCK 1
#define HAVE_FREEADDRINFO 1
#define HAVE_GETADDRINFO 1
#define HAVE_GETADDRINFO_THREADSAFE 1
#define HAVE_GETHOSTNAME 1
#define HAVE_GETPEERNAME 1
#define HAVE_GETSOCKNAME 1
#define HAVE_GETTIMEOFDAY 1
#define HAVE_GMTIME_R 1
#define HAVE_IF_NAMETOINDEX 1
#define HAVE_INET_NTOP 1
#define HAVE_INET_PTON 1
#define HAVE_LONGLONG 1
#define HAVE_PIPE 1
#define HAVE_POLL 1
#define HAVE_RECV 1
#define HAVE_SA_FAMILY_T 1
#define HAVE_SELECT 1
#define HAVE_SEND 1
#define HAVE_SIGACTION 1
#define HAVE_SIGNAL 1
#define HAVE_SNPRINTF 1
#define HAVE_SOCKADDR_IN6_SIN6_SCOPE_ID 1
#define HAVE_SOCKET 1
#define HAVE_STRCASECMP 1
#define HAVE_STRDUP 1
#define HAVE_STRERROR_R 1
#define HAVE_STRUCT_SOCKADDR_STORAGE 1
#define HAVE_STRUCT_TIMEVAL 1
#define HAVE_SUSECONDS_T 1

#define SIZEOF_CURL_OFF_T 8
#define SIZEOF_CURL_SOCKET_T 4
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_OFF_T 8
#define SIZEOF_SIZE_T 8
#define SIZEOF_TIME_T 8

#if !defined(__APPLE__)
#include <features.h> /* says whether it is glibc */
#endif
#if defined(__GLIBC__)
#define HAVE_GLIBC_STRERROR_R 1
#else
#define HAVE_POSIX_STRERROR_R 1
#endif

#if defined(__APPLE__)
/*
 * No frameworks: libcurl would ask SystemConfiguration once, for the sake of a side effect on NAT64 networks,
 * and throw the answer away. This stands in for its macos.h.
 */
#define HEADER_CURL_MACOS_H
#define Curl_macos_init() CURLE_OK
#define CURL_OS "macOS"
#else
#define HAVE_ACCEPT4 1
#define HAVE_MEMRCHR 1
#define HAVE_MSG_NOSIGNAL 1
#define HAVE_PIPE2 1
#define CURL_OS "Linux"
#endif
