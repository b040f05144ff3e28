#!/bin/bash
# Runs scripts/mac-acceptance.sh on Linux, with every tool of macOS played by a small script.
#
# It proves that each check can pass and can fail, and that the report says so; it proves nothing about a Mac.
# Ends with "N passed, N failed".
# shellcheck disable=SC2016 # the players' own variables
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/hardtack-mac-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# ---- the players -------------------------------------------------------------------------------------------

# player NAME: its body comes on stdin.
player() {
	{ echo '#!/bin/bash' && cat; } >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}

make_players() {
	mkdir -p "$work/bin" "$work/repo/scripts" "$work/repo/payload/hello" "$work/state" "$work/home"
	cp "$here/../scripts/mac-acceptance.sh" "$work/repo/scripts/"
	player uname <<-'END'
		case $1 in -s) echo "${PLAY_OS:-Darwin}" ;; -m) echo "${PLAY_CPU:-arm64}" ;; esac
	END
	player sw_vers <<<'case $1 in -productVersion) echo 15.5 ;; *) echo 24F74 ;; esac'
	player sysctl <<<'echo 42'
	player csrutil <<<'echo "System Integrity Protection status: enabled."'
	player spctl <<<'[ "$1" = --status ] && echo "assessments enabled" && exit; echo rejected >&2; exit 3'
	player lipo <<<'echo "Non-fat file"'
	player otool <<<'echo "segname __PAYLOAD"'
	player size <<<'echo total'
	player defaults <<<'echo "(zh-Hans-CN)"'
	player open <<<'exit 0'
	player ditto <<<'exit 0'
	player xcrun <<<'exit 0'
	player shasum <<<'shift 2; sha256sum "$@"'
	player notarize.sh <<-'END'
		[ -z "${PLAY_NO_NOTARY:-}" ] || { echo "Apple did not accept it"; exit 1; }
		while [ $# -gt 1 ]; do [ "$1" != --out ] || out=$2; shift; done
		mkdir -p "$out" && cp "$1" "$out/hello" && : >"$out/hello.dmg"
	END
	mv "$work/bin/notarize.sh" "$work/repo/scripts/"
	player stat <<<'shift; [ "$1" = %i ] && exec /usr/bin/stat -c %i "$2"; exec /usr/bin/stat -c %A "$2"'
	player time <<-'END'
		shift
		"$@"
		echo "        ${PLAY_MEMORY:-9000000}  maximum resident set size" >&2
	END
	player xattr <<-'END'
		[ "$1" != -w ] || [ -z "${PLAY_NO_XATTR:-}" ] || exit 1
		echo "com.apple.provenance:"
	END
	player hdiutil <<-'END'
		[ -z "${PLAY_NO_HDIUTIL:-}" ] || exit 1
		case $1 in create) touch "${!#}" ;; esac
	END
	player codesign <<-'END'
		file=${!#}
		case $1 in
		--verify) [ -z "${PLAY_NOT_STRICT:-}" ] || { echo "main executable failed strict validation" >&2; exit 1; } ;;
		-f)
			echo "# signed again" >>"$file"
			[ -n "${PLAY_RESIGN_BREAKS:-}" ] || cksum <"$file" >>"$PLAY_STATE/whole"
			;;
		esac
	END
	player docker <<-'END'
		case "$1 $2" in
		"context ls") echo orbstack; [ -z "${PLAY_NO_ENGINE:-}" ] || exit 0 ;;
		*) [ -z "${PLAY_NO_ENGINE:-}" ] ;;
		esac
	END
	player curl <<<'echo "<p>Hello"; [ -z "${PLAY_NO_PAGE:-}" ]'
	player make <<-'END'
		[ -z "${PLAY_NO_MAKE:-}" ] || { echo "compiler not found"; exit 2; }
		mkdir -p "$2/build" && cp "$PLAY_STATE/hardtack" "$2/build/hardtack"
	END
	printf '#!/bin/bash\nmkdir -p "$1" && touch "$1/hello-oci.tar"\n' >"$work/repo/payload/hello/make_image.py"
	chmod +x "$work/repo/payload/hello/make_image.py"
	make_hardtack
}

