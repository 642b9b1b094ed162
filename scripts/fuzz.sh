#!/usr/bin/env bash
# Runs each fuzz target under BUILD for its share of SECONDS. What it finds lies in BUILD/found; an input worth keeping goes to tests/fuzz/corpus/TARGET.
set -uo pipefail
build=$1
seconds=$2
targets=(tests/fuzz/fuzz_*.c)
share=$((seconds / ${#targets[@]}))
[ "$share" -ge 1 ] || share=1
bad=0
mkdir -p "$build/found"
for source in "${targets[@]}"; do
    name=$(basename "$source" .c)
    # libFuzzer writes what is new into the first folder.
    mkdir -p "$build/corpus/$name"
    options=(-max_total_time="$share" -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 -artifact_prefix="$build/found/$name-")
    [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
    if "$build/tests/fuzz/$name" "${options[@]}" "$build/corpus/$name" "tests/fuzz/corpus/$name" >"$build/found/$name.log" 2>&1; then
        echo "ok - $name ($(gawk '/number_of_executed_units/ { print $2 }' "$build/found/$name.log") inputs in $share s)"
    else
        echo "not ok - $name"
        tail -n 40 "$build/found/$name.log"
        bad=1
    fi
done
exit $bad
