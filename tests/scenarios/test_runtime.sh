#!/usr/bin/env bash
# What "runtime" of a scenario says is done: when the hypothesis is looked at, rollbacks, fail-fast.
. tests/scenarios/support.sh
short=(-q --progress none -o "$work/out")

# looks STRATEGY: how often the hypothesis of three replications of 30 s was looked at.
looks() {
    run run scenarios/smoke/steady.json "${short[@]}" --set '/runtime/hypothesis={"strategy":"'"$1"'","frequency":"10s"}'
    sqlite3 "$work/out/results.sqlite" "SELECT why FROM checked WHERE kind = 'hypothesis'" | grep -o '[0-9]* looks'
}
[ "$(looks before-method-only)" = "3 looks" ] && [ "$(looks after-method-only)" = "3 looks" ]
pass_if $? "the hypothesis can be looked at before or after the method only" "$err"
[ "$(looks continuously)" = "9 looks" ]
pass_if $? "or again and again" "$(looks continuously)"
run run scenarios/smoke/steady.json "${short[@]}" --until 7s
[ "$(sqlite3 "$work/out/results.sqlite" "SELECT verdict FROM checked WHERE kind = 'hypothesis'")" = inconclusive ]
pass_if $? "a look at what was not simulated decides nothing"
cp scenarios/smoke/steady.json "$work/a b.json" && sed -i "s#\.\./#$root/scenarios/#" "$work/a b.json"
run run "$work/a b.json" --progress none -o "$work/out" -n 1 --until 4s
[[ $out == *"reproduce: dcdrill run '$work/a b.json' --seed 7 -n 1 --until 4s"* ]]
pass_if $? "the command that repeats a run says where it was cut, and quotes its file for a shell" "$out"
[[ $out == *"http_reqs "*"????"*"ended 'interrupted' before all of it was seen"* ]]
pass_if $? "a count that is missing since the run was cut is no failure" "$out"

# --- rollbacks
lasting='[{"type":"action","name":"isolate","at":"4s","func":"dc.isolate","target":{"dc":"DC02"}}]'
rollbacks='[{"type":"action","name":"heal","func":"sim.heal-all","target":{}}]'
run run scenarios/smoke/steady.json "${short[@]}" -n 1 --set "/method=$lasting" --set "/rollbacks=$rollbacks"
[ "$(json "$work/out/journal.json" '$.rollbacks[0].output.bit')" -gt 0 ] && [ "$(json "$work/out/journal.json" '$.run[0].end')" = 30 ]
pass_if $? "rollbacks are carried out at the end of the measured part and stand in the journal" "$err$(json "$work/out/journal.json" '$.rollbacks')$(json "$work/out/journal.json" '$.run[0].end')"
run run scenarios/smoke/steady.json "${short[@]}" -n 1 --set "/method=$lasting" --set "/rollbacks=$rollbacks" --set '/runtime/rollbacks={"strategy":"never"}'
[ "$(json "$work/out/journal.json" '$.rollbacks')" = '[]' ] && [ -z "$(json "$work/out/journal.json" '$.run[0].end')" ]
pass_if $? "without rollbacks the fault lasts" "$err$(json "$work/out/journal.json" '$.rollbacks')"
run check scenarios/smoke/steady.json --set '/runtime/rollbacks={"strategy":"deviated"}'
expect 2 "cannot be known while a run lives" "what cannot be done is refused"
run run scenarios/smoke/healed.json "${short[@]}" --set '/method/0/duration="2s"' --set '/method/2/tolerance=[0,1000]'
[ "$(sqlite3 "$work/out/results.sqlite" "SELECT DISTINCT bit FROM fault WHERE name = 'heal'")" = 0 ] && [ "$status" -eq 3 ]
pass_if $? "healing bites nothing when nothing is ill" "$out"

# --- fail-fast
for jobs in 1 2; do
    run run scenarios/smoke/steady.json "${short[@]}" -n 4 -j $jobs --set '/thresholds/http_reqs=["count>1000000"]' --set '/runtime/fail-fast=true'
    [ "$status" -eq 1 ] && [ "$(json "$work/out/summary.json" '$.replications')" = 1 ]
    pass_if $? "with fail-fast and -j$jobs the first replication that breaks a check is the last" "$status $(json "$work/out/summary.json" '$.replications') $out"
done
run run scenarios/smoke/steady.json "${short[@]}" -n 2 --set '/runtime/fail-fast=true'
[ "$(json "$work/out/summary.json" '$.replications')" = 2 ]
pass_if $? "without a broken check all replications are run" "$out"
exit $bad
