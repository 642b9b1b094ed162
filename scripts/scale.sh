#!/usr/bin/env bash
# scale.sh BUILD - the table of `make scale`: what a request costs to simulate, by size. About a million requests in all; the largest
# size takes some minutes and 3 GiB.
set -euo pipefail
build=${1:-build}
files=()
for size in "100 30 200" "1000 30 60" "1000 300 60" "10000 300 10" "100000 3000 2"; do
    read -r rate vps seconds <<<"$size"
    files+=("$(scripts/scale_scenarios.sh "$rate" "$vps" "$seconds" "$build/scale")")
done
"$build/tests/bench/scale" "${files[@]}"
