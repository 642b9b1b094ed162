#!/usr/bin/env bash
# Runs each tests/**/*.sh and every test program under BUILD (default build), as many at once as there are cores; prints what failed
# and, last, "N passed, N failed".
set -uo pipefail
export G_DEBUG=fatal-criticals # a critical message of GLib is our bug
build=${1:-build}
passed=0
failed=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
export build log

# Runs one test; its lines and, at the end, how it ended, in order of nothing but its name.
run_one() { # SOURCE
    local source=$1 file
    file=$log/${1//\//+}
    if [[ $source == *.sh ]]; then
        BUILD=$build bash "$source" >"$file" 2>&1
    else
        "$build/${source%.c}" >"$file" 2>&1
    fi
    local status=$?
    if [ $status -ne 0 ]; then
        echo "$source: exit status $status" >>"$file"
        grep -q '^not ok' "$file" || echo "not ok - $source" >>"$file"
    fi
}
export -f run_one

mapfile -t programs < <(find tests -name 'test_*.c' | LC_ALL=C sort)
mapfile -t scripts < <(find tests -name 'test_*.sh' | LC_ALL=C sort)
# The scripts first: they take longest.
printf '%s\n' "${scripts[@]}" "${programs[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run_one {}'
for source in "${programs[@]}" "${scripts[@]}"; do
    file=$log/${source//\//+}
    passed=$((passed + $(grep -c '^ok ' "$file")))
    bad=$(grep -c '^not ok' "$file")
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        echo "--- $source"
        grep -vE '^ok ' "$file" | tail -n 40
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
