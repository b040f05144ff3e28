#!/bin/bash
# Brings the outside judges that Debian does not have: LIEF (a Python package) and rcodesign (the Rust crate apple-codesign).
#
#   tests/structure/setup_judges.sh DIR      leaves DIR/python (for PYTHONPATH) and DIR/bin/rcodesign
#
# What is there already stays. rcodesign is compiled here, about three minutes on two cores: without its
# notarization (which brings half of its 370 crates) and barely optimised, since it only signs a few files.
set -euo pipefail

lief=1.0.0
apple_codesign=0.29.0

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
	python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--target "$judges/python" "lief==$lief" >&2
	PYTHONPATH=$judges/python python3 -c 'import lief'
	stamp_of lief $lief >"$judges/.lief"
}

install_rcodesign() {
	local cargo
	cargo=$(command -v cargo || command -v "$HOME/.cargo/bin/cargo") ||
		die "rcodesign needs Rust's cargo (1.81 or newer)"
	echo "compiling rcodesign $apple_codesign" >&2
	rm -rf "$judges/target"
	CARGO_TARGET_DIR=$judges/target CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 \
		CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_LTO=off nice "$cargo" install apple-codesign \
		--quiet --version "$apple_codesign" --locked --no-default-features --force --root "$judges" 9>&- >&2
	rm -rf "$judges/target"
	"$judges/bin/rcodesign" --version >&2
	stamp_of rcodesign $apple_codesign >"$judges/.rcodesign"
}

main "$@"
