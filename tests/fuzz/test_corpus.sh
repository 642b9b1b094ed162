#!/usr/bin/env bash
# Each fuzz target runs over its kept inputs, without a fuzzer: what was found once stays found.
set -uo pipefail
build=${BUILD:-build}
bad=0
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    if count=$("$build/tests/fuzz/$name" "tests/fuzz/corpus/$name") && [ "$count" -gt 0 ]; then
        echo "ok - $name holds over $count kept inputs"
    else
        echo "not ok - $name over its kept inputs"
        bad=1
    fi
done
exit $bad
