#!/bin/bash
# Walks scripts/notarize.sh with every tool of Apple's played by a small script, so that it cannot rot.
#
# It proves that each step is taken, in order, and that each failure stops it; it proves nothing about Apple. Ends with
# "N passed, N failed".
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/hardtack-notarize.XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
mkdir "$work/bin" "$work/in dir"
printf 'an installer\n' >"$work/in dir/app-1.0-darwin-arm64"
printf 'read me\n' >"$work/in dir/先读我-README.txt"

# A player notes how it was called; PLAY_FAILS names the one that fails; signing changes the file.
for name in codesign xcrun hdiutil ditto spctl rcodesign hardtack; do
	cat >"$work/bin/$name" <<-'END'
		#!/bin/bash
		echo "${0##*/} $*" >>"$PLAY_CALLS"
		[[ "${0##*/} $*" != ${PLAY_FAILS:-none}* ]] || exit 3
		case "${0##*/} $1 ${2:-}" in
		"codesign --force"*) echo signed >>"${!#}" ;;
		"rcodesign sign"*) for last; do before=${file:-} file=$last; done; { cat "$before"; echo signed; } >"$file" ;;
		"ditto"*) cp "$3" "$4" ;;
		"hdiutil create"*) ls "$5" >"${!#}" ;;
		"xcrun notarytool submit") echo "  status: ${PLAY_STATUS:-Accepted}" ;;
		"hardtack verify"*) grep -q signed "$2" || exit 7 ;;
		esac
	END
	chmod +x "$work/bin/$name"
done

# walk VARIABLE=VALUE… -- ARGUMENT…: leaves $status, $work/said and $work/calls.
walk() {
	local variables=()
	while [ "$1" != -- ]; do variables+=("$1") && shift; done
	shift
	rm -rf "$work/out" && : >"$work/calls"
	env "PATH=$work/bin:$PATH" "PLAY_CALLS=$work/calls" ${variables[@]+"${variables[@]}"} \
		bash "$here/../../scripts/notarize.sh" --out "$work/out" "$@" >"$work/said" 2>&1 </dev/null
	status=$?
}

# want NAME STATUS TEXT…: the exit, each text in what was said, and the installer as it was.
want() {
	local name=$1 wanted=$2 text bad=""
	shift 2
	[ $status -eq "$wanted" ] || bad="exit $status, expected $wanted"
	for text in "$@"; do
		grep -qF -- "$text" "$work/said" || bad="$bad; nowhere: $text"
	done
	[ "$(cat "$work/in dir/app-1.0-darwin-arm64")" = "an installer" ] || bad="$bad; the file itself was changed"
	if [ -z "$bad" ]; then
		passed=$((passed + 1)) && echo "ok   $name"
	else
		failed=$((failed + 1)) && echo "FAIL $name: $bad" && sed 's/^/     /' "$work/said"
	fi
}

# calls NAME WORDS…: the first words of all calls, in this order and no others.
calls() {
	local name=$1 found
	shift
	found=$(sed -E 's/^(xcrun|codesign|rcodesign|hardtack) (--)?([a-z-]+)( (submit|staple|validate))?.*/\1 \3\4/; s/^(ditto|hdiutil|spctl) .*/\1/' "$work/calls")
	if [ "$found" = "$(printf '%s\n' "$@")" ]; then
		passed=$((passed + 1)) && echo "ok   $name"
	else
		failed=$((failed + 1)) && echo "FAIL $name" && sed 's/^/     /' "$work/calls"
	fi
}

file="$work/in dir/app-1.0-darwin-arm64"
mac=(--identity "Developer ID Application: A. Person (ABC)" --profile me)
any=(--p12 "$work/id.p12" --p12-password-file "$work/pw" --api-key "$work/api.json")

