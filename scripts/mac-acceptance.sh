#!/bin/bash
# What a person with an Apple-silicon Mac runs once per release: everything that no Linux machine can prove.
#
#   scripts/mac-acceptance.sh [--report FILE] [--compare FILE] [--no-big] [--no-questions] [--only CHECK]... [--list]
#
# --report FILE    where the report goes (default: ./hardtack-mac-acceptance.txt); send it back as it is
# --compare FILE   the darwin-arm64 installer of payload/hello that Linux built: this Mac's must be the same bytes
# --no-big         without the installers of 2 GiB and just under 4 GiB (they need 14 GB of disk for a while)
# --no-questions   nobody sits here: the Finder and Terminal checks are left out
# --only CHECK     only this check and what it needs (repeatable); --list names them all
#
# Needs: a checkout of this repository, the command line developer tools, and for the last part a Docker engine
# (Docker Desktop, OrbStack or Colima; all that run are tried). Signing with a real identity and notarization are
# tried when HARDTACK_SIGN_IDENTITY and HARDTACK_NOTARY_PROFILE (of `xcrun notarytool store-credentials`) are set.
#
# Every check writes lines PASS, FAIL or INFO. Exit 0 when nothing failed, 1 otherwise, 2 when it cannot run here.
# It changes nothing outside its own temporary folder, but for the build/ folder and the Docker project
# hardtack-acceptance, which it removes again. Works with the bash 3.2 that macOS brings.
set -u
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
checks="machine build same_bytes run_small run_2gib run_near_4gib refuse_4gib memory tools codesign_strict dyld_info
	resign_adhoc resign_runtime resign_identity notarize gatekeeper quarantine provenance exfat overwrite tampered
	language finder terminal demo docker_engines"
report="hardtack-mac-acceptance.txt"
compare="" big=1 questions=1 only=""
passed=0 failed=0 infos=0

two_gib=2147483649        # more than 2^31: signed 32-bit offsets would break
near_four_gib=4227858432  # 4 GiB - 64 MiB: the whole file must stay below 4 GiB
over_four_gib=4294967296

main() {
	parse_arguments "$@"
	[ "$(uname -s)" = Darwin ] || stop "this checks what only macOS can show; this machine is $(uname -s)"
	[ "$(uname -m)" = arm64 ] || stop "the installer is for Macs with an Apple chip; this machine is $(uname -m)"
	work=$(mktemp -d "${TMPDIR:-/tmp}/hardtack-acceptance.XXXXXX") || exit 2
	trap clean_up EXIT
	trap 'exit 130' INT TERM
	hardtack=${HARDTACK:-$root/build/hardtack}
	: >"$report" || stop "cannot write $report"
	say "hardtack: acceptance on a Mac"
	local check
	for check in $checks; do
		if [ -z "$only" ] || [ "$check" = machine ] || [ "$check" = build ] || is_word "$check" "$only"; then
			say ""
			say "== $check"
			"check_$check"
		fi
	done
	say ""
	say "$passed passed, $failed failed, $infos for your information"
	say "Please send $report back; it names no person and no password."
	[ "$failed" -eq 0 ]
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--report) report=${2:?--report needs a file} && shift 2 ;;
		--compare) compare=${2:?--compare needs a file} && shift 2 ;;
		--no-big) big="" && shift ;;
		--no-questions) questions="" && shift ;;
		--only)
			is_word "${2:?--only needs a check}" "$checks" || stop "there is no check $2 (--list names them)"
			only="$only $2" && shift 2
			;;
		--list) echo "$checks" | tr -s ' \t\n' '\n' && exit 0 ;;
		-h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d' && exit 0 ;;
		*) stop "unknown argument $1 (--help tells the rest)" ;;
		esac
	done
}

# ---- telling -----------------------------------------------------------------------------------------------

stop() { echo "mac-acceptance: $*" >&2 && exit 2; }

# To the screen and the report, without the person's name in paths.
say() { printf '%s\n' "$*" | sed "s|${HOME:-/nobody}|~|g" | tee -a "$report"; }

pass() { passed=$((passed + 1)) && say "PASS $*"; }
fail() { failed=$((failed + 1)) && say "FAIL $*"; }
info() { infos=$((infos + 1)) && say "INFO $*"; }

