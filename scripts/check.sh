#!/usr/bin/env bash
# Runs the named test suites (make targets that end with "N passed, N failed"), LANES (default 2) at a
# time as many mostly wait, shows what failed and what each took (user + system seconds), and ends with
# the sum in the same form.
# All programs are built before, so that two suites never build the same one. Logs: $BUILD/tests/logs/SUITE.log.
set -u
logs=${BUILD:-build}/tests/logs

run_one() {
    local suite=$1 start=$SECONDS status last p=0 f=0 used TIMEFORMAT='%0U + %0S'
    { time make --no-print-directory -j"${JOBS:-1}" "$suite" >"$logs/$suite.log" 2>&1 </dev/null; } 2>"$logs/$suite.time"
    status=$?
    used=$(<"$logs/$suite.time")
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$logs/$suite.log" | tail -n 1)
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
    fi
    # A suite that fails to say so, or that ran nothing, has failed.
    if [[ $f -eq 0 && ($status -ne 0 || $p -eq 0) ]]; then f=1; fi
    exec 9>>"$logs/.printing"
    if command -v flock >/dev/null; then flock 9; fi
    printf '%-18s %5d passed %3d failed  %4d s, %s of processor time\n' "$suite" "$p" "$f" $((SECONDS - start)) "$used"
    if [[ $f -ne 0 ]]; then
        printf -- '---- %s: the last lines of %s\n' "$suite" "$logs/$suite.log"
        grep -nE 'FAIL|[Ee]rror|\*\*\*' "$logs/$suite.log" | head -n 40
        tail -n 60 "$logs/$suite.log"
        printf -- '----\n'
    fi
    printf '%d %d\n' "$p" "$f" >"$logs/$suite.count"
}

if [[ ${1-} == --one ]]; then
    run_one "$2"
    exit 0
fi

mkdir -p "$logs"
rm -f "$logs"/*.count
printf '%s\n' "$@" | xargs -r -n 1 -P "${LANES:-2}" "$0" --one
passed=0 failed=0
for suite in "$@"; do
    p=0 f=1 # a suite that was killed has failed
    if [[ -s $logs/$suite.count ]]; then read -r p f <"$logs/$suite.count"; fi
    passed=$((passed + p)) failed=$((failed + f))
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