walk -- --dry-run "${mac[@]}" --key key.pem "$file"
want "a dry run on a Mac shows every step" 0 "+ codesign --force" "notarytool submit" "hdiutil create" "stapler staple" "--options runtime --timestamp"
calls "and takes none" ""
[ ! -e "$work/out" ] || { failed=$((failed + 1)) && echo "FAIL the dry run wrote"; }
walk -- "${mac[@]}" --key key.pem "$file"
want "on a Mac: signed, notarized, stapled" 0 "status: Accepted"
calls "its steps, in order" "codesign force" "codesign verify" "hardtack verify" "hardtack sign" ditto "xcrun notarytool submit" \
	hdiutil "codesign force" "xcrun notarytool submit" "xcrun stapler staple" "xcrun stapler validate" spctl
image=$work/out/app-1.0-darwin-arm64.dmg
if grep -q '^先读我-README.txt$' "$image" && grep -q '^app-1.0-darwin-arm64$' "$image" && grep -q signed "$image"; then
	passed=$((passed + 1)) && echo "ok   the image holds installer and README, and is signed"
else
	failed=$((failed + 1)) && echo "FAIL the image: $(cat "$image")"
fi
for step in "codesign --force" "codesign --verify" "hardtack verify" "hardtack sign" ditto "xcrun notarytool" hdiutil "xcrun stapler staple" \
	"xcrun stapler validate" spctl; do
	walk "PLAY_FAILS=$step" -- "${mac[@]}" --key key.pem "$file"
	want "on a Mac: it stops when $step fails" 1
	if [ "$(tail -n 1 "$work/calls" | cut -c "1-${#step}")" != "$step" ]; then
		failed=$((failed + 1)) && echo "FAIL $step was not the last step" && cat "$work/calls"
	fi
done
walk PLAY_STATUS=Invalid -- "${mac[@]}" "$file"
want "a refused submission ends with 0, and stops it all the same" 1 "Apple did not accept" "notarytool log"
walk -- --dry-run "${any[@]}" "$file"
want "a dry run with rcodesign" 0 "+ rcodesign sign" "--for-notarization" "rcodesign notary-submit"
walk -- "${any[@]}" "$file"
want "with rcodesign: signed and notarized, and says what is missing" 0 "not stapled"
calls "its steps with rcodesign" "rcodesign sign" "hardtack verify" "rcodesign notary-submit"
if python3 -c 'import sys, zipfile
i, = zipfile.ZipFile(sys.argv[1]).infolist()
sys.exit(i.filename != "app-1.0-darwin-arm64" or i.external_attr >> 16 != 0o100755)' "$work/out/app-1.0-darwin-arm64.zip"; then
	passed=$((passed + 1)) && echo "ok   the zip holds an executable of its name"
else
	failed=$((failed + 1)) && echo "FAIL the zip"
fi
for step in "rcodesign sign" "hardtack verify" "rcodesign notary-submit"; do
	walk "PLAY_FAILS=$step" -- "${any[@]}" "$file"
	want "with rcodesign: it stops when $step fails" 1
done
walk -- "${mac[@]}"
want "no file" 2 "which installer?"
walk -- --identity me "$file"
want "half of the way" 2 "give --identity and --profile"
walk -- "${mac[@]}" "${any[@]}" "$file"
want "both ways at once" 2 "give --identity and --profile"
walk -- "${mac[@]}" "$file" --key
want "an option without its value" 2 "--key needs a value"
walk -- --nonsense
want "no such option" 2 "unknown option --nonsense"
# The real rcodesign knows these options.
if [ -n "${RCODESIGN:-}" ] && [ -x "$RCODESIGN" ]; then
	for option in --p12-file --p12-password-file --for-notarization; do
		if "$RCODESIGN" sign --help | grep -q -- "$option"; then
			passed=$((passed + 1)) && echo "ok   rcodesign sign knows $option"
		else
			failed=$((failed + 1)) && echo "FAIL rcodesign sign does not know $option"
		fi
	done
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