# The last lines of a command's output, indented, into the report.
show() { tail -n "${2:-8}" "$1" | sed 's/^/       /' | while IFS= read -r line; do say "$line"; done; }

is_word() {
	local word
	for word in $2; do [ "$word" = "$1" ] && return 0; done
	return 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# limited SECONDS COMMAND…: its status, or 124 when it had to be killed. macOS has no timeout(1).
limited() {
	local seconds=$1 pid start=$SECONDS polls=0
	shift
	"$@" &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		if [ $((SECONDS - start)) -gt "$seconds" ]; then
			kill -9 "$pid" 2>/dev/null
			wait "$pid" 2>/dev/null
			return 124
		fi
		if [ $polls -lt 20 ]; then sleep 0.02; else sleep 0.3; fi
		polls=$((polls + 1))
	done
	wait "$pid" 2>/dev/null
}

# expect NAME STATUS COMMAND…: PASS when it ends with this status; its output is in $out.
expect() {
	local name=$1 wanted=$2 status start=$SECONDS
	shift 2
	out=$work/out.$passed.$failed.$infos
	limited 900 "$@" >"$out" 2>&1 </dev/null
	status=$?
	if [ $status -eq "$wanted" ]; then
		pass "$name ($((SECONDS - start)) s)"
		return 0
	fi
	fail "$name: exit $status$(status_text $status), expected $wanted: $(words "$@")"
	show "$out"
	return 1
}

status_text() {
	case $1 in
	124) echo " (too slow, stopped)" ;;
	137) echo " (SIGKILL: the system refused to run it; see Console.app, or log show --last 2m --predicate 'eventMessage CONTAINS \"AMFI\"')" ;;
	*) echo "" ;;
	esac
}

words() { printf '%s ' "$@" | sed "s|$work/||g"; }

# A command whose outcome is told, whatever it is.
tell() {
	local name=$1 status
	shift
	out=$work/out.$passed.$failed.$infos
	limited 120 "$@" >"$out" 2>&1 </dev/null
	status=$?
	info "$name: exit $status"
	show "$out" 12
}

ask() {
	local answer
	[ -n "$questions" ] || return 2
	printf '\n>>> %s\n>>> [y/n] ' "$1" >&2
	read -r answer </dev/tty || return 2
	case $answer in y* | Y*) return 0 ;; *) return 1 ;; esac
}

clean_up() {
	[ -z "${volume:-}" ] || hdiutil detach -force "$volume" >/dev/null 2>&1
	rm -rf "$work"
}

# ---- what is tried -----------------------------------------------------------------------------------------

check_machine() {
	info "macOS $(sw_vers -productVersion) ($(sw_vers -buildVersion)), $(sysctl -n machdep.cpu.brand_string 2>/dev/null), $(sysctl -n hw.memsize 2>/dev/null) bytes of memory"
	info "$(csrutil status 2>&1 | head -n 1)"
	info "Gatekeeper: $(spctl --status 2>&1 | head -n 1)"
	info "hardtack: commit $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)"
}

# The host tool and an image, both made here; then the small installer.
check_build() {
	if [ -z "${HARDTACK:-}" ]; then
		expect "make" 0 make -C "$root" all || return
	fi
	expect "hardtack version" 0 "$hardtack" version || return
	expect "an image from scratch" 0 "$root/payload/hello/make_image.py" "$work/images" || return
	mkdir -p "$work/small"
	small=$work/small/hello
	expect "build the small installer" 0 "$hardtack" build "$root/payload/hello" --offline \
		--image-archive "$work/images/hello-oci.tar" --target darwin-arm64 -o "$small" || { small="" && return; }
	info "small installer: $(size_of "$small") bytes, SHA-256 $(shasum -a 256 "$small" | cut -d ' ' -f 1)"
}

check_same_bytes() {
	if [ -z "$compare" ]; then
		info "no --compare FILE: compare the SHA-256 above with the one that Linux built"
	elif have_small && cmp -s "$small" "$compare"; then
		pass "this Mac and Linux build the same bytes"
	else
		fail "this Mac's installer differs from $compare"
	fi
}

