#!/usr/bin/env bash
# Runs every test program under BUILD (default build) and each tests/**/*.sh; prints what failed and, last, "N passed, N failed".
set -uo pipefail
export G_DEBUG=fatal-criticals # a critical message of GLib is our bug
build=${1:-build}
passed=0
failed=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
run_one() { # name, command...
    local name=$1
    shift
    if ! "$@" >"$log/out" 2>&1; then
        echo "$name: exit status $?" >>"$log/out"
        grep -q '^not ok' "$log/out" || echo "not ok - $name" >>"$log/out"
    fi
    local good bad
    good=$(grep -c '^ok ' "$log/out")
    bad=$(grep -c '^not ok' "$log/out")
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        echo "--- $name"
        grep -vE '^ok ' "$log/out" | tail -n 40
    fi
}
while read -r source; do
    program="$build/${source%.c}"
    run_one "$source" "$program"
done < <(find tests -name 'test_*.c' | LC_ALL=C sort)
while read -r script; do
    run_one "$script" env BUILD="$build" bash "$script"
done < <(find tests -name 'test_*.sh' | LC_ALL=C sort)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
