#!/bin/bash
# Makes this machine able to build: system packages, the pinned sources, zig, and the libraries for each target.
#
#   scripts/setup.sh [--deps DIR] [--target TARGET]... [--tests] [--lint] [--bench] [--fuzz] [--valgrind] [--judges]
#
# --deps DIR        where everything goes (default: build/deps); what a second run finds right it leaves alone
# --target TARGET   native, linux-amd64, linux-arm64 or darwin-arm64 (default: all of them)
# --tests, --lint, --bench, --fuzz, --valgrind   also install what these targets of make use (Debian only)
# --judges          only the Python packages of scripts/pip/sbom.txt, into DIR/judges-sbom (part of --tests)
#
# Quiet when there is nothing to do. What is fetched is named by scripts/sources.lock, and no byte of it is used
# before its SHA-256 is right. Sources come from Debian's archive where the machine is a Debian (any user may run
# this: it has an apt configuration of its own in DIR and leaves the machine's alone), else from upstream.
# System packages are installed on Debian by root, on macOS by Homebrew; otherwise the script says what is missing.
set -euo pipefail
export LC_ALL=C

scripts=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/lib.sh
. "$scripts/lib.sh"

all_targets="native linux-amd64 linux-arm64 darwin-arm64"
libraries="zlib zstd libarchive libyaml mbedtls yyjson curl"

# What the build needs: a command, and the Debian package and Homebrew formula that bring it.
build_tools="gcc=gcc: make=make: ar=binutils: python3=python3:python3 curl=curl: xz=xz-utils:xz bzip2=bzip2:
	git=git:git"
# Further packages on Debian: headers of the C library, pip, certificates.
build_packages="libc6-dev python3-pip ca-certificates"
# What the tests use on top: to run the arm64 programs and to build machorun; archives to compare with; network namespaces.
test_packages="qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross skopeo docker-registry apache2-utils openssl zstd iproute2 llvm file faketime"
# What `make bench` compares with.
bench_packages="makeself zstd openssl iproute2"
# What `make check-valgrind` uses; it reads the C library's symbols.
valgrind_packages="valgrind libc6-dbg"
# What `make lint` and `make format` use.
lint_packages="clang-tidy clang-format cppcheck shellcheck"
# What `make fuzz` searches with.
fuzz_packages="clang-14 libclang-rt-14-dev"

main() {
	local target
	deps=build/deps targets="" extra_packages="" apt_state="" judges=""
	parse_arguments "$@"
	mkdir -p "$deps"
	deps=$(cd "$deps" && pwd)
	install_extra_packages

	# make may start one of these for every target at once.
	lock_folder "$deps"
	[ -z "$judges" ] || install_judges
	for target in $targets; do
		if ! "$scripts/build_deps.sh" --is-current "$target" "$deps" || ! have_compiler "$target"; then
			install_build_packages
			fetch_sources
			unpack_sources
			[ "$target" = native ] || fetch_zig
			"$scripts/build_deps.sh" "$target" "$deps"
		fi
	done
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--deps) deps=${2:?--deps needs a folder} && shift 2 ;;
		--target) targets="$targets ${2:?--target needs a name}" && shift 2 ;;
		--tests) extra_packages="$extra_packages $test_packages" judges=1 && shift ;;
		--judges) judges=1 && shift ;;
		--bench) extra_packages="$extra_packages $bench_packages" && shift ;;
		--fuzz) extra_packages="$extra_packages $fuzz_packages" && shift ;;
		--valgrind) extra_packages="$extra_packages $valgrind_packages" && shift ;;
		--lint) extra_packages="$extra_packages $lint_packages" && shift ;;
		-h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" && exit 0 ;;
		*) die "unknown argument $1 (--help tells the rest)" ;;
		esac
	done
	targets=${targets:-$all_targets}
}

have_compiler() {
	[ "$1" = native ] || zig_is_current
}

# ---- system packages ------------------------------------------------------------------------------------------

is_debian() { [ -r /etc/debian_version ] && command -v apt-get >/dev/null; }