check_run_small() {
	have_small || return
	run_all small "$small"
}

check_run_2gib() {
	[ -n "$big" ] || { info "left out (--no-big)" && return; }
	two=$(build_with_filler two "$two_gib") || two=""
	[ -n "$two" ] || { fail "build an installer of more than 2 GiB" && show "$work/two.log" && return; }
	info "$(size_of "$two") bytes"
	run_all "2 GiB" "$two"
}

check_run_near_4gib() {
	[ -n "$big" ] || { info "left out (--no-big)" && return; }
	four=$(build_with_filler four "$near_four_gib") || four=""
	[ -n "$four" ] || { fail "build an installer of nearly 4 GiB" && show "$work/four.log" && return; }
	info "$(size_of "$four") bytes"
	run_all "nearly 4 GiB" "$four"
}

check_refuse_4gib() {
	local status
	[ -n "$big" ] || { info "left out (--no-big)" && return; }
	build_with_filler over "$over_four_gib" >/dev/null
	status=$?
	if [ $status -eq 3 ] && [ ! -e "$work/over/installer" ]; then
		pass "an installer of more than 4 GiB is refused (3)"
	else
		fail "an installer of more than 4 GiB: exit $status, expected 3"
	fi
	show "$work/over.log" 3
	rm -rf "$work/over"
}

# The promise: at most 24 MiB of memory, whatever the size.
check_memory() {
	local file=${four:-${two:-${small:-}}} bytes
	[ -n "$file" ] || { have_small || return; }
	out=$work/memory
	env time -l "$file" verify >"$out" 2>&1 </dev/null
	bytes=$(awk '/maximum resident set size/ { print $1 }' "$out")
	if [ -n "$bytes" ] && [ "$bytes" -le 25165824 ]; then
		pass "verify of $(size_of "$file") bytes uses $bytes bytes of memory"
	else
		fail "verify of $(size_of "$file") bytes uses ${bytes:-an unknown number of} bytes of memory, the most is 25165824"
	fi
}

check_tools() {
	have_small || return
	tell "file" file "$small"
	tell "lipo" lipo -info "$small"
	tell "otool" sh -c "otool -l '$small' | grep -A 9 -E '__PAYLOAD|__LINKEDIT|LC_CODE_SIGNATURE|LC_BUILD_VERSION'"
	tell "size" size -m "$small"
}

check_codesign_strict() {
	have_small || return
	strict small "$small"
	[ -z "${two:-}" ] || strict "2 GiB" "$two"
	[ -z "${four:-}" ] || strict "nearly 4 GiB" "$four"
	tell "codesign -d" codesign -d -vvvv "$small"
}

# dyld's own validation, stricter than what a launch does.
check_dyld_info() {
	have_small || return
	if xcrun -f dyld_info >/dev/null 2>&1; then
		tell "dyld_info -validate_only" xcrun dyld_info -validate_only "$small"
	else
		info "no dyld_info in these developer tools"
	fi
}

check_resign_adhoc() {
	have_small || return
	resigned small "$small" -s -
	[ -z "${two:-}" ] || resigned "2 GiB" "$two" -s -
	[ -z "${four:-}" ] || resigned "nearly 4 GiB" "$four" -s -
}

check_resign_runtime() {
	have_small || return
	resigned "small, hardened runtime" "$small" -s - -o runtime
}

check_resign_identity() {
	have_small || return
	if [ -z "${HARDTACK_SIGN_IDENTITY:-}" ]; then
		info "no HARDTACK_SIGN_IDENTITY: signing with a Developer ID was not tried"
		return
	fi
	resigned "small, Developer ID" "$small" -s "$HARDTACK_SIGN_IDENTITY" -o runtime --timestamp
}

