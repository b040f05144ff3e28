#!/usr/bin/env bash
# Runs test programs that each end with "N passed, N failed"; prints the sum in the same form.
set -u
passed=0 failed=0
for program in "$@"; do
    output=$("$program" 2>&1)
    status=$?
    last=$(printf '%s\n' "$output" | tail -n 1)
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
        [[ $status -eq 0 && ${BASH_REMATCH[2]} -eq 0 ]] || printf '%s: exit %d\n%s\n' "$program" "$status" "$output"
        [[ $status -ne 0 && ${BASH_REMATCH[2]} -eq 0 ]] && failed=$((failed + 1))
    else
        failed=$((failed + 1))
        printf '%s: exit %d, no closing line\n%s\n' "$program" "$status" "$output"
    fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
