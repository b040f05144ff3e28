#!/usr/bin/env bash
# Runs the named test suites (make targets that end with "N passed, N failed"), shows what failed,
# and ends with the sum in the same form. Logs: $BUILD/tests/logs/SUITE.log.
set -u
logs=${BUILD:-build}/tests/logs
mkdir -p "$logs"
passed=0 failed=0
for suite in "$@"; do
    start=$SECONDS
    make --no-print-directory -j"${JOBS:-1}" "$suite" >"$logs/$suite.log" 2>&1 </dev/null
    status=$?
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$logs/$suite.log" | tail -n 1)
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
    else
        p=0 f=0
    fi
    # A suite that fails to say so, or that ran nothing, has failed.
    if [[ $f -eq 0 && ($status -ne 0 || $p -eq 0) ]]; then f=1; fi
    passed=$((passed + p)) failed=$((failed + f))
    printf '%-18s %5d passed %3d failed  %4d s\n' "$suite" "$p" "$f" $((SECONDS - start))
    if [[ $f -ne 0 ]]; then
        printf -- '---- %s: the last lines of %s\n' "$suite" "$logs/$suite.log"
        grep -nE 'FAIL|[Ee]rror|\*\*\*' "$logs/$suite.log" | head -n 40
        tail -n 60 "$logs/$suite.log"
        printf -- '----\n'
    fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