check_notarize() {
	have_small || return
	if [ -z "${HARDTACK_SIGN_IDENTITY:-}" ] || [ -z "${HARDTACK_NOTARY_PROFILE:-}" ]; then
		info "no HARDTACK_NOTARY_PROFILE: notarization was not tried"
		return
	fi
	# The path that docs/apple.md describes, as it stands; then the image as somebody gets it.
	expect "notarize.sh" 0 env "HARDTACK=$hardtack" "$root/scripts/notarize.sh" --identity "$HARDTACK_SIGN_IDENTITY" \
		--profile "$HARDTACK_NOTARY_PROFILE" --out "$work/notarized" "$small" || { show "$out" 30 && return; }
	show "$out" 30
	local copy=$work/notarized/hello
	xattr -w com.apple.quarantine "0083;00000000;Safari;" "$copy"
	expect "notarized and quarantined: runs (this Mac is online)" 0 "$copy" verify
	tell "notarized: spctl -a" spctl -a -vv -t execute "$copy"
	tell "stapled image: stapler validate" xcrun stapler validate "$copy.dmg"
}

# Ad-hoc signed means: not accepted by assessment. What is said is what the README must tell people.
check_gatekeeper() {
	have_small || return
	tell "spctl -a" spctl -a -vv -t execute "$small"
}

# A file that came through a browser or AirDrop.
check_quarantine() {
	have_small || return
	local copy=$work/quarantine/hello status
	mkdir -p "$work/quarantine" && cp "$small" "$copy"
	if ! xattr -w com.apple.quarantine "0083;00000000;Safari;" "$copy"; then
		fail "set the quarantine attribute"
		return
	fi
	out=$work/quarantine.out
	[ -z "$questions" ] || echo ">>> macOS may show a dialog now: choose Done or Cancel, not Move to Trash." >&2
	limited 20 "$copy" verify >"$out" 2>&1 </dev/null
	status=$?
	info "quarantined: exit $status$(status_text $status)"
	show "$out" 4
	if [ ! -e "$copy" ]; then
		info "the file was moved to the Trash"
		cp "$small" "$copy"
	fi
	xattr -d com.apple.quarantine "$copy" 2>/dev/null
	expect "runs after xattr -d com.apple.quarantine" 0 "$copy" verify
}

check_provenance() {
	have_small || return
	local copy=$work/provenance
	cp "$small" "$copy" && "$copy" version >/dev/null 2>&1 </dev/null
	tell "extended attributes of a copy that was run" xattr -l "$copy"
}

# A USB stick.
check_exfat() {
	have_small || return
	local image=$work/stick.dmg megabytes
	megabytes=$(($(size_of "$small") / 1048576 + 64))
	expect "make an exFAT image" 0 hdiutil create -size "${megabytes}m" -fs ExFAT -volname HARDTACK "$image" || return
	volume=$work/stick
	mkdir -p "$volume"
	expect "attach it" 0 hdiutil attach -nobrowse -mountpoint "$volume" "$image" || { volume="" && return; }
	if cp "$small" "$volume/hello"; then
		info "mode on exFAT: $(stat -f %Sp "$volume/hello" 2>&1)"
		expect "runs from exFAT: verify" 0 "$volume/hello" verify
		expect "runs from exFAT: info" 0 "$volume/hello" info
		cp "$volume/hello" "$work/from-stick" && chmod +x "$work/from-stick"
		expect "runs after it was copied from exFAT" 0 "$work/from-stick" verify
		expect "codesign on exFAT" 0 codesign --verify --strict "$volume/hello"
	else
		fail "copy to exFAT"
	fi
	if hdiutil detach "$volume" >/dev/null 2>&1 || hdiutil detach -force "$volume" >/dev/null 2>&1; then
		volume=""
	fi
}

# macOS remembers signatures by inode: building over a file that ran must give a new one.
check_overwrite() {
	have_small || return
	local copy=$work/overwrite/hello before after
	mkdir -p "$work/overwrite" && cp "$small" "$copy"
	"$copy" version >/dev/null 2>&1 </dev/null
	before=$(inode_of "$copy")
	expect "build over an installer that ran" 0 "$hardtack" build "$root/payload/hello" --offline --image-archive \
		"$work/images/hello-oci.tar" --target darwin-arm64 -o "$copy" || return
	after=$(inode_of "$copy")
	if [ "$before" != "$after" ]; then pass "the new file has an inode of its own"; else fail "the inode is the same"; fi
	expect "the new file runs" 0 "$copy" verify
}

