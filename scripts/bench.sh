#!/usr/bin/env bash
# bench.sh BUILD [check] - runs every benchmark that was built, one after the other; the figures of all go to BUILD/bench.json.
# With `check`, holds them against tests/bench/reference.json. A busy machine slows one moment more than another: what seems lost
# is measured again, and only what is lost both times fails.
set -euo pipefail
build=${1:-build}

measure() {
    local program
    for program in "$build"/tests/bench/bench_*; do
        case $program in
        *.o | *.d) continue ;;
        esac
        echo "== $(basename "$program")"
        "$program" "$build/bench.json"
    done
}

check() { "$build/tests/bench/compare" "$build/bench.json" tests/bench/reference.json "$@"; }

rm -f "$build/bench.json"
measure
if [ "${2:-}" = check ] && ! check; then
    echo "== once more, for what seems lost"
    measure
    check --lost
fi
