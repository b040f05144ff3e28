#!/bin/bash
# Builds the pinned libraries as static archives for one target. It downloads nothing: scripts/setup.sh did.
#
#   scripts/build_deps.sh [--is-current] TARGET DIR
#
# --is-current  only says, by its exit status, whether there is nothing to do
# TARGET   native (gcc, or $CC), linux-amd64, linux-arm64, darwin-arm64 (the pinned zig, by scripts/cc.sh)
# DIR      where setup.sh has put the sources (DIR/src) and zig (DIR/zig); results go to
#          DIR/TARGET/{zlib,zstd,libarchive,libyaml,mbedtls,yyjson,curl}/{include,lib}
#
# Each library has an include folder of its own, so that a room sees only the libraries that it may use.
# Every library is a list of .c files and, where it needs one, a configuration header in scripts/deps/:
# no CMake, no configure, nothing probed, so the result depends on the sources and the compiler alone.
# DIR/TARGET/.stamp holds the key of what was built; when it is current the script does nothing.
#
# Environment: CC, CFLAGS (native only, e.g. for sanitizers), JOBS (compilers at once; default: cores).
set -euo pipefail
export LC_ALL=C

scripts=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/lib.sh
. "$scripts/lib.sh"

libraries="zlib zstd libarchive libyaml mbedtls yyjson curl"

only_ask=
[ "${1:-}" != --is-current ] || { only_ask=1 && shift; }
[ $# -eq 2 ] || die "usage: build_deps.sh [--is-current] TARGET DIR"
target=$1
mkdir -p "$2"
deps=$(cd "$2" && pwd)
out=$deps/$target
jobs=${JOBS:-$(cores)}

case $target in
native)
	CC=${CC:-gcc}
	command -v "${CC%% *}" >/dev/null || [ -n "$only_ask" ] || die "the compiler $CC is not here: run scripts/setup.sh, or set CC"
	compiler_key="$($CC --version 2>&1 | head -n 1) $CC ${CFLAGS:-}"
	read -r -a compile <<<"$CC -O2 -g -fPIC ${CFLAGS:-}"
	;;
linux-amd64 | linux-arm64 | darwin-arm64)
	compiler_key="zig $(lock_field zig version)"
	compile=("$scripts/cc.sh" "$target" -O2 -g0)
	export DEPS=$deps
	;;
*) die "unknown target $target: native, linux-amd64, linux-arm64, darwin-arm64" ;;
esac