install_build_packages() {
	local entry command packages="" formulas="" missing=""
	for entry in $build_tools; do
		command=${entry%%=*}
		command -v "$command" >/dev/null && continue
		missing="$missing $command"
		packages="$packages $(echo "${entry#*=}" | cut -d : -f 1)"
		formulas="$formulas $(echo "${entry#*=}" | cut -d : -f 2)"
	done
	if is_debian; then
		for entry in $build_packages; do
			package_is_there "$entry" || packages="$packages $entry"
		done
		# A pip of its own (pyenv, a virtual environment) is as good.
		python3 -m pip --version >/dev/null 2>&1 && packages=${packages/ python3-pip/}
		apt_install "$packages"
	elif [ "$(uname)" = Darwin ]; then
		xcode-select -p >/dev/null 2>&1 || die "run xcode-select --install first: it brings the compiler and make"
		# shellcheck disable=SC2086 # a list of words
		[ -z "${formulas// /}" ] || { command -v brew >/dev/null && brew install $formulas; } ||
			die "install these first:$missing"
	else
		[ -z "$missing" ] || die "install these first:$missing"
	fi
}

install_extra_packages() {
	local package packages=""
	[ -n "$extra_packages" ] || return 0
	is_debian || { say "these would be of use too (Debian's names):$extra_packages" && return; }
	for package in $extra_packages; do
		package_is_there "$package" || packages="$packages $package"
	done
	apt_install "$packages"
}

# The format's own tools that judge an SBOM; their list is their key.
install_judges() {
	local wanted=$scripts/pip/sbom.txt folder=$deps/judges-sbom
	cmp -s "$wanted" "$folder/.requirements" && return
	install_build_packages
	rm -rf "$folder.partial" "$folder"
	say "fetching the judges of SBOMs (spdx-tools)"
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-compile --only-binary :all: \
		--require-hashes --target "$folder.partial" -r "$wanted" >&2 ||
		die "spdx-tools: pip could not install what scripts/pip/sbom.txt names, with its hashes"
	cp "$wanted" "$folder.partial/.requirements"
	mv "$folder.partial" "$folder"
}

package_is_there() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_install() {
	[ -n "${1// /}" ] || return 0
	[ "$(id -u)" = 0 ] || die "as root: apt-get install$1"
	say "installing$1"
	apt-get -qq update
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $1 </dev/null >"$deps/apt.log" 2>&1 ||
		{ tail -n 20 "$deps/apt.log" >&2 && die "apt-get install$1 failed"; }
}

# ---- sources --------------------------------------------------------------------------------------------------

# Every library's tarball, in DIR/src under the hash that it has been checked against.
fetch_sources() {
	local name
	mkdir -p "$deps/src"
	for name in $libraries; do
		[ -n "$(tarball_of "$name")" ] || fetch_from_debian "$name" || fetch_from_upstream "$name" ||
			die "$name: neither Debian's archive nor $(upstream_url "$name") gave the pinned file"
	done
	rm -rf "$deps/apt"
}

upstream_url() { lock_field "$1" upstream | cut -d ' ' -f 1; }
upstream_hash() { lock_field "$1" upstream | cut -d ' ' -f 2; }
debian_suite() { lock_field "$1" debian | cut -d ' ' -f 1; }
debian_package() { lock_field "$1" debian | cut -d ' ' -f 2; }
debian_file() { lock_field "$1" debian | cut -d ' ' -f 3; }
debian_hash() { lock_field "$1" debian | cut -d ' ' -f 4; }

# The path of a library's tarball, from either origin; nothing when it is not here.
tarball_of() {
	local hash
	for hash in $(debian_hash "$1") $(upstream_hash "$1"); do
		[ -f "$deps/src/$hash.tar" ] && echo "$deps/src/$hash.tar" && return
	done
	return 0
}

# keep NAME FILE HASH: takes a downloaded file in when it is the pinned one; else refuses it by name.
keep() {
	local actual
	actual=$(sha256_file "$2")
	if [ "$actual" != "$3" ]; then
		say "$1: ${2##*/} has SHA-256 $actual, pinned is $3"
		return 1
	fi
	mv "$2" "$deps/src/$3.tar"
}

fetch_from_debian() {
	local name=$1 file version
	is_debian && private_apt || return 1
	file=$(debian_file "$name")
	# The suite's package may have moved on to a new revision; any that has our file will do.
	version=$(apt_private apt-cache showsrc "$(debian_package "$name")" 2>/dev/null |
		awk -v hash="$(debian_hash "$name")" '$1 == "Version:" { v = $2 } $1 == hash { print v; exit }')
	[ -n "$version" ] || { say "$name: Debian's archive has no $file with the pinned hash" && return 1; }
	say "$name: fetching $file from Debian's archive"
	(cd "$apt/download" && apt_private apt-get -qq source --download-only --tar-only \
		"$(debian_package "$name")=$version" >"$apt/log" 2>&1) || { cat "$apt/log" >&2 && return 1; }
	keep "$name" "$apt/download/$file" "$(debian_hash "$name")"
}

fetch_from_upstream() {
	local name=$1 file
	file=$deps/src/.download-$name
	say "$name: fetching $(upstream_url "$name")"
	curl -fsSL --retry 2 --connect-timeout 20 -o "$file" "$(upstream_url "$name")" || return 1
	keep "$name" "$file" "$(upstream_hash "$name")"
}

# An apt of our own in DIR/apt: source packages of the suites in the lock, from the mirror that the machine uses.
private_apt() {
	local name suites mirror keyring
	apt=$deps/apt
	[ -z "$apt_state" ] || { [ "$apt_state" = ready ] && return || return 1; }
	apt_state=failed
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/download"
	mirror=$(machine_mirror)
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -n "$mirror" ] && [ -r "$keyring" ] || return 1
	suites=$(for name in $libraries; do debian_suite "$name"; done | sort -u)
	for name in $suites; do
		echo "deb-src [signed-by=$keyring] $mirror $name main"
	done >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-END
		Dir::Etc::SourceList "$apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$apt/lists";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "";
	END
	say "reading Debian's list of sources"
	if ! apt_private apt-get -qq update >"$apt/log" 2>&1; then
		cat "$apt/log" >&2
		return 1
	fi
	apt_state=ready
}

apt_private() { APT_CONFIG=$apt/apt.conf "$@"; }

# The URI of the Debian archive in the machine's own apt sources (both of their formats).
machine_mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
		grep -v '^ *#' | grep -oE '(https?|ftp|file|mirror\+https?)://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' '
}

