#!/usr/bin/env bash
# Searches with libFuzzer, one target after the other: search.sh SECONDS NAME…
# Ends with a line a target (inputs tried, inputs kept, features covered, peak memory) and the sum.
set -u
seconds=$1
shift
build=${BUILD:-build} passed=0 failed=0
for name in "$@"; do
    log=$build/fuzz/$name.log
    make --no-print-directory BUILD="$build" DEPS="${DEPS:-$build/deps}" "fuzz-$name" TIME="$seconds" >"$log" 2>&1 </dev/null
    status=$?
    figures=$(awk '/number_of_executed_units/{tried=$2} /new_units_added/{kept=$2} /peak_rss_mb/{memory=$2} / ft: /{for(i=1;i<NF;i++)if($i=="ft:")features=$(i+1)}
        END{printf "%10d inputs  %6d kept  %6d features  %4d MiB", tried, kept, features, memory}' "$log")
    if [[ $status -eq 0 ]]; then
        passed=$((passed + 1)) word=clean
    else
        failed=$((failed + 1)) word="FOUND, see $log"
    fi
    printf '%-22s %s  %s\n' "$name" "$figures" "$word"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