# What was changed must not install; 7 where our own program decides.
check_tampered() {
	have_small || return
	local copy=$work/tampered size status
	size=$(size_of "$small")
	cp "$small" "$copy" && spoil "$copy" $((size / 2))
	expect "a changed byte in the middle is found" 7 "$copy" verify
	cp "$small" "$copy" && printf x >>"$copy"
	expect "an appended byte is found" 7 "$copy" verify
	head -c $((size - 1000)) "$small" >"$copy"
	out=$work/tampered.out
	limited 60 "$copy" verify >"$out" 2>&1 </dev/null
	status=$?
	if [ $status -ne 0 ]; then
		pass "a truncated file does not run (exit $status$(status_text $status))"
	else
		fail "a truncated file runs"
	fi
}

# The language comes from the system's settings when no variable says it (Finder sets none).
check_language() {
	have_small || return
	tell "system languages" defaults read -g AppleLanguages
	tell "help without LANG" env -i HOME="$HOME" PATH="$PATH" "$small" --help
	expect "Chinese" 0 "$small" --lang zh info
	expect "English" 0 "$small" --lang en info
}

check_finder() {
	have_small || return
	if [ -z "$questions" ]; then
		info "left out (--no-questions)"
		return
	fi
	local shown=$work/Double-click-me status
	mkdir -p "$shown" && cp "$small" "$shown/hello"
	open "$shown"
	ask "A Finder window shows the file hello. Double-click it. Does a Terminal window open that shows the plan, in your
    language, and waits for you? (Decline its question, press Enter to close.)"
	status=$?
	case $status in
	0) pass "double-click in Finder shows the plan" ;;
	1) fail "double-click in Finder" ;;
	*) info "nobody answered" ;;
	esac
	ask "Did the window stay open until you pressed Enter?"
	status=$?
	case $status in
	0) pass "the window waits for Enter" ;;
	1) fail "the window does not wait for Enter" ;;
	*) info "nobody answered" ;;
	esac
}

# Apple's terminals have their own job control: what a Linux machine shows of it proves nothing here.
check_terminal() {
	if [ -z "$questions" ]; then
		info "left out (--no-questions)"
		return
	fi
	local status
	ask "In another Terminal window say:  '$hardtack' keygen '$work/stopped.pem'
    At its question type abc, press Ctrl-Z, and type something: the shell shows it. Then say fg. Is the question put
    again, and what you type now not shown? (End with Ctrl-C; the shell must show again what you type.)"
	status=$?
	case $status in
	0) pass "a stop at a password's question gives the terminal back and hides again" ;;
	1) fail "a stop at a password's question" ;;
	*) info "nobody answered" ;;
	esac
}

check_demo() {
	if ! docker version >/dev/null 2>&1; then
		info "no Docker engine answers: make demo was not tried"
		return
	fi
	if [ -n "${HARDTACK:-}" ]; then
		info "HARDTACK is set: make demo was not tried"
		return
	fi
	expect "make demo" 0 make -C "$root" demo && show "$out" 6
}

# Every engine that answers: install, look at it, see the page, take it away again.
check_docker_engines() {
	have_small || return
	local context tried=""
	if ! have docker; then
		info "no docker command"
		return
	fi
	for context in $(docker context ls --format '{{.Name}}' 2>/dev/null); do
		if ! limited 20 docker --context "$context" version >/dev/null 2>&1; then
			info "context $context does not answer"
			continue
		fi
		tried="$tried $context"
		install_in "$context"
	done
	[ -n "$tried" ] || info "no Docker engine answers: start Docker Desktop, OrbStack or Colima, then --only docker_engines"
	# A release wants all three of them, be it one after the other.
	case " $tried " in *" desktop-linux "*) ;; *) info "Docker Desktop (context desktop-linux) was not tried" ;; esac
	case " $tried " in *" orbstack "*) ;; *) info "OrbStack (context orbstack) was not tried" ;; esac
	case " $tried " in *" colima"*) ;; *) info "Colima (context colima) was not tried" ;; esac
}

# ---- used by several ---------------------------------------------------------------------------------------

have_small() {
	[ -n "${small:-}" ] && return 0
	fail "there is no installer to try"
	return 1
}

run_all() {
	expect "$1: verify" 0 "$2" verify
	expect "$1: info" 0 "$2" info
	expect "$1: version" 0 "$2" version
}

