#!/bin/bash
# Builds hardtack twice from clean clones and compares: stubs, host tools of all targets, libraries, release files.
#
#   tests/reproducible/clones.sh DEPS
#
# DEPS lends only what was downloaded and checked (sources, zig). Each clone has a folder, a length of path, a home,
# a user, a time zone, a language, a umask, a number of jobs and a compiler's cache of its own, and compiles everything,
# the libraries too. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || { echo "usage: ${0##*/} DEPS" >&2 && exit 2; }
lender=$(cd "$1" && pwd)
work=$(mktemp -d /tmp/hardtack-clones.XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
passed=0 failed=0
targets="linux-amd64 linux-arm64 darwin-arm64"

note() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1)) && echo "ok   $1"
	else
		failed=$((failed + 1)) && echo "FAIL $1: $2, $3"
	fi
}

# clone FOLDER UMASK: this commit, as git has it, and the lent downloads.
clone() {
	(
		umask "$2"
		mkdir -p "$(dirname "$1")"
		git clone --quiet --no-hardlinks . "$1"
		git -C "$1" -c advice.detachedHead=false checkout --quiet "$(git rev-parse HEAD)"
		mkdir -p "$1/build/deps/src"
		cp "$lender"/src/*.tar "$1/build/deps/src/"
		cp -R "$lender/zig" "$1/build/deps/zig"
	)
}

# build FOLDER UMASK JOBS VARIABLE=VALUE…: what the surroundings are, then everything.
build() {
	local folder=$1 mask=$2 jobs=$3
	shift 3
	(
		umask "$mask"
		cd "$folder"
		# shellcheck disable=SC2016 # the other shell's variables
		env "$@" sh -c 'echo "$(date +%z) $LC_ALL $(umask) $(id -u) $HOME $PWD"' >"$folder.surroundings"
		env "$@" make -j"$jobs" JOBS="$jobs" all build/linux-amd64/hardtack build/linux-arm64/hardtack build/darwin-arm64/hardtack
	) >"$folder.log" 2>&1 || { tail -n 30 "$folder.log" && echo "0 passed, 1 failed" && exit 1; }
}

started=$SECONDS
a=$work/a/hardtack
b="$work/another/much/deeper/and longer path/of-hardtack"
b=${b// /-}
clone "$a" 022
clone "$b" 077
mkdir -p "$work/home-a" "$work/home-b"
build "$a" 022 2 HOME="$work/home-a" TZ=UTC LC_ALL=C
as=""
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chown -R 65534:65534 "$work/another" "$work/home-b"
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
# shellcheck disable=SC2086 # a command of several words, or none
build "$b" 077 1 HOME="$work/home-b" TZ=Asia/Shanghai LC_ALL=zh_CN.UTF-8 $as
sed 's/^/     /' "$a.surroundings" "$b.surroundings"
for field in 1 2 3 4 5 6; do
	one=$(cut -d ' ' -f $field "$a.surroundings") other=$(cut -d ' ' -f $field "$b.surroundings")
	if [ -n "$as" ] || [ $field != 4 ]; then
		note "the surroundings differ: $one, $other" "$([ "$one" != "$other" ] && echo differ)" differ
	fi
done
sum() { (cd "$1" && sha256sum "$2" | cut -c 1-64); }
for target in $targets; do
	for file in "build/$target/stub" "build/$target/hardtack"; do
		note "$file" "$(sum "$a" "$file")" "$(sum "$b" "$file")"
	done
	libraries=$(cd "$a" && ls build/deps/"$target"/*/lib/*.a)
	for file in $libraries; do
		note "$file" "$(sum "$a" "$file")" "$(sum "$b" "$file")"
	done
done
note build/hardtack "$(sum "$a" build/hardtack)" "$(sum "$b" build/hardtack)"
echo "     two clones compiled and compared in $((SECONDS - started)) s"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
