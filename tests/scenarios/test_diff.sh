#!/usr/bin/env bash
# Two variants under the same random numbers: what differs is found, what does not is said to be equivalent.
. tests/scenarios/support.sh

cat >"$work/queue.json" <<'END'
{ "version": "1", "title": "a queue", "simulation": { "seed": 3, "warmup": "1s", "duration": "8s", "settle": "0s", "replications": 12, "sample_interval": "1s" },
  "system": { "queueing": { "sources": { "in": { "interarrival": "exponential(mean=1ms)", "to": "web" } }, "stations": { "web": { "service": "exponential(mean=700us)" } } } },
  "thresholds": { "station_sojourn{station:web}": [ "p(99)<100ms" ] } }
END
slower='/system/queueing/stations/web/service=exponential(mean=707us)'

run diff "$work/queue.json" --with "$slower" --progress none -n 12 -j 2 -o "$work/two"
expect 4 "" "a queue whose service takes 1 % longer is worse"
[[ $out == *"journey p(99)"*"worse"* && $out == *"12 pairs of replications under the same seeds"* ]]
pass_if $? "twelve pairs show it" "$out"
run diff "$work/queue.json" --with "$slower" --progress none -n 12 -j 1 -o "$work/one"
cmp "$work/one/study.json" "$work/two/study.json" && cmp "$work/one/study.csv" "$work/two/study.csv"
pass_if $? "how many run at once changes nothing"
[ "$(ls "$work/one")" = "$(printf 'report.csv\nreport.html\nreport.json\nreport.txt\nrun-meta.json\nstudy.csv\nstudy.json\nstudy.txt')" ]
pass_if $? "what the trials left on the disk is gone" "$(ls -a "$work/one")"
ratio=$(json "$work/one/study.json" '$.metrics[3].variance_ratio')
[ "$(sqlite3 :memory: "SELECT $ratio >= 5")" = 1 ]
pass_if $? "the differences vary at most a fifth as much as without common random numbers" "$ratio"

run diff "$work/queue.json" "$work/queue.json" --progress none -n 3 -o "$work/same"
expect 0 "" "a scenario is equivalent to itself"
run diff "$work/queue.json" --with "$slower" --metric 'journey avg 10%' --progress none -n 12 -o "$work/margin"
expect 0 "" "what lies within the margin that was stated is equivalent"
[ "$(json "$work/margin/study.json" '$.metrics[0].verdict')" = equivalent ]
pass_if $? "and says so in its file"
run diff "$work/queue.json" --with "$slower" --progress none -n 4 -o "$work/few"
expect 3 "" "four pairs decide nothing"
[[ $out == *"about "*" pairs would decide"* ]]
pass_if $? "how many would is told" "$out"

cp "$work/one/study.json" "$work/before"
run diff "$work/queue.json" --with '/system/queueing/stations/web/servise=1ms' -o "$work/one"
expect 2 "did you mean 'service'" "a value that no scenario takes is refused"
cmp -s "$work/one/study.json" "$work/before"
pass_if $? "and earlier results stay"
run diff "$work/queue.json" --with "$slower" --metric 'journey p(99)' -o "$work/one"
expect 2 "needs a metric, an aggregate and a half-width" "a metric without a margin is refused"
run diff "$work/queue.json" -o "$work/one"
expect 2 "'diff' needs two scenario files" "one side alone is refused"

# --- two CPU costs 5 % apart in the world of five sites, ten times as dear as planned so that they show
run diff scenarios/smoke/steady.json --set '/system/wildfly/cpu=lognormal(mean=16ms, sigma=0.6)' --with '/system/wildfly/cpu=lognormal(mean=16.8ms, sigma=0.6)' --metric 'utilisation{role:app} avg 1%' --metric 'http_req_duration avg 1%' --metric 'http_req_duration p(90) 1%' --progress none -n 10 -o "$work/cpu"
expect 4 "" "5 % more CPU a request is seen"
for i in 0 1 2; do
    ratio=$(json "$work/cpu/study.json" "\$.metrics[$i].variance_ratio")
    [ "$(sqlite3 :memory: "SELECT $ratio >= 5")" = 1 ]
    pass_if $? "with a fifth of the variance or less, metric $i" "$ratio"
done
exit $bad
