#!/usr/bin/env bash
# Searches with libFuzzer: search.sh SECONDS NAME…, LANES (default 1) targets at a time.
# SECONDS are of processor time, so that a busy machine searches as much as an idle one: a target runs
# again, with the corpus that it found, until they are used. Prints a line a target as it ends
# (inputs tried, inputs kept, features covered, peak memory, processor seconds) and then the sum.
set -u
build=${BUILD:-build}

search_one() {
    local seconds=$1 name=$2 used=0 status=0 user system figures word took log=$build/fuzz/$2.log
    local dictionary=tests/fuzz/dictionaries/$name.dict found=tests/fuzz/found/$name
    [[ -f $dictionary ]] || dictionary=
    [[ -d $found ]] || found=
    TIMEFORMAT='%0U %0S'
    : >"$log"
    mkdir -p "$build/fuzz/corpus/$name"
    while [[ $status -eq 0 && $used -lt $seconds ]]; do
        # A wall-clock limit for one input that a starved process also keeps.
        took=$({ time "$build/fuzz/$name" -max_total_time=$((seconds - used > 10 ? seconds - used : 10)) -max_len=16384 -timeout=60 \
            -print_final_stats=1 -artifact_prefix="$build/fuzz/$name-" ${dictionary:+-dict="$dictionary"} \
            "$build/fuzz/corpus/$name" "$build/fuzz/seeds/$name" ${found:+"$found"} >>"$log" 2>&1 </dev/null; } 2>&1)
        status=$?
        read -r user system <<<"$took"
        used=$((used + user + system))
    done
    figures=$(awk '/number_of_executed_units/{tried+=$2} /new_units_added/{kept+=$2} /peak_rss_mb/&&$2>memory{memory=$2} / ft: /{for(i=1;i<NF;i++)if($i=="ft:")features=$(i+1)}
        END{printf "%10d inputs  %6d kept  %6d features  %4d MiB", tried, kept, features, memory}' "$log")
    if [[ $status -eq 0 ]]; then word=clean; else word="FOUND, see $log"; fi
    printf '%-22s %s  %5d s  %s\n' "$name" "$figures" "$used" "$word"
    printf '%s\n' "$status" >"$build/fuzz/$name.status"
}

if [[ $1 == --one ]]; then
    search_one "$2" "$3"
    exit 0
fi

seconds=$1
shift
for name in "$@"; do rm -f "$build/fuzz/$name.status"; done
printf '%s\n' "$@" | xargs -r -n 1 -P "${LANES:-1}" "$0" --one "$seconds"
passed=0 failed=0
for name in "$@"; do
    if [[ $(cat "$build/fuzz/$name.status" 2>/dev/null) == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
