#!/usr/bin/env bash
# What the method of a scenario can say beyond "at": levels that faults wait for, faults that come on slowly, activities that refer to
# others, probes that look when something happens; and thresholds that end a run early.
. tests/scenarios/support.sh
short=(-n 1 -q --progress none -o "$work/out")
steady=scenarios/smoke/steady.json
sql() { sqlite3 "$work/out/results.sqlite" "$1"; }
# go FLAG...: one replication of a quiet half minute, whose earlier results are gone.
go() {
    rm -rf "$work/out"
    run run $steady "${short[@]}" "$@"
}

# --- waiting for levels and events (the scenario's seed decides when)
run run scenarios/smoke/slow-disk.json "${short[@]}"
begun=$(sql "SELECT applied_ns FROM fault WHERE name = 'slow-disk'")
level() { # TIME: bytes of hints kept, on average over the sample interval that began then
    sql "SELECT coalesce(sum(value), 0) FROM sample JOIN metric ON metric.id = metric WHERE metric.name = 'hints_size' AND time_ns = $1"
}
awk -v before="$(level $((begun - 2000000000)))" -v after="$(level "$begun")" 'BEGIN { exit !(before < 10000 && after > 10000) }'
pass_if $? "a fault that waits for a level begins when the level is passed" "at $begun: $(level $((begun - 2000000000))) then $(level "$begun")"
[ "$(sql "SELECT a.applied_ns = b.lifted_ns AND a.func = b.func FROM fault a, fault b WHERE a.name = 'slow-again' AND b.name = 'slow-disk'")" = 1 ]
pass_if $? "an activity that refers to another does the same at its own time" "$(sql 'SELECT * FROM fault')"
why() { sql "SELECT why FROM checked WHERE name = '$1'"; }
[[ $(why users-are-served) == *"all 1 looks"* && $(why hints-wait) == *"all 1 looks"* && $(why served-all-along) == *"all 4 looks"* ]]
pass_if $? "probes look after an action, at an event, and again and again" "$(why users-are-served) | $(why hints-wait) | $(why served-all-along)"
[ "$(sql "SELECT count(*) || '|' || sum(is_met) || '|' || count(value) FROM probe WHERE name = 'served-all-along'")" = "4|4|4" ]
pass_if $? "what each look saw stands in the results" "$(sql 'SELECT * FROM probe')"

surge() { # NAME WHEN-JSON: twice as many users for a while
    printf '{"type":"action","name":"%s","func":"load.surge","duration":"2s","arguments":{"factor":2},"when":%s}' "$1" "$2"
}
probe() { # NAME WHEN: a probe that is always content
    printf '{"type":"probe","name":"%s",%s,"query":"rate(http_reqs[1s])","tolerance":[0,1000]}' "$1" "$2"
}
go --set "/method=[$(surge rush '{"event":"client.attempts","above":400,"where":{"role":"users"}}'),$(surge never '{"event":"node.restarted"}'),$(probe look '"when":{"event":"node.restarted"}')]"
begun=$(sql "SELECT applied_ns / 1000000000 FROM fault")
[ "$begun" -ge 4 ] && [ "$begun" -le 7 ]
pass_if $? "a count is waited for from the end of the warm-up on" "80 requests a second: 400 after 5 s, begun at $begun s"
[ "$status" -eq 3 ] && [[ $(why never) == *"never applied in 1 of 1"* ]]
pass_if $? "what never happens begins nothing, which proves nothing" "$status $(why never)"
[[ $(why look) == "what it waits for did not happen in 1 of 1 replications"* ]] && [ "$(sql "SELECT verdict FROM checked WHERE name = 'look'")" = inconclusive ]
pass_if $? "a probe that waits in vain is inconclusive" "$(why look)"

