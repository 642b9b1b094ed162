#!/usr/bin/env bash
# What was stored of a benchmark is held against what is measured now: a loss is said, a gain is none.
. tests/scenarios/support.sh
compare=${BUILD:-build}/tests/bench/compare
row() { echo "{ \"name\": \"$1\", \"ratio\": $2 }"; }
rows() { local IFS=,; echo "{ \"rows\": [$*] }"; }
against_stored() { # WHAT STATUS PATTERN ROW...
    local what=$1 wanted=$2 pattern=$3
    shift 3
    rows "$@" >"$work/now.json"
    "$compare" "$work/now.json" "$work/stored.json" >"$work/said" 2>&1
    local status=$?
    { [ "$status" -eq "$wanted" ] && grep -qE "$pattern" "$work/said"; }
    pass_if $? "$what" "status $status: $(cat "$work/said")"
}
rows "$(row hold 20)" "$(row draw 4)" >"$work/first.json"
"$compare" "$work/first.json" "$work/stored.json" "two cores of a kind" >"$work/said" 2>&1
pass_if $? "ratios are stored with the machine in words" "$(cat "$work/said")"
grep -q '"two cores of a kind"' "$work/stored.json"
pass_if $? "the stored ratios name the machine" "$(cat "$work/stored.json")"
against_stored "14 % more is no loss" 0 '^0 of 2' "$(row hold 22.8)" "$(row draw 4)"
against_stored "16 % more is a loss that is named" 1 '^hold .*LOST' "$(row hold 23.2)" "$(row draw 4)"
against_stored "what became faster is no loss" 0 '^0 of 2' "$(row hold 1)" "$(row draw 4)"
against_stored "what is not measured any more is a loss" 1 '^draw .*NOT MEASURED' "$(row hold 20)"
scripts/scale_scenarios.sh --check >"$work/said" 2>&1
pass_if $? "the scenarios of other sizes are what their script writes" "$(cat "$work/said")"
exit $bad
