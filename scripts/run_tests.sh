#!/usr/bin/env bash
# Runs each tests/**/*.sh and every test program under BUILD (default build), as many at once as there are cores; prints what failed
# and, last, "N passed, N failed". What each took is in BUILD/test-seconds.txt: seconds, of these
# on a core, test; the dearest first. With CK_FORK=no the tests of a program share a process.
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
    local command=("$build/${source%.c}")
    if [[ $source == *.sh ]]; then
        command=(env "BUILD=$build" bash "$source")
    elif [ "${CK_FORK:-}" = no ] && grep -q 'raise_signal' "$source"; then
        command=(env CK_FORK=yes "${command[@]}") # a test that ends its process needs one
    fi
    local TIMEFORMAT='%R %U %S'
    { time timeout --foreground 900 "${command[@]}" >"$file" 2>&1; } 2>"$file.seconds"
    local status=$? last
    if [ $status -ne 0 ] || { [[ $source == *.c ]] && ! grep -q '^1\.\.' "$file"; }; then # also a program that a test ended as if all were well
        last=$(sed -n 's/^# \(.*\) begins$/\1/p' "$file" | tail -n 1) # the one that ended the program, if it has not ended itself
        if [ -n "$last" ] && ! grep -qE "^(not )?ok .*:$last:" "$file"; then echo "not ok - $source: $last: ended the program" >>"$file"; fi
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
        grep -vE '^ok |^# .* begins$' "$file" | tail -n 40
    fi
done
for source in "${programs[@]}" "${scripts[@]}"; do
    echo "$(gawk '{ printf "%.2f %.2f", $1, $2 + $3 }' "$log/${source//\//+}.seconds") $source"
done | sort -rn -k2,2 >"$build/test-seconds.txt"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