strict() {
	expect "$1: codesign --verify --strict" 0 codesign --verify --strict --verbose=4 "$2"
}

# resigned NAME FILE CODESIGN-OPTION…: a copy, signed again by Apple's tool, must still be whole.
resigned() {
	local name=$1 file=$2 copy=$work/resigned/hello
	shift 2
	mkdir -p "$work/resigned" && rm -f "$copy" && cp "$file" "$copy"
	expect "$name: codesign -f $*" 0 codesign -f "$@" "$copy" || return
	expect "$name: signed again: --verify --strict" 0 codesign --verify --strict --verbose=4 "$copy"
	expect "$name: signed again: verify" 0 "$copy" verify
	expect "$name: signed again: info" 0 "$copy" info
	expect "$name: signed again: hardtack verify" 0 "$hardtack" verify "$copy"
	[ "$file" != "${small:-}" ] || only_signature_differs "$name" "$copy"
	rm -f "$copy"
}

# Our own judgement of what Apple's tool did: program, payload and link data as built, the header too.
only_signature_differs() {
	expect "$1: signed again: build --verify-against" 0 "$hardtack" build "$root/payload/hello" --offline --image-archive \
		"$work/images/hello-oci.tar" --verify-against "$2" || return
	if grep -q "only the code signature differs" "$out"; then
		pass "$1: only the code signature differs from what is built"
	else
		fail "$1: more than the code signature differs, or nothing"
		show "$out"
	fi
}

# build_with_filler NAME BYTES: prints the path of an installer that carries a file of so many zeros.
build_with_filler() {
	local folder=$work/$1 log=$work/$1.log status
	mkdir -p "$folder/project"
	# A hole: takes no room on the disk.
	dd if=/dev/zero of="$folder/project/filler" bs=1 count=0 seek="$2" 2>/dev/null
	cat >"$folder/project/compose.yaml" <<-END
		name: filler
		services:
		  web:
		    image: hardtack/hello:1.0.0
		    volumes: ["./filler:/filler:ro"]
	END
	"$hardtack" build "$folder/project/compose.yaml" --offline --image-archive "$work/images/hello-oci.tar" \
		--target darwin-arm64 -o "$folder/installer" >"$log" 2>&1 </dev/null
	status=$?
	rm -rf "$folder/project"
	[ $status -eq 0 ] || return $status
	echo "$folder/installer"
}

install_in() {
	local context=$1 folder=$work/installed-$1 port=18088
	export DOCKER_CONTEXT=$context
	info "engine $context: $(docker version --format '{{.Server.Platform.Name}} {{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' 2>&1 | head -n 1)"
	info "engine $context: id $(docker info --format '{{.ID}}' 2>/dev/null); after a restart of the engine it should be the same"
	expect "$context: the engine keeps its id" 0 same_id
	expect "$context: preflight" 0 "$small" preflight --set HELLO_PORT=$port
	if expect "$context: install" 0 "$small" install --yes --dir "$folder" --project-name hardtack-acceptance --set HELLO_PORT=$port; then
		expect "$context: status" 0 "$small" status --dir "$folder"
		expect "$context: the page answers" 0 curl -fsS --noproxy '*' --max-time 10 "http://127.0.0.1:$port/"
		expect "$context: install again reuses everything" 0 "$small" install --yes --dir "$folder" --project-name hardtack-acceptance
	else
		show "$out" 30
	fi
	expect "$context: uninstall" 0 "$small" uninstall --yes --purge-data --dir "$folder"
	unset DOCKER_CONTEXT
}

same_id() { [ "$(docker info --format '{{.ID}}')" = "$(docker info --format '{{.ID}}')" ]; }

size_of() { wc -c <"$1" | tr -d ' '; }
inode_of() { stat -f %i "$1"; }

# One byte of the file becomes another one.
spoil() {
	local old new
	old=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
	new=$(printf '\\%03o' $((old ^ 1)))
	# shellcheck disable=SC2059 # the escape is the byte
	printf "$new" | dd of="$1" bs=1 seek="$2" count=1 conv=notrunc 2>/dev/null
}

main "$@"
