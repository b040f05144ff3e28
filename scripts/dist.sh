#!/bin/bash
# Makes the release of hardtack: an archive for each target, sums, SBOMs, and a signature when there is a key.
#
#   scripts/dist.sh BUILD OUT [KEY]
#
# BUILD   has hardtack for every target, and BUILD/pack_gzip; `make dist` sees to it
# OUT     becomes
#           hardtack-VERSION-TARGET.tar.gz        hardtack, LICENSE, THIRD-PARTY-LICENSES, READMEs, SBOM
#           hardtack-VERSION-TARGET.spdx.json     the SBOM again, to be read without unpacking
#           SHA256SUMS                            of all these
#           SHA256SUMS.sig                        only with KEY (`hardtack keygen`): ECDSA P-256, DER
#
# The same commit gives the same bytes everywhere, the signature included (RFC 6979). Times in the archives are
# SOURCE_DATE_EPOCH, or 1970. What is in OUT is replaced.
set -euo pipefail
export LC_ALL=C

scripts=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$scripts")
# shellcheck source=scripts/lib.sh
. "$scripts/lib.sh"
targets="darwin-arm64 linux-amd64 linux-arm64"

main() {
	local target
	[ $# -eq 2 ] || [ $# -eq 3 ] || die "usage: dist.sh BUILD OUT [KEY]"
	build=$1 out=$2 key=${3:-}
	version=$("$build/hardtack" version | cut -d ' ' -f 2)
	mkdir -p "$out"
	rm -f "$out"/hardtack-* "$out"/SHA256SUMS*
	work=$(mktemp -d "$out/.work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	for target in $targets; do
		pack "$target"
	done
	(cd "$out" && for file in hardtack-*; do echo "$(sha256_file "$file")  $file"; done) >"$work/sums"
	mv "$work/sums" "$out/SHA256SUMS"
	sign
	(cd "$out" && ls -1)
}

# pack TARGET: its folder, then its archive.
pack() {
	local name=hardtack-$version-$1 folder=$work/$1
	mkdir "$folder"
	cp "$build/$1/hardtack" "$folder/hardtack"
	cp "$root/LICENSE" "$root/README.md" "$root/README.zh-CN.md" "$folder/"
	"$build/hardtack" version --licenses >"$folder/THIRD-PARTY-LICENSES"
	"$scripts/dist_sbom.py" "$version" "$1" "$folder/hardtack" >"$folder/hardtack.spdx.json"
	"$scripts/dist_tar.py" "$folder" "$name" | "$build/pack_gzip" >"$work/$name.tar.gz"
	mv "$folder/hardtack.spdx.json" "$out/$name.spdx.json"
	mv "$work/$name.tar.gz" "$out/"
}

sign() {
	if [ -z "$key" ]; then
		say "not signed: there is no KEY (make dist KEY=key.pem, see docs/release.md)"
		return
	fi
	# The passphrase, if there is one, is asked for.
	"$build/hardtack" sign "$out/SHA256SUMS" --key "$key" -q >&2
	rm "$out/SHA256SUMS.sha256"
}

main "$@"