# --- modes of probes
lost='{"type":"action","name":"lose","at":"5s","duration":"6s","func":"node.pause","target":{"node":"DC01-app1"}}'
method=$lost
for mode in sot eot edge continuous onchaos; do method+=,$(probe look-$mode "\"mode\":\"$mode\""); done
go --set "/method=[$method]" --set '/runtime/hypothesis={"strategy":"during-method-only","frequency":"1s"}'
for mode in "sot 1" "eot 1" "edge 2" "continuous 30" "onchaos 6"; do
    [[ $(why "look-${mode% *}") == *"all ${mode#* } looks"* ]]
    pass_if $? "a probe of mode '${mode% *}' looks ${mode#* } times" "$(why "look-${mode% *}")"
done
[[ $(sql "SELECT why FROM checked WHERE kind = 'hypothesis'") == *"all 7 looks"* ]]
pass_if $? "the hypothesis can be looked at during the method only" "$(sql "SELECT why FROM checked WHERE kind = 'hypothesis'")"

# --- ramps: twice the users within 20 s, on average half as many more
go --set '/method=[{"type":"action","name":"rush","at":"5s","duration":"20s","ramp":"20s","func":"load.surge","arguments":{"factor":3}}]' --set '/load/users/rate=400'
rate() { sql "SELECT sum(ok + failed) / ($2.0 - $1) FROM users WHERE time_ns >= $1 * 1000000000 AND time_ns < $2 * 1000000000"; }
awk -v begin="$(rate 5 10)" -v middle="$(rate 13 17)" -v end="$(rate 20 25)" -v all="$(rate 5 25)" \
    'function near(x, y) { return x > 0.9 * y && x < 1.1 * y } BEGIN { exit !(near(begin, 500) && near(middle, 800) && near(end, 1100) && near(all, 800)) }'
pass_if $? "a fault with a ramp comes on in a straight line" "$(rate 5 10), $(rate 13 17), $(rate 20 25), all $(rate 5 25)"
awk -v rate="$(rate 25 30)" 'BEGIN { exit !(rate > 300 && rate < 500) }'
pass_if $? "and is over at once" "$(rate 25 30)"

# --- flaps: half a second of each two, first of all, for 16 s
go --set '/method=[{"type":"action","name":"flap","at":"5s","duration":"16s","func":"link.flap","target":{"link":{"from":"DC01","to":"DC02"}},"arguments":{"down":"500ms","up":"1500ms"}}]'
down() { # LINK FROM TO: share of this time
    sql "SELECT coalesce(sum(value), 0) / ($3.0 - $2) FROM sample JOIN metric ON metric.id = metric JOIN component ON component.id = component WHERE metric.name = 'down' AND component.name = 'link@$1' AND time_ns >= $2 * 1000000000 AND time_ns < $3 * 1000000000"
}
flaps="$(down DC01-DC02 5 21) $(down DC02-DC01 5 21) $(down DC01-DC02 5 6) $(down DC01-DC02 6 7) $(down DC01-DC02 21 30) $(down DC01-DC03 5 21)"
[ "$flaps" = "0.25 0.25 0.5 0.0 0.0 0.0" ] && [ "$(sql "SELECT targets || bit FROM fault")" = 22 ]
pass_if $? "a link that flaps is cut and well in turns, both ways, and well afterwards" "$flaps"

# --- abortOnFail
abort() { # CONDITION-JSON FLAG...
    local condition=$1
    shift
    run run scenarios/smoke/dc-lost-stock.json -n 3 -q --progress none -o "$work/out" --set "/thresholds={\"http_req_failed\":[$condition]}" "$@"
}
for jobs in 1 3; do
    abort '{"threshold":"rate<0.02","abortOnFail":true}' -j $jobs
    [ "$status" -eq 1 ] && [ "$(json "$work/out/summary.json" '$.ended')" = aborted ] && [ "$(json "$work/out/summary.json" '$.replications')" = 1 ]
    pass_if $? "with -j$jobs a threshold ends the first replication that does not meet it, and the campaign" "$status $(json "$work/out/summary.json" '$.ended') $(json "$work/out/summary.json" '$.replications')"
    cp "$work/out/summary.json" "$work/abort$jobs.json"
