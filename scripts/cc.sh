#!/bin/sh
# The compiler of what ships: zig cc for one target, with everything that makes its output depend on the sources alone.
#
#   scripts/cc.sh TARGET ARGUMENT…          compiles or links, like cc
#   scripts/cc.sh TARGET --ar ARGUMENT…     archives, like ar
#
# TARGET   linux-amd64, linux-arm64 (static, musl), darwin-arm64 (macOS 11.0 and later)
# DEPS     (environment) the folder that setup.sh filled; default build/deps
#
# The linker flags that a target needs are added here whenever a program is linked, so that a Makefile need not
# know them. docs/toolchain.md has the measurements behind every flag.
set -eu

target=$1
shift
deps=${DEPS:-build/deps}
deps=$(cd "$deps" && pwd)

[ -x "$deps/zig/zig" ] || { echo "cc.sh: zig is not in $deps: run scripts/setup.sh --deps $deps" >&2 && exit 1; }

# A clean environment: LIBRARY_PATH, CPATH, MACOSX_DEPLOYMENT_TARGET and their like would leak this machine in.
zig() {
	env -i PATH="$PATH" HOME="${HOME:-/}" TMPDIR="${TMPDIR:-/tmp}" LC_ALL=C SOURCE_DATE_EPOCH=0 \
		ZIG_GLOBAL_CACHE_DIR="$deps/zig-cache" ZIG_LOCAL_CACHE_DIR="$deps/zig-cache" "$deps/zig/zig" "$@"
}

if [ "${1:-}" = --ar ]; then
	shift
	case $target in
	darwin-*) zig ar --format=darwin "$@" ;;
	*) zig ar "$@" ;;
	esac
	exit
fi

# The baseline processors: any amd64, any ARMv8-A, Apple's M1.
case $target in
linux-amd64) triple=x86_64-linux-musl cpu=x86_64 ;;
linux-arm64) triple=aarch64-linux-musl cpu=generic ;;
darwin-arm64) triple=aarch64-macos.11.0-none cpu=apple_m1 ;;
*) echo "cc.sh: unknown target $target: linux-amd64, linux-arm64, darwin-arm64" >&2 && exit 1 ;;
esac

# Is it a link, and where does the result go?
link=1 output=a.out previous=
for argument; do
	[ "$previous" != -o ] || output=$argument
	case $argument in -c | -E | -S | -M | -MM | --version | -v) link= ;; esac
	previous=$argument
done

# No paths of this machine in the output; functions in sections of their own, so that what is unused goes.
set -- -target "$triple" "-mcpu=$cpu" -fno-sanitize=undefined -fstack-protector-strong -fPIE \
	-ffunction-sections -fdata-sections \
	"-ffile-prefix-map=$PWD=." "-ffile-prefix-map=$deps=deps" "$@"

if [ -n "$link" ]; then
	case $target in
	# Room for the two load commands that the builder adds (facts in docs/macos.md); zig reads the number as hexadecimal.
	darwin-*) set -- "$@" -Wl,-s -Wl,-dead_strip -Wl,-headerpad,0x1000 ;;
	linux-*) set -- "$@" -static -pie -Wl,-s -Wl,--gc-sections ;;
	esac
fi
zig cc "$@"

case $link$target in
1darwin-*) python3 "$(dirname "$0")/macho_finish.py" "$output" hardtack ;;
esac
