#!/usr/bin/env bash
# Replays each fuzz target over its seeds and prints the sum: replay.sh PROGRAMS SEEDS NAME…
set -u
programs=$1 seeds=$2
shift 2
passed=0 failed=0
for name in "$@"; do
    output=$(timeout 300 "$programs/$name" "$seeds/$name" "$(dirname "$0")/found/$name" 2>&1)
    status=$?
    last=${output##*$'\n'}
    if [[ $status -eq 0 && $last =~ ^([0-9]+)\ passed,\ 0\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit %d\n%s\n' "$name" "$status" "$output"
    fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
