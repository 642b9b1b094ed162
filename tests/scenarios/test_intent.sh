#!/usr/bin/env bash
# Among alternatives with prices the cheapest that holds is found and run again; what contradicts
# itself or has no price is refused with its place.
. tests/scenarios/support.sh

cat >"$work/desk.json" <<END
{ "version": "1", "title": "a desk", "simulation": { "seed": 1, "warmup": "1s", "duration": "3s", "settle": "0s", "replications": 5, "sample_interval": "100ms" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=1ms)", "to": "desk" } }, "stations": { "desk": { "servers": 2, "service": "exponential(mean=1.9ms)" } } } },
  "thresholds": { "station_sojourn": [ "p(95)<8ms" ] } }
END
# intent LIST [MEMBERS]: alternatives, and more members of the file.
intent() {
    printf '{ "metric": "station_sojourn p(95) 0.5ms", %s "alternatives": [ %s ] }\n' "${2:-}" "$1" >"$work/intent.json"
}
stands='{ "name": "two" }'
three='{ "name": "three", "set": { "/system/queueing/stations/desk/servers": 3 }, "monthly_cost": 5 }'
four='{ "name": "four", "set": { "/system/queueing/stations/desk/servers": 4 }, "monthly_cost": 10 }'
choose=(capacity "$work/desk.json" --intent "$work/intent.json" --progress none)

intent "$four, $stands, $three"
run "${choose[@]}" -o "$work/kn" -j 2
expect 0 "" "the cheapest alternative that holds is found"
# Erlang C: p95 of three servers 5.9 ms, of two at 95 % busy above 50 ms
[ "$(json "$work/kn/study.json" '$.winner.name')" = three ] && [[ $out == "Answer: three, 5.00 a month"* ]]
pass_if $? "and is the first word of the answer" "$out"
[ "$(json "$work/kn/study.json" '$.winner.seed')" = 2 ] && [ "$(json "$work/kn/study.json" '$.winner.thresholds')" = holds ]
pass_if $? "and was run again with fresh seeds"
[ "$(json "$work/kn/study.json" '$.best')" = four ] && [ "$(json "$work/kn/study.json" '$.guaranteed')" = 1 ]
pass_if $? "KN tells which has the best metric" "$(json "$work/kn/study.json" '$.best')"
[ "$(json "$work/kn/study.json" '$.alternatives[0].name')" = two ] && [ "$(json "$work/kn/study.json" '$.alternatives[2].front')" = 1 ]
pass_if $? "the front stands in order of cost"
intent "$stands, $three"
run "${choose[@]}" -o "$work/ocba" --budget 13
[[ $status == 0 && $out == "Answer: three"* ]]
pass_if $? "OCBA finds the same within its budget" "$out"
[ "$(sqlite3 :memory: "SELECT sum(json_extract(value, '$.replications')) FROM json_each(CAST(readfile('$work/ocba/study.json') AS TEXT), '$.alternatives')")" = 13 ]
pass_if $? "and spends it to the last replication"

intent "$stands, { \"name\": \"slow\", \"set\": { \"/system/queueing/stations/desk/service\": \"exponential(mean=1.95ms)\" }, \"monthly_cost\": 1 }"
run "${choose[@]}" -o "$work/no" --budget 10
[[ $status == 1 && $out == "Answer: none of 2 alternatives"* ]]
pass_if $? "that none holds is an answer too" "$out"
cp -r "$work/kn" "$work/one"
run "${choose[@]}" -o "$work/one" --budget 9
expect 2 "too few for 2 alternatives" "a budget that cannot tell is refused"
cmp -s "$work/one/study.json" "$work/kn/study.json"
pass_if $? "and earlier results stay"
intent "$stands, { \"name\": \"three\", \"set\": { \"/system/queueing/stations/desk/servers\": 3 } }"
run "${choose[@]}" -o "$work/one"
expect 2 "error: alternative 'three' has no price" "a missing price is named with its place"
intent "$stands, $three, { \"name\": \"again\", \"set\": { \"/system/queueing/stations/desk/servers\": 3 }, \"monthly_cost\": 6 }"
run "${choose[@]}" -o "$work/one"
expect 2 "'three' and 'again' are the same" "alternatives that are the same are refused"
intent "$stands, { \"name\": \"both\", \"set\": { \"/system/queueing/stations/desk\": { \"service\": \"1ms\" }, \"/system/queueing/stations/desk/servers\": 3 }, \"monthly_cost\": 6 }"
run "${choose[@]}" -o "$work/one"
expect 2 "'both' contradicts itself" "an alternative that sets a value and what is around it is refused"
intent "$three, $four" '"most_cost": 4,'
run "${choose[@]}" -o "$work/one"
expect 2 "the intent contradicts itself: 'most_cost' is 4.00" "money that buys none of them is told"
intent "$stands, $three" '"lost": ["DC09"],'
run "${choose[@]}" -o "$work/one"
expect 2 "no site 'DC09'" "a site that is not there cannot be lost"
intent "$stands, $three" '"find": "dearest",'
run "${choose[@]}" -o "$work/one"
expect 2 "'find' must be one of" "what cannot be found is told"
intent "$stands"
run "${choose[@]}" -o "$work/one"
expect 2 "among 2 to 100 alternatives; here are 1" "one alternative is no choice"
for pair in web five-dc; do # are read and priced before the budget is refused
    run capacity scenarios/capacity/$pair.json --intent scenarios/capacity/intent-$pair.json --budget 1 -o "$work/one"
    expect 2 "1 replications (--budget) are too few for" "intent-$pair.json can be read"
done
run capacity "$work/desk.json" --intent "$work/none.json" -o "$work/one"
expect 2 "none.json" "an intent that is not there is named"
run capacity "$work/desk.json" --budget 10 -o "$work/one"
expect 2 "for '--intent'" "a budget alone means nothing"
exit $bad