done
cmp -s "$work/abort1.json" "$work/abort3.json"
pass_if $? "and leaves the same results whatever the number of jobs"
[[ $(why http_req_failed) == "ended replication 0: 'http_req_failed' rate<0.02 failed at "*" so far" ]]
pass_if $? "the check fails and says when and at which value" "$(why http_req_failed)"
told=$(sql 'SELECT note FROM run' | sed -E 's/.*: ([0-9.]+) so far/\1/')
awk -v told="$told" -v seen="$(sql "SELECT observed FROM checked WHERE name = 'http_req_failed'")" 'BEGIN { exit !(told - seen < 0.0001 && seen - told < 0.0001) }'
pass_if $? "what is observed in the end is what it was ended for" "$told"
[ "$(json "$work/out/journal.json" '$.status')" = aborted ]
pass_if $? "the journal says 'aborted'"
run replay "$work/out" 0
expect 0 "" "a replication that was ended early can be repeated"
abort '{"threshold":"rate<0.02","abortOnFail":true,"delayAbortEval":"25s"}'
ended=$(sql 'SELECT simulated_ns / 1000000000 - 5 FROM run')
[ "$ended" -ge 25 ] && [ "$ended" -le 26 ]
pass_if $? "'delayAbortEval' keeps it from ending earlier" "ended after $ended s"
abort '{"threshold":"rate<0.05","window":"4s","abortOnFail":true}'
[ "$(json "$work/out/summary.json" '$.ended')" = aborted ] && [[ $(why http_req_failed) == "ended replication 0"* ]]
pass_if $? "windows can end a run, too" "$(why http_req_failed)"
abort '{"threshold":"rate<0.9","abortOnFail":true}' -n 2
[ "$(json "$work/out/summary.json" '$.ended')" = completed ] && [ "$(json "$work/out/summary.json" '$.replications')" = 2 ]
pass_if $? "a threshold that is met ends nothing"
one=$(sql 'SELECT fingerprint FROM run WHERE run = 0')
abort '"rate<0.9"' -n 2
[ "$one" = "$(sql 'SELECT fingerprint FROM run WHERE run = 0')" ]
pass_if $? "and looking at it changes nothing"
# --- abortOnFail and --resume: the second replication ends the campaign, however often it is begun
cat >"$work/ending.json" <<END
{
  "version": "1", "title": "A queue whose check ends it early",
  "simulation": { "seed": 1, "warmup": "1s", "duration": "20s", "settle": "0s", "replications": 6, "sample_interval": "1s" },
  "system": { "queueing": {
    "sources": { "in": { "interarrival": "exponential(mean=10ms)", "to": "web" } },
    "stations": { "web": { "service": "exponential(mean=9ms)" } } } },
  "thresholds": { "station_sojourn{station:web}": [{ "threshold": "avg<115ms", "abortOnFail": true, "delayAbortEval": "5s" }] }
}
END
ending() { # DIRECTORY FLAG...
    local into=$work/$1
    shift
    run run "$work/ending.json" -q --progress none -o "$into" "$@"
}
ending undisturbed -j 1
[ "$(json "$work/undisturbed/summary.json" '$.ended')" = aborted ] && [ "$(json "$work/undisturbed/summary.json" '$.replications')" = 2 ]
pass_if $? "a check ends a campaign in its second replication" "$(json "$work/undisturbed/summary.json" '$.replications')"
ending begun -n 1
ending begun -j 3 --resume -n 6
cmp -s "$work/undisturbed/summary.json" "$work/begun/summary.json"
pass_if $? "a campaign that is resumed before the replication that ends it ends as an undisturbed one" "$err"
ending begun -j 2 --resume
cmp -s "$work/undisturbed/summary.json" "$work/begun/summary.json"
pass_if $? "and resumed after its end it is what it was" "$err"
exit $bad
