#!/usr/bin/env bash
# fuzz.sh BUILD [SECONDS]: runs the fuzz targets under BUILD, as many at once as there are cores.
# With SECONDS: random seeds for so long in all, going on from what earlier runs kept in BUILD/corpus. Without: the kept inputs and
# then a fixed number that one seed makes of them; the same build tries the same inputs each time. An input that fails is printed
# in base64 and lies in BUILD/found; one worth keeping goes to tests/fuzz/corpus/TARGET.
set -uo pipefail
export build=$1 seconds=${2:-}
cores=$(nproc)
names=(tests/fuzz/fuzz_*.c)
names=("${names[@]##*/}")
names=("${names[@]%.c}")
export share=$((${seconds:-0} * cores / ${#names[@]} + 1))

# How many inputs a fixed run tries: some six seconds, and enough for a target that is new here.
# shellcheck disable=SC2317 # called by xargs
inputs_of() { # TARGET
    case $1 in
        fuzz_json | fuzz_patch) echo 120000 ;;
        fuzz_field | fuzz_route53) echo 50000 ;;
        fuzz_scenario) echo 8000 ;;
        *) echo 20000 ;;
    esac
}

# shellcheck disable=SC2317 # called by xargs
fuzz_one() { # TARGET
    local name=$1 log=$build/found/$1.log run=() failing
    local options=(-timeout=20 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 -artifact_prefix="$build/found/$name-")
    [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
    if [ -n "$seconds" ]; then
        # libFuzzer writes what is new into the first folder.
        mkdir -p "$build/corpus/$name"
        options+=(-max_total_time="$share" "$build/corpus/$name" "tests/fuzz/corpus/$name")
    else
        options+=(-seed=20261123 -runs="$(inputs_of "$name")" -max_total_time=300)
        options+=(-seed_inputs="$(find "tests/fuzz/corpus/$name" -type f | LC_ALL=C sort | paste -sd ,)")
        # It makes inputs of what is compared, too, which may be addresses: these are the same each time, where that is allowed.
        ! setarch -R true 2>/dev/null || run=(setarch -R)
    fi
    if "${run[@]}" "$build/tests/fuzz/$name" "${options[@]}" >"$log" 2>&1; then
        gawk -v name="$name" '/^Done/ { seconds = $5 } /number_of_executed_units/ { print "ok - " name " (" $2 " inputs in " seconds " s)" }' "$log"
    else
        failing=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        echo "not ok - $name"
        tail -n 40 "$log"
        [ ! -e "$failing" ] || { echo "$failing, in base64:" && base64 "$failing"; }
    fi >"$build/found/$name.said"
}
export -f fuzz_one inputs_of

mkdir -p "$build/found"
printf '%s\n' "${names[@]}" | xargs -P "$cores" -I{} bash -c 'fuzz_one {}'
bad=0
for name in "${names[@]}"; do
    cat "$build/found/$name.said"
    grep -q '^ok' "$build/found/$name.said" || bad=1
done
exit $bad