# hardtack: writes installers that know whether they are whole, by a list of checksums.
make_hardtack() {
	cat >"$work/state/installer" <<-'END'
		#!/bin/bash
		[ -z "${PLAY_KILLED:-}" ] || kill -9 $$
		case $1 in
		verify | install | status | preflight | uninstall)
			grep -qxF "$(cksum <"$0")" "$PLAY_STATE/whole" || [ -n "${PLAY_TRUSTING:-}" ] || exit 7
			[ "$1" != install ] || [ -z "${PLAY_NO_INSTALL:-}" ] || { echo "the engine refused"; exit 10; }
			;;
		esac
		exit 0
		# The end is padding, so that a file cut short or spoilt in the middle still starts.
	END
	head -c 3000 /dev/zero | tr '\0' '#' >>"$work/state/installer"
	cat >"$work/state/hardtack" <<-'END'
		#!/bin/bash
		case $1 in
		version) echo "hardtack 0" ;;
		verify) exec "$2" verify ;;
		build)
			output=${!#}
			if [[ "$*" == *--verify-against* ]]; then
				"$output" verify || exit 7
				echo "$output: ${PLAY_SAYS:-only the code signature differs}" && exit 0
			fi
			if [ -e "$(dirname "$2")/filler" ] && [ -z "${PLAY_TAKES_ALL:-}" ] &&
				[ "$(wc -c <"$(dirname "$2")/filler")" -ge 4294967296 ]; then
				echo "larger than 4 GiB" && exit 3
			fi
			if [ -n "${PLAY_IN_PLACE:-}" ] && [ -e "$output" ]; then cat "$PLAY_STATE/installer" >"$output"
			else cp "$PLAY_STATE/installer" "$output.tmp" && mv "$output.tmp" "$output"; fi
			chmod +x "$output"
			cksum <"$output" >>"$PLAY_STATE/whole"
			;;
		esac
	END
	chmod +x "$work/state/hardtack" "$work/state/installer"
}

# ---- the cases ---------------------------------------------------------------------------------------------

# run [VARIABLE=VALUE]… -- ARGUMENTS: leaves $status and $report.
run() {
	local variables=()
	while [ "$1" != -- ]; do variables+=("$1") && shift; done
	shift
	report=$work/report.txt
	rm -rf "$report" "$work/state/whole" "$work/repo/build"
	env "PATH=$work/bin:$PATH" "HOME=$work/home" "TMPDIR=$work/home" "PLAY_STATE=$work/state" "${variables[@]}" \
		timeout 120 bash "$work/repo/scripts/mac-acceptance.sh" --report "$report" --no-questions "$@" \
		>"$work/out" 2>&1 </dev/null
	status=$?
}

# want NAME STATUS TEXT…: each text must be in the report.
want() {
	local name=$1 wanted=$2 text bad=""
	shift 2
	[ $status -eq "$wanted" ] || bad="exit $status, expected $wanted"
	for text in "$@"; do
		grep -qF -- "$text" "$report" "$work/out" 2>/dev/null || bad="$bad; nowhere: $text"
	done
	if [ -z "$bad" ]; then
		passed=$((passed + 1)) && echo "ok   $name"
	else
		failed=$((failed + 1)) && echo "FAIL $name: $bad" && { grep -A 3 '^FAIL' "$report"; tail -n 5 "$work/out"; } | sed 's/^/     /'
	fi
}

every_check_says_something() {
	local check bad=""
	for check in $("$work/repo/scripts/mac-acceptance.sh" --list); do
		awk -v check="== $check" '$0 == check { on = 1; next } /^== / { on = 0 } on && /^(PASS|INFO) / { found = 1 }
			END { exit !found }' "$report" || bad="$bad $check"
	done
	grep -c '^check_' "$work/repo/scripts/mac-acceptance.sh" | grep -qx "$("$work/repo/scripts/mac-acceptance.sh" --list | wc -l)" ||
		bad="$bad; a check_ function is not in the list"
	if [ -z "$bad" ]; then
		passed=$((passed + 1)) && echo "ok   every check says something"
	else
		failed=$((failed + 1)) && echo "FAIL these checks say nothing:$bad"
	fi
}

