#!/usr/bin/env bash
# bench.sh BUILD - runs every benchmark that was built, one after the other. Figures, no verdict: they
# depend on the machine; ratios to a fixed loop do so least. Those of whole runs go to BUILD/bench.json too.
set -euo pipefail
build=${1:-build}
for program in "$build"/tests/bench/bench_*; do
    case $program in
    *.o | *.d) continue ;;
    esac
    echo "== $(basename "$program")"
    "$program" "$build/bench.json"
done
