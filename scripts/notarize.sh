#!/bin/bash
# Signs darwin-arm64 installers with a Developer ID, has Apple notarize them, and makes a stapled disk image of each.
#
#   scripts/notarize.sh [--dry-run] --identity NAME --profile NAME [--key KEY.pem] [--out DIR] FILE...
#   scripts/notarize.sh [--dry-run] --p12 FILE --p12-password-file FILE --api-key FILE [--key KEY.pem] [--out DIR] FILE...
#
# The first form is for a Mac (codesign, notarytool, hdiutil, stapler):
#   --identity NAME   "Developer ID Application: …" of the keychain (security find-identity -v -p codesigning)
#   --profile NAME    what `xcrun notarytool store-credentials NAME` stored
# The second one uses rcodesign, on any machine; it ends with a notarized .zip, since only macOS makes disk images:
#   --p12 FILE, --p12-password-file FILE   certificate and key, and a file with their password
#   --api-key FILE    App Store Connect key, as `rcodesign encode-app-store-connect-api-key` wrote it
# Both:
#   --key KEY.pem     sign with hardtack's own key too: Apple's signature changes the file, so FILE.sig is made anew
#   --out DIR         where the results go (default: ./notarized); the FILEs themselves are not touched
#   --dry-run         print every command, run none
#
# HARDTACK names the host tool (default: hardtack). Exit 0, 1 when a step failed, 2 for a wrong command line.
# The path has never been walked with a real account: docs/apple.md says what is known and what is not.
set -euo pipefail
export LC_ALL=C

identity="" profile="" p12="" password="" api_key="" key="" out=notarized dry="" way=""
hardtack=${HARDTACK:-hardtack}

main() {
	local file
	parse_arguments "$@"
	run mkdir -p "$out"
	for file in ${files[@]+"${files[@]}"}; do
		echo "== $file"
		"notarize_$way" "$file" "$out/$(basename "$file")"
	done
}

usage() { echo "notarize: $* (--help tells the rest)" >&2 && exit 2; }

parse_arguments() {
	files=()
	while [ $# -gt 0 ]; do
		case $1 in
		--identity | --profile | --p12* | --api-key | --key | --out) [ -n "${2:-}" ] || usage "$1 needs a value" ;;
		esac
		case $1 in
		--dry-run) dry=1 && shift ;;
		--identity) identity=$2 && shift 2 ;;
		--profile) profile=$2 && shift 2 ;;
		--p12) p12=$2 && shift 2 ;;
		--p12-password-file) password=$2 && shift 2 ;;
		--api-key) api_key=$2 && shift 2 ;;
		--key) key=$2 && shift 2 ;;
		--out) out=$2 && shift 2 ;;
		-h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d' && exit 0 ;;
		-*) usage "unknown option $1" ;;
		*) files+=("$1") && shift ;;
		esac
	done
	[ ${#files[@]} -gt 0 ] || usage "which installer?"
	if [ -n "$identity" ] && [ -n "$profile" ] && [ -z "$p12$api_key" ]; then
		way=on_mac
	elif [ -n "$p12" ] && [ -n "$password" ] && [ -n "$api_key" ] && [ -z "$identity$profile" ]; then
		way=anywhere
	else
		usage "give --identity and --profile (on a Mac), or --p12, --p12-password-file and --api-key"
	fi
}

# Every command goes through here: shown, and run unless it is a dry run.
run() {
	printf '+'
	printf ' %q' "$@"
	printf '\n'
	[ -n "$dry" ] || "$@" || { echo "notarize: this failed: $1 (exit $?)" >&2 && exit 1; }
}

# A copy, under its own name and with a new inode: macOS remembers signatures by inode.
copy_of() {
	run rm -f "$2"
	run cp "$1" "$2"
	run chmod 755 "$2"
}

# Our own proof that Apple's tools left program and payload alone; then our signature over the result.
prove() {
	run "$hardtack" verify "$1"
	[ -z "$key" ] || run "$hardtack" sign "$1" --key "$key"
}

notarize_on_mac() {
	local file=$1 copy=$2 folder image=$2.dmg
	copy_of "$file" "$copy"
	# The hardened runtime and a secure timestamp are what notarization asks for; no entitlement is needed.
	run codesign --force --sign "$identity" --options runtime --timestamp "$copy"
	run codesign --verify --strict --verbose=4 "$copy"
	prove "$copy"
	run ditto -c -k "$copy" "$copy.zip"
	submit_on_mac "$copy.zip"
	run rm -f "$copy.zip"
	# A bare program cannot be stapled: the ticket travels on a disk image, so that the first start needs no network.
	folder=$copy.image
	run rm -rf "$folder" "$image"
	run mkdir "$folder"
	run cp "$copy" "$folder/"
	if [ -e "$(dirname "$file")/先读我-README.txt" ]; then
		run cp "$(dirname "$file")/先读我-README.txt" "$folder/"
	fi
	run hdiutil create -volname "$(basename "$copy")" -srcfolder "$folder" -fs HFS+ -format UDRO "$image"
	run rm -rf "$folder"
	run codesign --force --sign "$identity" --timestamp "$image"
	submit_on_mac "$image"
	run xcrun stapler staple "$image"
	run xcrun stapler validate "$image"
	run spctl --assess --verbose=2 --type open --context context:primary-signature "$image"
}

# notarytool ends with 0 for a refused submission too: its words decide.
submit_on_mac() {
	local said
	printf '+ xcrun notarytool submit %q --keychain-profile %q --wait\n' "$1" "$profile"
	[ -z "$dry" ] || return 0
	said=$(xcrun notarytool submit "$1" --keychain-profile "$profile" --wait 2>&1) || { echo "$said" >&2 && exit 1; }
	echo "$said"
	case $said in
	*"status: Accepted"*) ;;
	*)
		echo "notarize: Apple did not accept $1. The reasons: xcrun notarytool log ID --keychain-profile $profile" >&2
		exit 1
		;;
	esac
}

notarize_anywhere() {
	local file=$1 copy=$2
	copy_of "$file" "$copy.unsigned"
	run rm -f "$copy" "$copy.zip"
	run rcodesign sign --p12-file "$p12" --p12-password-file "$password" --for-notarization "$copy.unsigned" "$copy"
	run rm -f "$copy.unsigned"
	run chmod 755 "$copy"
	prove "$copy"
	run python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", allowZip64=True) as z:
    i = zipfile.ZipInfo(sys.argv[3]); i.external_attr = 0o100755 << 16
    with open(sys.argv[1], "rb") as f, z.open(i, "w", force_zip64=True) as o:
        while part := f.read(1 << 20): o.write(part)' "$copy" "$copy.zip" "$(basename "$copy")"
	run rcodesign notary-submit --api-key-file "$api_key" --wait "$copy.zip"
	echo "notarize: $copy is notarized but not stapled: a Mac looks its ticket up at Apple's, once, when it is first started"
}

main "$@"