make_players
run --
want "all good" 0 ", 0 failed," "PASS 2 GiB: verify" "PASS nearly 4 GiB: info" "PASS runs from exFAT: verify" \
	"PASS small: signed again: verify" "PASS orbstack: the page answers" "INFO spctl -a: exit 3" \
	"PASS small: only the code signature differs" "INFO Colima (context colima) was not tried"
every_check_says_something
if grep -q "$work/home" "$report"; then
	failed=$((failed + 1)) && echo "FAIL the report names the person's folder"
else
	passed=$((passed + 1)) && echo "ok   the report does not name the person's folder"
fi
run PLAY_NOT_STRICT=1 -- --no-big
want "codesign --strict refuses" 1 "FAIL small: codesign --verify --strict" "failed strict validation"
run PLAY_RESIGN_BREAKS=1 -- --no-big --only resign_adhoc
want "signing again breaks the file" 1 "FAIL small: signed again: build --verify-against: exit 7"
run "PLAY_SAYS=identical" -- --no-big --only resign_adhoc
want "signing again changed more, or nothing" 1 "FAIL small: more than the code signature differs"
run PLAY_NO_NOTARY=1 HARDTACK_SIGN_IDENTITY=me HARDTACK_NOTARY_PROFILE=me -- --no-big --only notarize
want "Apple does not accept it" 1 "FAIL notarize.sh: exit 1" "Apple did not accept it"
run HARDTACK_SIGN_IDENTITY=me HARDTACK_NOTARY_PROFILE=me -- --no-big --only notarize --only resign_identity
want "an account is there" 0 "PASS notarize.sh" "PASS notarized and quarantined: runs" "PASS small, Developer ID: codesign"
run PLAY_RESIGN_BREAKS=1 -- --no-big --only resign_adhoc
want "signing again breaks the file" 1 "FAIL small: signed again: verify: exit 7"
run PLAY_KILLED=1 -- --no-big --only run_small
want "the system kills it" 1 "FAIL small: verify: exit 137 (SIGKILL"
run PLAY_NO_HDIUTIL=1 -- --no-big --only exfat
want "no exFAT image" 1 "FAIL make an exFAT image"
run PLAY_MEMORY=99000000 -- --no-big --only memory
want "too much memory" 1 "uses 99000000 bytes of memory, the most is"
run PLAY_TAKES_ALL=1 -- --only refuse_4gib
want "more than 4 GiB is built" 1 "FAIL an installer of more than 4 GiB: exit 0"
run PLAY_TRUSTING=1 -- --no-big --only tampered
want "a changed byte is not found" 1 "FAIL a changed byte in the middle is found: exit 0" "FAIL a truncated file runs"
run PLAY_NO_XATTR=1 -- --no-big --only quarantine
want "no quarantine attribute" 1 "FAIL set the quarantine attribute"
run PLAY_IN_PLACE=1 -- --no-big --only overwrite
want "built in place" 1 "FAIL the inode is the same"
run PLAY_NO_INSTALL=1 -- --no-big --only docker_engines
want "the engine refuses" 1 "FAIL orbstack: install: exit 10" "the engine refused"
run PLAY_NO_PAGE=1 -- --no-big --only docker_engines
want "the page does not answer" 1 "FAIL orbstack: the page answers"
run PLAY_NO_ENGINE=1 -- --no-big --only docker_engines
want "no engine" 0 "INFO context orbstack does not answer" "INFO no Docker engine answers"
run -- --no-big --only same_bytes --compare "$work/state/hardtack"
want "Linux built other bytes" 1 "FAIL this Mac's installer differs"
run -- --no-big --only same_bytes --compare "$work/state/installer"
want "Linux built the same bytes" 0 "PASS this Mac and Linux build the same bytes"
run PLAY_NO_MAKE=1 -- --no-big
want "nothing could be built" 1 "FAIL make: exit 2" "compiler not found" "FAIL there is no installer to try"
run PLAY_OS=Linux --
want "not a Mac" 2 "this machine is Linux"
run PLAY_CPU=x86_64 --
want "an Intel Mac" 2 "this machine is x86_64"
run -- --only nonsense
want "no such check" 2 "there is no check nonsense"
run -- --nonsense
want "no such option" 2 "unknown argument --nonsense"
if grep -q '^== tools' "$report" 2>/dev/null; then echo "FAIL --only ran more" && failed=$((failed + 1)); fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