# Unpacks into DIR/src/NAME-VERSION; the hash inside says of which tarball.
unpack_sources() {
	local name tarball folder
	for name in $libraries; do
		tarball=$(tarball_of "$name")
		folder=$deps/src/$name-$(lock_field "$name" version)
		[ "$(cat "$folder/.tarball" 2>/dev/null)" = "${tarball##*/}" ] && continue
		# It may have lain here for long: what is unpacked is checked, not what was downloaded.
		[ "$(sha256_file "$tarball").tar" = "${tarball##*/}" ] ||
			die "$name: $tarball is not what its name says: remove it and run this again"
		rm -rf "$folder" "$folder.partial"
		mkdir "$folder.partial"
		tar -xf "$tarball" -C "$folder.partial" --strip-components=1
		echo "${tarball##*/}" >"$folder.partial/.tarball"
		mv "$folder.partial" "$folder"
	done
}

# ---- zig ------------------------------------------------------------------------------------------------------

# The lock's row for this machine: PLATFORM-TAG SHA-256.
zig_row() {
	case $(uname -s)-$(uname -m) in
	Linux-x86_64) lock_field zig linux-amd64 ;;
	Linux-aarch64) lock_field zig linux-arm64 ;;
	Darwin-arm64) lock_field zig darwin-arm64 ;;
	*) die "no pinned zig for $(uname -s) on $(uname -m): use Linux on amd64 or arm64, or a Mac with an Apple chip" ;;
	esac
}

zig_is_current() {
	[ "$(cat "$deps/zig/.wheel" 2>/dev/null)" = "$(zig_row | cut -d ' ' -f 2)" ]
}

fetch_zig() {
	local version platform hash folder wheel actual
	zig_is_current && return
	version=$(lock_field zig version)
	platform=$(zig_row | cut -d ' ' -f 1)
	hash=$(zig_row | cut -d ' ' -f 2)
	folder=$deps/zig.partial
	python3 -m pip --version >/dev/null 2>&1 || die "zig: install pip for python3 first"
	rm -rf "$folder"
	mkdir "$folder"
	say "fetching zig $version (the ziglang wheel)"
	# pip looks into what it downloads, so it must know the hash too.
	echo "ziglang==$version --hash=sha256:$hash" >"$folder/requirement"
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
		--platform "$platform" --dest "$folder" -r "$folder/requirement" >&2 ||
		die "zig: pip could not fetch ziglang $version with the pinned SHA-256 $hash"
	wheel=$(echo "$folder"/ziglang-*.whl)
	actual=$(sha256_file "$wheel")
	[ "$actual" = "$hash" ] || die "zig: ${wheel##*/} has SHA-256 $actual, pinned is $hash"
	python3 -m zipfile -e "$wheel" "$folder"
	chmod +x "$folder/ziglang/zig"
	rm -rf "$deps/zig"
	echo "$hash" >"$folder/ziglang/.wheel"
	mv "$folder/ziglang" "$deps/zig"
	rm -rf "$folder"
}

main "$@"