# The key: everything that can change the result. (Comments in the lock cannot, nor does zig matter to native.)
key=$( {
	echo "$target $compiler_key"
	awk -v skip="$([ "$target" = native ] && echo "[zig]")" '/^\[/ { use = ($1 != skip) } use && !/^#/ && NF' "$scripts/sources.lock"
	cat "$scripts/build_deps.sh" "$scripts"/deps/*
	[ "$target" = native ] || cat "$scripts/cc.sh"
} | sha256_stdin)
[ "$(cat "$out/.stamp" 2>/dev/null)" != "$key" ] || exit 0
[ -z "$only_ask" ] || exit 1

# Build beside the old result and swap at the end: a killed run leaves nothing that looks finished.
work=$(mktemp -d "$deps/.build-$target.XXXXXX")
trap 'rm -rf "$work"' EXIT

# library NAME ARCHIVE SOURCE_FOLDER "HEADERS" "FLAGS" FILE…: compiles FILEs (relative to SOURCE_FOLDER) into
# NAME/lib/ARCHIVE and copies HEADERS (relative to it too; a folder is copied whole) to NAME/include.
library() {
	local name=$1 archive=$2 source=$3 headers=$4 flags=$5 header file
	shift 5
	mkdir -p "$work/$name/include" "$work/$name/lib" "$work/obj/$name"
	for header in $headers; do
		cp -R "$source/$header" "$work/$name/include/"
	done
	for file in "$@"; do
		echo "$file $work/obj/$name/$(basename "$file" .c).o"
	done >"$work/obj/$name.list"
	# shellcheck disable=SC2086 # the flags are a list of words
	(cd "$source" && xargs -P "$jobs" -n 2 "$scripts/deps/compile_one.sh" \
		"${compile[@]}" -w -DNDEBUG -fvisibility=hidden "-ffile-prefix-map=$source=$name" $flags -- \
		<"$work/obj/$name.list") || die "$name for $target: the compiler failed"
	(cd "$work/obj/$name" && make_archive "$work/$name/lib/$archive" ./*.o)
}

# make_archive FILE OBJECT…: no times, no owners in the archive.
make_archive() {
	case $target in
	native) if [ "$(uname)" = Darwin ]; then ZERO_AR_DATE=1 ar rcs "$@"; else ar rcsD "$@"; fi ;;
	*) "$scripts/cc.sh" "$target" --ar rcsD "$@" ;;
	esac
}

# source_of NAME: the unpacked source folder of a library of the lock file.
source_of() {
	local folder
	folder=$deps/src/$1-$(lock_field "$1" version)
	[ -d "$folder" ] || die "the source of $1 is not in $deps/src: run scripts/setup.sh --deps $deps"
	echo "$folder"
}

# names PREFIX WORD…: PREFIXWORD.c for each.
names() {
	local prefix=$1
	shift
	printf "$prefix%s.c\n" "$@"
}

build_zlib() {
	# The gz* files (its stdio look-alike) are not used.
	# shellcheck disable=SC2046 # names are words
	library zlib libz.a "$(source_of zlib)" "zlib.h zconf.h" "-DHAVE_UNISTD_H=1" \
		$(names "" adler32 crc32 deflate infback inffast inflate inftrees trees zutil)
}

build_zstd() {
	# Decompression only, in C: the assembler files are for amd64 alone.
	# shellcheck disable=SC2046
	library zstd libzstd.a "$(source_of zstd)/lib" "zstd.h zstd_errors.h" \
		"-DZSTD_DISABLE_ASM=1 -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_" \
		$(names common/ debug entropy_common error_private fse_decompress pool threading \
			xxhash zstd_common) \
		$(names decompress/ huf_decompress zstd_ddict zstd_decompress zstd_decompress_block)
}

build_libarchive() {
	local source
	source=$(source_of libarchive)/libarchive
	# Reading only: bundle/tar_writer.c writes tar by itself. No *_all, no *_by_code: they would tie every
	# format and filter into the program.
	# shellcheck disable=SC2046
	library libarchive libarchive.a "$source" "archive.h archive_entry.h" \
		"-DPLATFORM_CONFIG_H=\"libarchive_config.h\" -I$scripts/deps
		 -I$work/zlib/include -I$work/zstd/include" \
		$(names archive_ acl check_magic entry entry_copy_stat entry_sparse entry_stat entry_strmode \
			entry_xattr options pack_dev random rb string string_sprintf util version_details \
			virtual) \
		$(names archive_read "" _append_filter _set_format _set_options _support_filter_gzip \
			_support_filter_none _support_filter_zstd _support_format_tar)
}

build_libyaml() {
	# shellcheck disable=SC2046
	library libyaml libyaml.a "$(source_of libyaml)" "include/yaml.h" \
		"-Iinclude -I$scripts/deps -include libyaml_config.h -DYAML_DECLARE_STATIC" \
		$(names src/ api dumper emitter loader parser reader scanner writer)
}

build_mbedtls() {
	# The configuration is installed in the place of upstream's, before the first file is compiled.
	local source
	source=$(source_of mbedtls)
	mkdir -p "$work/mbedtls/include"
	cp -R "$source/include/." "$work/mbedtls/include/"
	cp "$scripts/deps/mbedtls_config.h" "$work/mbedtls/include/mbedtls/mbedtls_config.h"
	# shellcheck disable=SC2046
	library mbedtls libmbedtls.a "$source/library" "" "-I$work/mbedtls/include" \
		$(names "" aes aesce aesni asn1parse asn1write base64 bignum bignum_core bignum_mod \
			bignum_mod_raw block_cipher chacha20 chachapoly cipher cipher_wrap constant_time \
			ctr_drbg ecdh ecdsa ecp ecp_curves entropy entropy_poll error gcm hmac_drbg md md5 oid \
			pem pk pk_ecc pk_wrap pkcs5 pkparse pkwrite platform platform_util poly1305 rsa \
			rsa_alt_helpers sha1 sha256 sha512) \
		$(names ssl_ ciphersuites client msg tls tls12_client) $(names x509 "" _crt)
}

build_yyjson() {
	library yyjson libyyjson.a "$(source_of yyjson)/src" "yyjson.h" "" yyjson.c
}

build_curl() {
	# HTTP, TLS by Mbed TLS, proxies. The order of the files is upstream's (lib/Makefile.inc).
	local source
	source=$(source_of curl)
	# shellcheck disable=SC2046
	library curl libcurl.a "$source/lib" "../include/curl" \
		"-DHAVE_CONFIG_H -DBUILDING_LIBCURL -DCURL_STATICLIB -D_GNU_SOURCE
		 -I$scripts/deps -I$source/include -I$source/lib -I$work/mbedtls/include" \
		$(names curlx/ base64 dynbuf inet_pton nonblock strparse timediff timeval warnless) \
		$(names "" vauth/vauth vquic/vquic) \
		$(names vtls/ cipher_suite hostcheck keylog mbedtls mbedtls_threadlock vtls vtls_scache \
			vtls_spack x509asn1) \
		$(names "" asyn-base asyn-thrdd bufq bufref cf-h1-proxy cf-haproxy cf-https-connect \
			cf-socket cfilters conncache connect content_encoding cshutdn curl_addrinfo \
			curl_endian curl_fnmatch curl_get_line curl_gethostname curl_memrchr curl_range \
			curl_sasl curl_threads curl_trc cw-out cw-pause dynhds easy easygetopt easyoptions \
			escape fake_addrinfo fileinfo fopen formdata getenv getinfo hash headers hmac hostip \
			hostip4 hostip6 http http1 http_chunks http_proxy httpsrr idn if2ip inet_ntop llist \
			mime mprintf multi multi_ev netrc noproxy parsedate progress rand rename request \
			select sendf setopt sha256 share slist socketpair socks speedcheck splay strcase \
			strdup strequal strerror transfer uint-bset uint-hash uint-spbset uint-table url \
			urlapi version)
}

for name in $libraries; do
	say "$target: building $name $(lock_field "$name" version)"
	"build_$name"
done

mkdir -p "$out"
for name in $libraries; do
	rm -rf "${out:?}/$name"
	mv "$work/$name" "$out/$name"
done
echo "$key" >"$out/.stamp"
