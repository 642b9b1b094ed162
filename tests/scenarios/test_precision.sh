#!/usr/bin/env bash
# A campaign goes on until its figures are known as exactly as asked for, and refuses what it cannot know.
. tests/scenarios/support.sh

# queue FILE SERVICE: one queue that 1,000 customers a second come to.
queue() {
    cat >"$1" <<END
{ "version": "1", "title": "a queue", "simulation": { "seed": 3, "warmup": "2s", "duration": "20s", "settle": "0s", "replications": 2, "sample_interval": "200ms" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=1ms)", "to": "web" } }, "stations": { "web": { "service": "$2" } } } },
  "thresholds": { "station_sojourn{station:web}": [ "avg>0ms", "p(95)>0ms" ] } }
END
}
queue "$work/steady.json" "exponential(mean=700us)"
queue "$work/full.json" "exponential(mean=1.04ms)"
queue "$work/wild.json" "pareto(min=100us, shape=1.5)"
goals=(--precision 'station_sojourn{station:web} p(95) 3%' --precision 'station_wait avg 4%')

run run "$work/steady.json" -j 2 --progress none -o "$work/two" "${goals[@]}"
expect 0 "" "replications are added until all is known exactly enough"
[ "$(json "$work/two/summary.json" '$.replications')" -gt 10 ]
pass_if $? "ten replications were not enough"
[[ $out == *"p(95) within"*PASS*"looked at after 10, "* ]]
pass_if $? "when it was looked at is told" "$out"
run run "$work/steady.json" -j 1 --progress none -o "$work/one" "${goals[@]}"
cmp "$work/one/results.sqlite" "$work/two/results.sqlite" && cmp "$work/one/summary.json" "$work/two/summary.json"
pass_if $? "how many run at once changes nothing"
mkdir "$work/again"
cp -a "$work/two/." "$work/again/"
run run "$work/steady.json" --progress none -o "$work/again" --resume "${goals[@]}"
cmp "$work/again/results.sqlite" "$work/two/results.sqlite"
pass_if $? "what was resumed is the same"

run run "$work/steady.json" --progress none -o "$work/few" --precision 'station_wait avg 0.1%' --max-replications 11
expect 3 "" "what is not reached is inconclusive"
[[ $out == *"not converged: reached "*"of 11"* ]]
pass_if $? "and says what was reached" "$out"
run run "$work/steady.json" --precision 'station_wait p(99) 5'
expect 2 "needs a unit" "a width without a unit is refused before anything runs"
run run "$work/steady.json" --max-replications 5
expect 2 "'--max-replications' is for '--precision'" "a limit for nothing is refused"

run run "$work/full.json" --progress none -n 5 -o "$work/full"
expect 3 "" "a queue that grows passes nothing"
[[ $out == *"not stable: station 'web' is offered 1.04 of its capacity"* ]]
pass_if $? "its station and load are named" "$out"
[ "$(json "$work/full/summary.json" '$.analysis.doubted')" = 1 ] && ! grep -q '"why": ""' "$work/full/summary.json"
pass_if $? "and stand in the summary"
grep -q "not stable: station &#39;web&#39; is offered 1.04 of its capacity. Means and percentiles are not told" "$work/full/report.html"
pass_if $? "and at the head of the report"
grep -q 'name="analysis" value="steady state: not stable' "$work/full/junit.xml"
pass_if $? "and in JUnit's properties"
run run "$work/wild.json" --progress none -n 5 -o "$work/wild"
[[ $out == *"no finite mean: the service of station 'web' has no finite variance"* && $out == *"pooled quantile"* ]]
pass_if $? "an infinite mean is refused, its percentiles are not" "$out"

# --- a warm-up that is no whole number of sample intervals shifts nothing
sed -e 's/"2s"/"2.1s"/; s/"duration": "20s"/"duration": "4s"/' -e 's/exponential(mean=1ms)/1ms/; s/exponential(mean=700us)/500us/' "$work/steady.json" >"$work/shifted.json"
run run "$work/shifted.json" --progress none -o "$work/shifted"
busy="SELECT json_extract(value, '$.mean.value') FROM json_each(CAST(readfile('$work/shifted/summary.json') AS TEXT), '$.metrics') WHERE json_extract(value, '$.name') = 'station_busy' LIMIT 1"
[ "$(sqlite3 :memory: "$busy")" = 0.5 ]
pass_if $? "a server that is half busy is told to be, whatever the warm-up" "$(sqlite3 :memory: "$busy")"
exit $bad
