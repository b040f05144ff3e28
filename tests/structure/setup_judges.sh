#!/bin/bash
# Brings the outside judges that Debian does not have: LIEF (a Python package) and rcodesign (the Rust crate apple-codesign).
#
#   tests/structure/setup_judges.sh DIR      leaves DIR/python (for PYTHONPATH) and DIR/bin/rcodesign
#
# What is there already stays. rcodesign is compiled here, about two minutes on two cores: without its
# notarization (which brings half of its 370 crates) and not optimised, since it only signs a few small files.
set -euo pipefail

lief=1.0.0
apple_codesign=0.29.0
# Of the crate. The lock file in it has the hashes of the 370 others, and --locked holds cargo to them.
apple_codesign_sha256=f24e9ebdb70a2aee3ca1cea217009fb50776955f0d7678c31d22e48c1524667f

pins=$(cd "$(dirname "$0")/../../scripts/pip" && pwd)

main() {
	[ $# -eq 1 ] || die "usage: ${0##*/} DIR"
	mkdir -p "$1"
	judges=$(cd "$1" && pwd)
	exec 9>"$judges/.lock"
	flock 9
	is_current lief $lief || install_lief
	is_current rcodesign $apple_codesign || install_rcodesign
}

die() { echo "${0##*/}: $*" >&2 && exit 1; }

# The stamp names the version; a Python package is also for one version of Python.
stamp_of() { echo "$2 $([ "$1" != lief ] || python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"; }
is_current() { [ "$(cat "$judges/.$1" 2>/dev/null)" = "$(stamp_of "$@")" ]; }

install_lief() {
	echo "installing LIEF $lief" >&2
	rm -rf "$judges/python"
	python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
		--target "$judges/python" -r "$pins/judges.txt" >&2 || die "lief: pip could not install it with a pinned hash"
	PYTHONPATH=$judges/python python3 -c 'import lief'
	stamp_of lief $lief >"$judges/.lief"
}

# A cargo that is new enough: the person's own, or what Debian 12 brings for its browsers (its cargo is of 2022).
find_cargo() {
	local candidate
	for candidate in cargo "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" /usr/bin/cargo; do
		command -v "$candidate" >/dev/null || continue
		"$candidate" --version | awk '{ split($2, v, "."); exit !(v[1] > 1 || v[2] >= 81) }' || continue
		command -v "$candidate"
		return
	done
	return 1
}

install_cargo() {
	if ! { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; }; then
		die "rcodesign needs Rust's cargo, 1.81 or newer"
	fi
	echo "installing cargo-web" >&2
	apt-get -qq update >&2
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends cargo-web >"$judges/apt.log" 2>&1 ||
		{ tail -n 20 "$judges/apt.log" >&2 && die "apt-get install cargo-web failed"; }
}

install_rcodesign() {
	local cargo
	cargo=$(find_cargo) || { install_cargo && cargo=$(find_cargo); } || die "there is no cargo of 1.81 or newer"
	echo "compiling rcodesign $apple_codesign" >&2
	rm -rf "$judges/target"
	CARGO_TARGET_DIR=$judges/target CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 \
		CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_LTO=off nice "$cargo" install apple-codesign \
		--quiet --version "$apple_codesign" --locked --no-default-features --force --root "$judges" 9>&- >&2
	rm -rf "$judges/target"
	check_crate || die "rcodesign: apple-codesign $apple_codesign is not the pinned crate; it was not run"
	"$judges/bin/rcodesign" --version >&2
	stamp_of rcodesign $apple_codesign >"$judges/.rcodesign"
}

# What cargo downloaded; the registry's index vouched for it until here.
check_crate() {
	local crate
	for crate in "${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/"apple-codesign-$apple_codesign.crate"; do
		echo "$apple_codesign_sha256  $crate" | sha256sum --check --quiet >&2 || { rm -f "$judges/bin/rcodesign" && return 1; }
	done
}

main "$@"
