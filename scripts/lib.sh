# What the scripts of the set-up share: messages, hashes, the lock file. Sourced, not run.
# shellcheck shell=bash

say() { echo "$*" >&2; }
die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

cores() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# SHA-256 as 64 hexadecimal digits. macOS has shasum, Linux sha256sum.
sha256_stdin() {
	if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-64
}
sha256_file() { sha256_stdin <"$1"; }

# lock_field NAME KEY: the value of "KEY value…" in the lock file's section [NAME].
lock_field() {
	awk -v name="[$1]" -v key="$2" '
		/^\[/ { inside = ($1 == name) }
		inside && $1 == key { $1 = ""; sub(/^ +/, ""); print; found = 1; exit }
		END { exit !found }' "${scripts:?}/sources.lock" ||
		die "sources.lock: no $2 in [$1]"
}

# lock_folder DIR: waits until no other process of ours works in DIR; released when this one ends.
# The lock is on the open file, which the shell keeps, so perl (macOS has no flock) may come and go.
lock_folder() {
	exec 9>"$1/.lock"
	if command -v flock >/dev/null; then flock 9; else perl -MFcntl=:flock -e 'open(F, ">&=9") and flock(F, LOCK_EX)'; fi
}
